-- What the pages' tests add to sql/demo.sql: it is always Monday, 2027-03-01, 08:00, and some are
-- expected. Patient 1 is the one who logs in.
CREATE OR REPLACE FUNCTION hospital_clock(zone text) RETURNS timestamp
LANGUAGE sql STABLE
RETURN timestamp '2027-03-01 08:00';

INSERT INTO patient (name, phone)
VALUES ('김영희', '01020000001'), ('이철수', '01020000002'), ('박민서', '01020000003'),
       ('최지우', '01020000004'), ('정하윤', '01020000005'), ('강도윤', '01020000006');

INSERT INTO appointment (doctor_id, treatment_id, patient_id, during)
SELECT doctor_id, treatment_id, patient_id,
       tsrange(start, start + make_interval(mins => treatment.duration_minutes))
  FROM (VALUES (1, 1, 2, timestamp '2027-03-01 09:00'),
               (1, 2, 3, timestamp '2027-03-01 09:30'),
               (2, 1, 4, timestamp '2027-03-01 09:15'),
               (2, 4, 5, timestamp '2027-03-01 10:30'),
               (4, 3, 6, timestamp '2027-03-01 11:00'),
               (4, 6, 7, timestamp '2027-03-01 14:00'),
               (7, 5, 2, timestamp '2027-03-01 15:15'),
               (9, 9, 3, timestamp '2027-03-02 10:00'),
               (1, 1, 4, timestamp '2027-03-02 13:00'))
       AS booked (doctor_id, treatment_id, patient_id, start)
  JOIN treatment ON treatment.id = treatment_id
 ORDER BY start, doctor_id;

INSERT INTO closure (first_day, last_day, doctor_id, reason)
VALUES ('2027-03-08', '2027-03-08', NULL, '개원기념일'),
       ('2027-03-01', '2027-03-02', 3, '학회');
