-- What all doctors are busy with on some days is read at once, by whoever takes anyone. Days are
-- numbered here, so that who asks about one doctor, in days, is never led through all of them.
-- Counting a booking into a doctor's day moves no entry, for the day stays the same.
CREATE INDEX doctor_day_by_number ON doctor_day ((day - date '2000-01-01'));
