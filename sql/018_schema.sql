-- Workers look at their start whether all migrations are there that they were built with.
GRANT SELECT (file) ON migration TO hospital_patient, hospital_admin;
