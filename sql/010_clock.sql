-- The clock once more: how moments are told, and what the statement of lib/facts.c asks about a day.

-- The wall clock of a zone: what can be written into a statement, as hospital_now() cannot.
CREATE FUNCTION hospital_clock(zone text) RETURNS timestamp
LANGUAGE sql STABLE
RETURN now() AT TIME ZONE zone;

CREATE OR REPLACE FUNCTION hospital_now() RETURNS timestamp
LANGUAGE sql STABLE
RETURN (SELECT hospital_clock(time_zone) FROM hospital);

-- A local time as RFC 3339 has it, with its offset from UTC.
CREATE FUNCTION rfc3339(local timestamp, utc timestamp) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN to_char(local, 'YYYY-MM-DD"T"HH24:MI:SS')
    || CASE WHEN local < utc THEN '-' ELSE '+' END
    || to_char(greatest(local - utc, utc - local), 'HH24:MI');

CREATE OR REPLACE FUNCTION local_text(local timestamp, zone text) RETURNS text
LANGUAGE sql STABLE
RETURN rfc3339(local, local AT TIME ZONE zone AT TIME ZONE 'UTC');

-- When something happened. By its local time alone the hour that the clocks repeat would be told
-- with the same offset twice.
CREATE FUNCTION instant_text(at timestamptz, zone text) RETURNS text
LANGUAGE sql STABLE
RETURN rfc3339(date_trunc('second', at AT TIME ZONE zone),
               date_trunc('second', at AT TIME ZONE 'UTC'));

-- As before, with instants told as such.
CREATE OR REPLACE FUNCTION appointment_document(a appointment, d doctor, t treatment, p patient,
                                                zone text)
RETURNS json
LANGUAGE sql STABLE
RETURN json_build_object(
    'id', a.id,
    'doctor', json_build_object('id', d.id, 'name', d.name, 'department', d.department),
    'treatment', json_build_object('id', t.id, 'name', t.name,
                                   'duration_minutes',
                                   (extract(epoch FROM upper(a.during) - lower(a.during)) / 60)::integer,
                                   'price', a.price),
    'patient', json_build_object('id', p.id, 'name', p.name, 'phone', p.phone),
    'start_time', local_text(lower(a.during), zone),
    'end_time', local_text(upper(a.during), zone),
    'status', a.status,
    'visit_type', a.visit_type,
    'memo', a.memo,
    'version', a.version,
    'created_at', instant_text(a.created_at, zone),
    'updated_at', instant_text(a.updated_at, zone));

-- One doctor's days, or many doctors', in the order in which they are shown.
CREATE INDEX appointment_by_doctor ON appointment (doctor_id, lower(during));

-- How many minutes that is; of a time of day, since midnight.
CREATE FUNCTION minutes(length interval) RETURNS integer
LANGUAGE sql IMMUTABLE
RETURN (extract(epoch FROM length) / 60)::integer;

-- A stretch of a day in minutes since its midnight, such as '540-570'.
CREATE FUNCTION stretch(first integer, length integer) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN first || '-' || first + length;

-- Whether the zone's clocks are put forward or back on that day. A date without the cast would be
-- taken for midnight of the session's zone.
CREATE FUNCTION clocks_change(day date, zone text) RETURNS boolean
LANGUAGE sql STABLE
RETURN day::timestamp AT TIME ZONE zone + interval '24 hours'
       <> (day + 1)::timestamp AT TIME ZONE zone;

-- The quarter-hours that the clocks skip, as stretches: local times that are not what the clock
-- shows at that moment.
CREATE FUNCTION quarters_skipped(day date, zone text) RETURNS text
LANGUAGE sql STABLE
RETURN (SELECT string_agg(stretch(minute, 15), ',')
          FROM generate_series(0, 1425, 15) AS minute
         CROSS JOIN LATERAL (SELECT day + make_interval(mins => minute) AS local) AS quarter
         WHERE local AT TIME ZONE zone AT TIME ZONE zone <> local);

-- The offsets from UTC of all quarter-hours of a day, such as '0-05:00,15-05:00,...'.
CREATE FUNCTION quarter_offsets(day date, zone text) RETURNS text
LANGUAGE sql STABLE
RETURN (SELECT string_agg(minute || substr(local_text(day + make_interval(mins => minute), zone), 20),
                          ',' ORDER BY minute)
          FROM generate_series(0, 1425, 15) AS minute);
