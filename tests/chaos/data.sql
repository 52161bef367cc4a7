-- The hospital that the clients of tests/chaos ask. Three doctors on Mondays and Tuesdays, with
-- room for two, are the crowded area, where hardly any start is free; the others are the calm one.
\set ON_ERROR_STOP on
\set QUIET on
\set password '$argon2id$v=19$m=19456,t=2,p=1$dj69O/w/JOOQpK5r7VthEg$WJUyetxWte1h2KqFrVmwChSDhZS1e488xazHFs/x0Zo'

INSERT INTO doctor (name, department)
SELECT 'Doctor ' || n, 'dermatology' FROM generate_series(1, 43) AS n ORDER BY n;

INSERT INTO treatment (name, duration_minutes, price)
VALUES ('consultation', 30, 20000), ('laser', 45, 120000), ('lifting', 90, 690000);

INSERT INTO hospital_slot (start_time, end_time, max_capacity, day_of_week)
SELECT start::time, (start + interval '30 minutes')::time,
       CASE WHEN weekday <= 2 THEN 2 ELSE 40 END, weekday
  FROM generate_series(1, 7) AS weekday,
       generate_series(timestamp '2000-01-01 09:00', timestamp '2000-01-01 17:30',
                       interval '30 minutes') AS start
 ORDER BY weekday, start;

INSERT INTO staff (name, email, role, password_hash)
VALUES ('Dan', 'desk@example.com', 'desk', :'password');

INSERT INTO patient (name, phone, password_hash)
SELECT 'Patient ' || n, '010' || to_char(n, 'FM00000000'), :'password'
  FROM generate_series(1, 320) AS n
 ORDER BY n;
