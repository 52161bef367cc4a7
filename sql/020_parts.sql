-- What only grows, in parts by time: the access log by months, the history by years, since who asks for
-- an appointment's history looks into each part.

ALTER TABLE appointment_history VALIDATE CONSTRAINT appointment_history_until;

-- The parts of a table: what is at `begins` or later, and before `ends`.
CREATE VIEW part AS
SELECT inhparent::regclass AS whole,
       inhrelid::regclass AS name,
       coalesce(substring(bound, 'FROM \(''(.+?)''\)'), '-infinity')::timestamptz AS begins,
       substring(bound, 'TO \(''(.+?)''\)')::timestamptz AS ends
  FROM pg_inherits
  JOIN pg_class c ON c.oid = inhrelid
 CROSS JOIN LATERAL pg_get_expr(relpartbound, c.oid) AS bound
 WHERE bound <> 'DEFAULT'; -- that is the rest: what has no part of its own

-- Makes a part, unless there is one for that time; what has waited for it in the rest moves in. Times are
-- those of UTC.
CREATE FUNCTION part_open(of_table regclass, name text, first_time timestamptz, next_time timestamptz)
RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    rest text := of_table || '_rest';
BEGIN
    IF EXISTS (SELECT FROM part WHERE whole = of_table AND begins <= first_time AND ends > first_time) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING INDEXES)', name, rest);
    EXECUTE format('ALTER TABLE %I DISABLE TRIGGER %I', rest, of_table || '_only_grows');
    EXECUTE format('WITH moved AS (DELETE FROM %I WHERE at >= %L AND at < %L RETURNING *)'
                   ' INSERT INTO %I SELECT * FROM moved', rest, first_time, next_time, name);
    EXECUTE format('ALTER TABLE %I ENABLE TRIGGER %I', rest, of_table || '_only_grows');
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   of_table, name, first_time, next_time);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()',
                   of_table || '_stays_whole', name);
    RETURN true;
END $$;

-- Makes the parts that time is coming to: this month and the twelve that follow, this year and the next.
-- Answers the names of those that were not there. For the owner; sql/migrate and sql/keep call it. Where
-- nobody does for a year, the rest takes what comes, and nothing is lost.
CREATE FUNCTION parts_ready(as_of timestamptz DEFAULT now()) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    now_there CONSTANT timestamp := as_of AT TIME ZONE 'UTC';
    wanted    record;
BEGIN
    FOR wanted IN
        SELECT 'access'::regclass AS whole,
               to_char(month, '"access_"YYYY_MM') AS name,
               month AS first_time,
               month + interval '1 month' AS next_time
          FROM generate_series(0, 12) AS n
         CROSS JOIN LATERAL (SELECT date_trunc('month', now_there) + make_interval(months => n)) AS m (month)
        UNION ALL
        SELECT 'appointment_history'::regclass,
               to_char(year, '"appointment_history_"YYYY'),
               year,
               year + interval '1 year'
          FROM generate_series(0, 1) AS n
         CROSS JOIN LATERAL (SELECT date_trunc('year', now_there) + make_interval(years => n)) AS y (year)
    LOOP
        -- Of two calls one waits; nobody else does.
        EXECUTE format('LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE', wanted.whole);
        IF part_open(wanted.whole, wanted.name, wanted.first_time AT TIME ZONE 'UTC',
                     wanted.next_time AT TIME ZONE 'UTC') THEN
            RETURN NEXT wanted.name;
        END IF;
    END LOOP;
END $$;

-- Drops the parts that ended more than so many years ago, counted from the beginning of this one's month,
-- and what is as old in the rest. Answers what went. For the owner; sql/keep calls it.
CREATE FUNCTION parts_drop(of_table regclass, years integer, as_of timestamptz DEFAULT now())
RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    rest   text := of_table || '_rest';
    oldest timestamptz := date_trunc('month', as_of AT TIME ZONE 'UTC' - make_interval(years => years))
                              AT TIME ZONE 'UTC';
    old    regclass;
    strays bigint;
