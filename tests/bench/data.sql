-- The hospital that `make bench` asks: loaded into a database that is migrated and empty, in bulk.
-- Given as psql variables: doctors (a multiple of 5), patients, appointments (how many rows in the
-- end), days_back and days_ahead (how many days before and after today have appointments).
--
-- Nothing is random, so that those who ask can tell from a formula what is free:
--   half-hours  0 to 27: 08:00, 08:30 and so on to 22:00, without 12:00, which is lunch
--   free        when (7 * doctor + 3 * day + half-hour / 2) % 5 = 0, a whole hour each time, in days
--               since 2000-01-01; four of five places are taken, by appointments of 30 minutes
--   booked up   today and the two days after it; and Saturdays, whose slots have no more room
--   patients    of 10 the first 6 have appointments to come, the last 4 have none
-- Cancelled appointments, which occupy nothing, make up the number that was asked for.
\set ON_ERROR_STOP on
\set QUIET on
-- Triggers and foreign keys would look at each row; derived.sql does their work for all at once.
SET session_replication_role = replica;
SET maintenance_work_mem = '512MB';
SET work_mem = '256MB';
SET client_min_messages = warning;

SELECT hospital_now()::date AS today \gset

UPDATE hospital
   SET name = '서울 맑은병원', opens_at = '08:00', closes_at = '22:30',
       lunch_start = '12:00', lunch_end = '12:30', max_days_ahead = 400;

INSERT INTO doctor (name, department)
SELECT substr('김이박최정강조윤장임', 1 + n % 10, 1)
           || (ARRAY['서연', '준호', '지민', '유진', '민수', '하늘', '은별'])[1 + n % 7],
       (ARRAY['피부과', '내과', '정형외과', '소아청소년과', '이비인후과'])[1 + n % 5]
  FROM generate_series(1, :doctors) AS n
 ORDER BY n;

-- Those of 30 minutes are what is booked already.
INSERT INTO treatment (name, duration_minutes, price, description)
SELECT name, duration_minutes, price, '예약 후 방문해 주세요.'
  FROM (VALUES (1, '초진 상담', 30, 20000),
               (2, '여드름 치료', 30, 50000),
               (3, '레이저 토닝', 45, 120000),
               (4, '보톡스', 30, 90000),
               (5, '필러', 45, 250000),
               (6, '리프팅', 90, 690000),
               (7, '제모', 60, 80000),
               (8, '점 제거', 30, 30000),
               (9, '탈모 관리', 60, 150000),
               (10, '소아 아토피 진료', 30, 25000)) AS offered (n, name, duration_minutes, price)
 ORDER BY n;

CREATE TEMPORARY TABLE half_hour AS
SELECT n, time '08:00' + (n + (n >= 8)::integer) * interval '30 minutes' AS start
  FROM generate_series(0, 27) AS n;

INSERT INTO hospital_slot (start_time, end_time, max_capacity, day_of_week)
SELECT start, start + interval '30 minutes', capacity, day_of_week
  FROM half_hour
 CROSS JOIN (VALUES (60, NULL), (:doctors * 4 / 5, 6)) AS room (capacity, day_of_week)
 ORDER BY day_of_week NULLS FIRST, start;

-- One hash for all, of clinic-demo.
INSERT INTO patient (name, phone, password_hash, created_at)
SELECT substr('김이박최정강조윤장임한오서신권황안송류홍', 1 + n % 20, 1)
           || (ARRAY['민준', '서윤', '도윤', '지우', '시우', '하은', '주원', '수아', '예준', '지아',
                     '길동', '영희', '철수'])[1 + n / 20 % 13],
       '010' || to_char(n, 'FM00000000'),
       '$argon2id$v=19$m=19456,t=2,p=1$dj69O/w/JOOQpK5r7VthEg$WJUyetxWte1h2KqFrVmwChSDhZS1e488xazHFs/x0Zo',
       now() - interval '2 years'
  FROM generate_series(1, :patients) AS n
 ORDER BY n;

-- Every place, taken or not, from the first day to the last.
CREATE TEMPORARY TABLE place AS
SELECT day, day < :'today' AS past, h.n AS half_hour, d AS doctor_id, day + h.start AS start,
       (7 * d + 3 * (day - date '2000-01-01') + h.n / 2) % 5 <> 0
           OR day BETWEEN :'today' AND :'today'::date + 2 AND extract(isodow FROM day) <> 6 AS taken
  FROM generate_series(-:days_back, :days_ahead) AS n
 CROSS JOIN LATERAL (SELECT :'today'::date + n AS day) AS days
 CROSS JOIN half_hour h
 CROSS JOIN generate_series(1, :doctors) AS d;

SELECT :appointments - count(*) FILTER (WHERE taken) AS cancelled,
       count(DISTINCT day) AS days,
       :patients * 6 / 10 AS regulars
  FROM place \gset

-- Patients take turns, so that each has weeks between two appointments. 7919 is a prime: it mixes
-- them up, and still everybody's turn comes once in a round.
CREATE TEMPORARY TABLE visit AS
SELECT start, past, doctor_id, turn, false AS cancelled, past AND turn < :patients AS first,
       1 + turn * 7919 % CASE WHEN past THEN :patients ELSE :regulars END AS patient_id
  FROM (SELECT place.*, row_number() OVER (ORDER BY day, half_hour, doctor_id) - 1 AS turn
          FROM place
         WHERE taken) AS places
 UNION ALL
-- As many cancelled ones on each day, on other places of it from day to day.
SELECT start, past, doctor_id, turn, true, false,
       1 + turn * 7919 % CASE WHEN past THEN :patients ELSE :regulars END
  FROM (SELECT n AS turn, :'today'::date - :days_back + (n % :days)::integer AS day,
               1 + (n / :days + n) % :doctors AS doctor_id, (n / :days * 5 + n) % 28 AS half_hour
          FROM generate_series(0, :cancelled - 1) AS n) AS places
  JOIN place USING (day, half_hour, doctor_id);

-- The appointments, numbered in the order in which they were booked, up to two months ahead: what
-- lies on one page of the table is not what is asked for together. appointments.sql takes them over.
CREATE SCHEMA bench;
CREATE UNLOGGED TABLE bench.booking AS
SELECT row_number() OVER (ORDER BY at, turn, cancelled) AS number,
       doctor_id, patient_id, t.id AS treatment_id,
       tsrange(start, start + interval '30 minutes') AS during,
       CASE WHEN cancelled             THEN 'cancelled'
            WHEN past AND turn % 20 = 0 THEN 'no_show'
            WHEN past                  THEN 'completed'
            WHEN turn % 10 < 3         THEN 'pending'
            ELSE 'confirmed' END::appointment_status AS status,
       CASE WHEN first THEN 'first' ELSE 'return' END::visit_type AS visit_type,
       t.price, CASE WHEN turn % 10 = 0 THEN '창가 자리를 원합니다.' END AS memo, at
  FROM visit
 CROSS JOIN LATERAL (SELECT least(start, :'today') AT TIME ZONE 'Asia/Seoul'
                            - (1 + turn * 7919 % 86400) * interval '1 minute' AS at) AS booked
  JOIN treatment t ON t.id = (ARRAY[1, 2, 4, 8, 10])[1 + turn % 5]
 ORDER BY number;
