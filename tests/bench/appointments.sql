-- One share of the appointments that data.sql has prepared, with all constraints and indexes in
-- place: :share of :shares, counted from 0. Several at once are faster than anything that builds the
-- exclusion constraints afterwards, because ALTER TABLE does that alone.
\set ON_ERROR_STOP on
\set QUIET on
SET session_replication_role = replica;

INSERT INTO appointment (doctor_id, patient_id, treatment_id, during, status, visit_type, price,
                         memo, created_at, updated_at)
SELECT doctor_id, patient_id, treatment_id, during, status, visit_type, price, memo, at, at
  FROM bench.booking
 WHERE number % :shares = :share
 ORDER BY number;
