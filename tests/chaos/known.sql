-- What clients have to know of the hospital of data.sql, as JSON. Their crowded days are one Monday
-- and one Tuesday, their calm ones the other weekdays of three months.
WITH day AS (
    SELECT n, today + n AS day, extract(isodow FROM today + n) AS weekday
      FROM generate_series(2, 100) AS n, CAST(hospital_now() AS date) AS today)
SELECT json_build_object(
    'starts', (SELECT json_agg(to_char(start, 'HH24:MI') ORDER BY start)
                 FROM generate_series(timestamp '2000-01-01 09:00', timestamp '2000-01-01 16:30',
                                      interval '15 minutes') AS start
                WHERE start::time NOT BETWEEN '10:45' AND '12:45'),
    'treatments', (SELECT json_agg(id ORDER BY id) FROM treatment),
    'crowded', json_build_object(
        'doctors', (SELECT json_agg(id ORDER BY id) FROM doctor WHERE id <= 3),
        'patients', (SELECT json_agg(id ORDER BY id) FROM patient WHERE id <= 20),
        'days', (SELECT json_agg(day) FROM day WHERE weekday <= 2 AND n <= 8)),
    'calm', json_build_object(
        'doctors', (SELECT json_agg(id ORDER BY id) FROM doctor WHERE id > 3),
        'patients', (SELECT json_agg(id ORDER BY id) FROM patient WHERE id > 20),
        'days', (SELECT json_agg(day) FROM day WHERE weekday > 2)));
