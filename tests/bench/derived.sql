-- What the triggers would have made of the appointments, made anew for all of them at once. A
-- migration that derives something more has its statement here.
\set ON_ERROR_STOP on
\set QUIET on
SET session_replication_role = replica;
SET work_mem = '256MB';

TRUNCATE slot_day, doctor_day, appointment_history;

INSERT INTO slot_day (day, start_time, capacity, booked)
SELECT day, start_time, slot_capacity(day, start_time), booked
  FROM (SELECT half_hour::date AS day, half_hour::time AS start_time, count(*) AS booked
          FROM appointment a
         CROSS JOIN LATERAL half_hours_touched(a.during) AS half_hour
         WHERE a.status <> 'cancelled'
         GROUP BY half_hour) AS counted
 ORDER BY day, start_time;

INSERT INTO doctor_day (doctor_id, day, busy)
SELECT doctor_id, lower(during)::date, bit_or(quarters_touched(during))
  FROM appointment
 WHERE status <> 'cancelled'
 GROUP BY doctor_id, lower(during)::date
 ORDER BY lower(during)::date, doctor_id;

UPDATE hospital SET offered = slots_offered();

INSERT INTO appointment_history (appointment_id, version, at, patient_id, status, during, doctor_id,
                                 treatment_id, memo)
SELECT id, version, created_at, patient_id, status, during, doctor_id, treatment_id, memo
  FROM appointment
 ORDER BY id;