BEGIN
    FOR old IN SELECT name FROM part WHERE whole = of_table AND ends <= oldest ORDER BY ends LOOP
        RETURN NEXT old;
        EXECUTE format('DROP TABLE %s', old);
    END LOOP;
    EXECUTE format('SELECT count(*) FROM %I WHERE at < %L', rest, oldest) INTO strays;
    IF strays > 0 THEN
        EXECUTE format('ALTER TABLE %I DISABLE TRIGGER %I', rest, of_table || '_only_grows');
        EXECUTE format('DELETE FROM %I WHERE at < %L', rest, oldest);
        EXECUTE format('ALTER TABLE %I ENABLE TRIGGER %I', rest, of_table || '_only_grows');
        RETURN NEXT strays || ' of ' || rest;
    END IF;
END $$;

DROP FUNCTION access_keep(timestamptz), access_month_open(timestamp);

-- Deletes rows of which a condition is true, some thousands in each transaction, so that nobody waits for
-- long; rows that somebody else has locked stay. For the owner, outside of a transaction.
CREATE PROCEDURE rows_drop(of_table regclass, condition text, INOUT dropped bigint DEFAULT 0)
LANGUAGE plpgsql AS $$
DECLARE
    batch CONSTANT integer := 5000;
    gone  bigint;
BEGIN
    LOOP
        EXECUTE format('DELETE FROM %s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %s AS old WHERE %s'
                       ' LIMIT %s FOR UPDATE SKIP LOCKED))', of_table, of_table, condition, batch);
        GET DIAGNOSTICS gone = ROW_COUNT;
        dropped := dropped + gone;
        COMMIT;
        EXIT WHEN gone < batch;
    END LOOP;
END $$;

-- The history. A version is one of its appointment's, which alone makes it: that no other part has the
-- same need not be looked for.
ALTER TABLE appointment_history RENAME TO appointment_history_so_far;
ALTER INDEX appointment_history_pkey RENAME TO appointment_history_so_far_pkey;
DROP TRIGGER appointment_history_only_grows ON appointment_history_so_far;
REVOKE ALL ON appointment_history_so_far FROM hospital_admin;

CREATE TABLE appointment_history (LIKE appointment_history_so_far INCLUDING DEFAULTS)
PARTITION BY RANGE (at);

CREATE TRIGGER appointment_history_only_grows
BEFORE UPDATE OR DELETE ON appointment_history
FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

CREATE TRIGGER appointment_history_stays_whole
BEFORE TRUNCATE ON appointment_history
FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

CREATE TABLE appointment_history_rest PARTITION OF appointment_history
    (PRIMARY KEY (appointment_id, version)) DEFAULT;

DO $$
BEGIN
    EXECUTE (SELECT format('ALTER TABLE appointment_history ATTACH PARTITION appointment_history_so_far'
                           ' FOR VALUES FROM (MINVALUE) TO (%L)',
                           substring(pg_get_constraintdef(oid), '''(.+?)'''))
               FROM pg_constraint
              WHERE conname = 'appointment_history_until');
END $$;

ALTER TABLE appointment_history_so_far DROP CONSTRAINT appointment_history_until;

CREATE TRIGGER appointment_history_stays_whole
BEFORE TRUNCATE ON appointment_history_rest
FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

CREATE TRIGGER appointment_history_stays_whole
BEFORE TRUNCATE ON appointment_history_so_far
FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

GRANT SELECT ON appointment_history TO hospital_admin;

-- As before, of the history that now is.
CREATE FUNCTION appointment_state(h appointment_history, zone text) RETURNS json
LANGUAGE sql STABLE
RETURN CASE WHEN h.status IS NOT NULL THEN
           json_build_object('status', h.status,
                             'doctor_id', h.doctor_id,
                             'treatment_id', h.treatment_id,
                             'start_time', local_text(lower(h.during), zone),
                             'end_time', local_text(upper(h.during), zone),
                             'memo', h.memo)
       END;

GRANT EXECUTE ON FUNCTION appointment_state(appointment_history, text) TO hospital_admin;
DROP FUNCTION appointment_state(appointment_history_so_far, text);

SELECT parts_ready() \g /dev/null
