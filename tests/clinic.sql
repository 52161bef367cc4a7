-- What every test starts with, in a database of its own. It is always Monday, 2027-03-01, 08:00.
-- Everybody's password is clinic-demo.
\set password '$argon2id$v=19$m=19456,t=2,p=1$dj69O/w/JOOQpK5r7VthEg$WJUyetxWte1h2KqFrVmwChSDhZS1e488xazHFs/x0Zo'

CREATE OR REPLACE FUNCTION hospital_clock(zone text) RETURNS timestamp
LANGUAGE sql STABLE
RETURN timestamp '2027-03-01 08:00';

INSERT INTO doctor (name, department, is_active)
VALUES ('Kim', 'dermatology', true),  -- 1
       ('Lee', 'dermatology', true),  -- 2
       ('Park', 'surgery', true),     -- 3
       ('Choi', 'surgery', false);    -- 4

INSERT INTO treatment (name, duration_minutes, price, is_active)
VALUES ('consultation', 30, 20000, true),  -- 1
       ('laser', 45, 120000, true),        -- 2
       ('lifting', 90, 690000, true),      -- 3
       ('old peel', 30, 10000, false);     -- 4

-- 1 to 18: every day, 09:00 to 18:00, three people each; lunch time has slots too, the rule keeps
-- it free. 19, 20: on Wednesdays 10:00 takes one person, and 10:30 nobody.
INSERT INTO hospital_slot (start_time, end_time, max_capacity)
SELECT start::time, (start + interval '30 minutes')::time, 3
  FROM generate_series(timestamp '2000-01-01 09:00', timestamp '2000-01-01 17:30',
                       interval '30 minutes') AS start
 ORDER BY start;
INSERT INTO hospital_slot (start_time, end_time, max_capacity, day_of_week, is_active)
VALUES ('10:00', '10:30', 1, 3, true), ('10:30', '11:00', 3, 3, false);

INSERT INTO staff (name, email, role, password_hash)
VALUES ('Ada', 'admin@example.com', 'admin', :'password'),     -- 1
       ('Dan', 'desk@example.com', 'desk', :'password'),       -- 2
       ('Vic', 'viewer@example.com', 'viewer', :'password');   -- 3

-- 1 and 2 can log in; 3 to 260 are there to crowd the place.
INSERT INTO patient (name, phone, password_hash)
VALUES ('Hong', '01012345678', :'password'), ('Shin', '01022223333', :'password');
INSERT INTO patient (name, phone)
SELECT 'Crowd ' || n, '0107000' || to_char(n, 'FM0000') FROM generate_series(3, 260) AS n
 ORDER BY n;
