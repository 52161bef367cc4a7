-- A dermatology clinic in Seoul to try things with. Never part of the migrations; loading it again
-- changes nothing. Everybody's password is clinic-demo.
\set password '$argon2id$v=19$m=19456,t=2,p=1$dj69O/w/JOOQpK5r7VthEg$WJUyetxWte1h2KqFrVmwChSDhZS1e488xazHFs/x0Zo'

BEGIN;

UPDATE hospital SET name = '서울 맑은피부과' WHERE name = 'Hospital';

INSERT INTO doctor (name, department)
SELECT name, department
  FROM (VALUES (1, '김서연', '피부과'),
               (2, '이준호', '피부과'),
               (3, '박지민', '피부과'),
               (4, '최유진', '레이저센터'),
               (5, '정민수', '레이저센터'),
               (6, '강하늘', '레이저센터'),
               (7, '조은별', '성형외과'),
               (8, '윤도현', '성형외과'),
               (9, '장미란', '탈모클리닉'),
               (10, '임태경', '탈모클리닉'),
               (11, '한소희', '소아피부과'),
               (12, '오세훈', '소아피부과')) AS demo (position, name, department)
 WHERE NOT EXISTS (SELECT FROM doctor d WHERE d.name = demo.name AND d.department = demo.department)
 ORDER BY position;

INSERT INTO treatment (name, duration_minutes, price, description)
SELECT name, duration_minutes, price, description
  FROM (VALUES (1, '초진 상담', 30, 20000, '피부 상태를 살피고 치료를 계획합니다.'),
               (2, '여드름 치료', 30, 50000, '압출과 진정 관리를 함께 합니다.'),
               (3, '레이저 토닝', 45, 120000, '색소와 잡티를 옅게 합니다.'),
               (4, '보톡스', 30, 90000, '표정 주름을 완화합니다.'),
               (5, '필러', 45, 250000, '꺼진 부위를 채웁니다.'),
               (6, '리프팅', 90, 690000, '고주파로 탄력을 높입니다.'),
               (7, '제모', 60, 80000, '레이저로 제모합니다.'),
               (8, '점 제거', 30, 30000, '레이저로 점을 제거합니다.'),
               (9, '탈모 관리', 60, 150000, '두피 관리와 주사 치료입니다.'),
               (10, '소아 아토피 진료', 30, 25000, '아이의 피부를 진료합니다.'))
       AS demo (position, name, duration_minutes, price, description)
 WHERE NOT EXISTS (SELECT FROM treatment t WHERE t.name = demo.name)
 ORDER BY position;

-- Monday to Friday 09:00-18:00, Saturday 09:00-12:00 with less room; none over lunch.
INSERT INTO hospital_slot (start_time, end_time, max_capacity, day_of_week)
SELECT start::time, (start + interval '30 minutes')::time,
       CASE WHEN weekday = 6 THEN 4 ELSE 6 END, weekday
  FROM generate_series(1, 6) AS weekday,
       generate_series(timestamp '2000-01-01 09:00', timestamp '2000-01-01 17:30',
                       interval '30 minutes') AS start
 WHERE start::time NOT IN ('12:00', '12:30')
   AND (weekday < 6 OR start::time < '12:00')
 ORDER BY weekday, start
    ON CONFLICT DO NOTHING;

INSERT INTO staff (name, email, role, password_hash)
VALUES ('관리자', 'admin@example.com', 'admin', :'password'),
       ('접수처', 'desk@example.com', 'desk', :'password'),
       ('열람자', 'viewer@example.com', 'viewer', :'password')
    ON CONFLICT DO NOTHING;

INSERT INTO patient (name, phone, password_hash)
VALUES ('홍길동', '01012345678', :'password')
    ON CONFLICT DO NOTHING;

COMMIT;
