-- Takes away what was booked, and who has logged in, since :appointments were loaded. The triggers
-- give the places back.
\set ON_ERROR_STOP on
\set QUIET on
BEGIN;
DELETE FROM appointment WHERE id > :appointments;

-- History is only ever added to, unless one is a replica.
SET LOCAL session_replication_role = replica;
DELETE FROM appointment_history WHERE appointment_id > :appointments;
DELETE FROM refresh_token;
DELETE FROM login;
COMMIT;
