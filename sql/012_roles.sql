-- Two roles, one for each pool, with the rights that its statements use and no others. The owner of
-- the schema is for migrations alone. What a migration adds from here on, it grants by itself.

-- Roles belong to the whole cluster: another of its databases may have made them, or be doing so.
-- Who logs in with which password is said by sql/migrate.
DO $$
DECLARE
    pool text;
BEGIN
    FOREACH pool IN ARRAY '{hospital_patient, hospital_admin}'::text[] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = pool) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', pool);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END;
        END IF;
    END LOOP;
END $$;

-- What everybody may is what these may.

-- Of the database as a whole: who may enter. Copies and dumps of a database leave that out, so
-- sql/migrate says it each time.
CREATE FUNCTION pools_admit() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO hospital_patient, hospital_admin',
                   current_database());
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO hospital_patient, hospital_admin;

ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The functions so far, but for those of extensions.
DO $$
DECLARE
    known regprocedure;
BEGIN
    FOR known IN
        SELECT p.oid
          FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT
                             FROM pg_depend d
                            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                              AND d.deptype = 'e')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', known);
    END LOOP;
END $$;

-- An appointment's document from what both pools may see of a patient: the whole row has the hash of
-- the password in it.
CREATE FUNCTION appointment_text(a appointment, d doctor, t treatment, patient_name text,
                                 patient_phone text, zone text)
RETURNS text
LANGUAGE sql STABLE
RETURN concat(
    '{"id": ', a.id,
    ', "doctor": {"id": ', d.id, ', "name": ', to_json(d.name),
    ', "department": ', to_json(d.department),
    '}, "treatment": {"id": ', t.id, ', "name": ', to_json(t.name),
    ', "duration_minutes": ', minutes(upper(a.during) - lower(a.during)), ', "price": ', a.price,
    '}, "patient": {"id": ', a.patient_id, ', "name": ', to_json(patient_name),
    ', "phone": ', to_json(patient_phone),
    '}, "start_time": "', local_text(lower(a.during), zone),
    '", "end_time": "', local_text(upper(a.during), zone),
    '", "status": "', a.status, '", "visit_type": "', a.visit_type,
    '", "memo": ', coalesce(to_json(a.memo)::text, 'null'), ', "version": ', a.version,
    ', "created_at": "', instant_text(a.created_at, zone),
    '", "updated_at": "', instant_text(a.updated_at, zone), '"}');

-- For workers of the version before, which are the owner.
CREATE OR REPLACE FUNCTION appointment_text(a appointment, d doctor, t treatment, p patient, zone text)
RETURNS text
LANGUAGE sql STABLE
RETURN appointment_text(a, d, t, p.name, p.phone, zone);

-- Triggers that keep what no pool may write itself work with the owner's rights, and find names
-- where the owner put them. All other functions work with those of whoever calls.
ALTER FUNCTION appointment_admit()           SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION appointment_count_slots()     SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION appointment_keep_doctor_day() SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION appointment_remember()        SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION closure_apply()               SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION hospital_slot_apply()         SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION hospital_slot_offer()         SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION patient_end_logins()          SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION refuse_hiding()               SECURITY DEFINER SET search_path = public, pg_temp;

-- As before, but no pool is believed what the other one does: patients act for themselves and exceed
-- no room, staff act for the hospital.
CREATE OR REPLACE FUNCTION acting_as(setting text) RETURNS text
LANGUAGE sql STABLE
RETURN CASE WHEN CASE session_user WHEN 'hospital_patient' THEN setting = 'patient_id'
                                   WHEN 'hospital_admin'   THEN setting <> 'patient_id'
                                   ELSE true END
            THEN nullif(current_setting('hospital.' || setting, true), '') END;

-- Of logins, their refresh tokens, and the requests with a key, each pool has its own.
ALTER TABLE login ENABLE ROW LEVEL SECURITY;
CREATE POLICY login_of_patients ON login TO hospital_patient USING (patient_id IS NOT NULL);
CREATE POLICY login_of_staff    ON login TO hospital_admin   USING (staff_id IS NOT NULL);

-- Whether this pool sees the login; also one that the same statement has just begun, which a
-- subquery would not find.
CREATE FUNCTION login_is_ours(sought bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM login WHERE id = sought);
END $$;

ALTER TABLE refresh_token ENABLE ROW LEVEL SECURITY;
CREATE POLICY refresh_token_of_ours ON refresh_token USING (login_is_ours(login_id));

ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY idempotency_key_of_patients ON idempotency_key TO hospital_patient
    USING (caller LIKE 'patient %' OR caller = 'anyone of patient');
CREATE POLICY idempotency_key_of_staff ON idempotency_key TO hospital_admin
    USING (caller LIKE 'staff %' OR caller = 'anyone of staff');

-- The access log by months, so that a month that is too old can be let go of as a whole.
ALTER TABLE access RENAME TO access_so_far;
DROP INDEX access_by_time, access_by_patient, access_by_staff;
ALTER TABLE access_so_far DROP CONSTRAINT access_pkey;

CREATE TABLE access (
    id         bigint      GENERATED ALWAYS AS IDENTITY,
    at         timestamptz NOT NULL DEFAULT now(),
    staff_id   bigint      NOT NULL,
    patient_id bigint      NOT NULL,
    action     text        NOT NULL, -- the method and the pattern of the address that was asked for
    address    inet,                 -- whence; NULL: not known
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);

CREATE INDEX access_by_patient ON access (patient_id, at);
CREATE INDEX access_by_staff ON access (staff_id, at);

-- For each row, so that each month has it too.
CREATE TRIGGER access_only_grows
BEFORE UPDATE OR DELETE ON access
FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

CREATE TRIGGER access_stays_whole
BEFORE TRUNCATE ON access
FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- What belongs to no month that is there: nothing, unless access_keep() was not called for a year.
CREATE TABLE access_rest PARTITION OF access DEFAULT;

CREATE TRIGGER access_stays_whole
BEFORE TRUNCATE ON access_rest
FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- Makes a month, of UTC, unless it is there; what belongs to it moves in.
CREATE FUNCTION access_month_open(month timestamp) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    name       text        := to_char(month, '"access_"YYYY_MM');
    first_time timestamptz := month AT TIME ZONE 'UTC';
    next_time  timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE access)', name);
    ALTER TABLE access_rest DISABLE TRIGGER access_only_grows;
    EXECUTE format('WITH moved AS (DELETE FROM access_rest WHERE at >= %L AND at < %L RETURNING *)'
                   ' INSERT INTO %I SELECT * FROM moved', first_time, next_time, name);
    ALTER TABLE access_rest ENABLE TRIGGER access_only_grows;
    EXECUTE format('ALTER TABLE access ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   name, first_time, next_time);
    EXECUTE format('CREATE TRIGGER access_stays_whole BEFORE TRUNCATE ON %I'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()', name);
END $$;

-- Keeps two years: makes this month and the twelve that follow, and drops those that ended more than
-- two years ago. For the owner; sql/migrate calls it, and once a month will do besides.
CREATE FUNCTION access_keep(as_of timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    this_month CONSTANT timestamp := date_trunc('month', as_of AT TIME ZONE 'UTC');
    oldest     CONSTANT timestamp := date_trunc('month', as_of AT TIME ZONE 'UTC'
                                                         - interval '2 years');
    month      regclass;
BEGIN
    -- Of two calls one waits; nobody else does.
    LOCK TABLE access IN SHARE UPDATE EXCLUSIVE MODE;
    PERFORM access_month_open(this_month + make_interval(months => n))
       FROM generate_series(0, 12) AS n;
    FOR month IN
        SELECT inhrelid
          FROM pg_inherits
         WHERE inhparent = 'access'::regclass
           AND inhrelid::regclass::text ~ '^access_\d{4}_\d\d$'
           AND to_date(inhrelid::regclass::text, '"access_"YYYY_MM') < oldest
    LOOP
        EXECUTE format('DROP TABLE %s', month);
    END LOOP;
    ALTER TABLE access_rest DISABLE TRIGGER access_only_grows;
    DELETE FROM access_rest WHERE at < oldest AT TIME ZONE 'UTC';
    ALTER TABLE access_rest ENABLE TRIGGER access_only_grows;
END $$;

SELECT access_month_open(month)
  FROM (SELECT date_trunc('month', min(at) AT TIME ZONE 'UTC'),
               date_trunc('month', max(at) AT TIME ZONE 'UTC')
          FROM access_so_far) AS noted (first_month, last_month)
 CROSS JOIN generate_series(first_month, last_month, interval '1 month') AS month
\g /dev/null

INSERT INTO access (id, at, staff_id, patient_id, action, address) OVERRIDING SYSTEM VALUE
SELECT id, at, staff_id, patient_id, action, address FROM access_so_far;

SELECT setval(pg_get_serial_sequence('access', 'id'),
              nextval(pg_get_serial_sequence('access_so_far', 'id')), false)
\g /dev/null

DROP TABLE access_so_far;

SELECT access_keep() \g /dev/null

-- What both pools may. Whoever locks a row FOR UPDATE needs a column of it that they may update.
GRANT SELECT ON hospital, doctor, treatment, doctor_day, status_transition, appointment
   TO hospital_patient, hospital_admin;

GRANT SELECT (day, start_time, is_full) ON slot_day TO hospital_patient, hospital_admin;

GRANT INSERT (doctor_id, patient_id, treatment_id, during, memo),
      UPDATE (doctor_id, treatment_id, during, memo, status, status_reason)
   ON appointment TO hospital_patient, hospital_admin;

GRANT SELECT (id, name, phone),
      INSERT (name, phone, password_hash),
      UPDATE (name, phone, password_hash)
   ON patient TO hospital_patient, hospital_admin;

GRANT SELECT, UPDATE (ended_at) ON login TO hospital_patient, hospital_admin;

GRANT SELECT, INSERT (digest, login_id, expires_at), UPDATE (spent_at)
   ON refresh_token TO hospital_patient, hospital_admin;

GRANT SELECT, INSERT, DELETE, UPDATE (kept_at)
   ON idempotency_key TO hospital_patient, hospital_admin;

GRANT EXECUTE ON FUNCTION
      access_note(visitor, bigint),
      acting(bigint, bigint, text),
      appointment_text(appointment, doctor, treatment, text, text, text),
      clocks_change(date, text),
      hospital_clock(text),
      hospital_now(),
      idempotency_claim(text, text),
      idempotency_keep(text, text, bytea, smallint, text, integer, bytea),
      instant_text(timestamptz, text),
      local_text(timestamp, text),
      login_is_ours(bigint),
      login_refresh(boolean, bytea, bytea, timestamptz),
      minutes(interval),
      quarter_offsets(date, text),
      quarters_skipped(date, text),
      rfc3339(timestamp, timestamp),
      stretch(integer, integer)
   TO hospital_patient, hospital_admin;

-- Patients: when a doctor is away, but not why; and what their own passwords are compared with.
GRANT SELECT (first_day, last_day, doctor_id) ON closure TO hospital_patient;
GRANT SELECT (password_hash) ON patient TO hospital_patient;
GRANT INSERT (patient_id) ON login TO hospital_patient;

-- Staff.
GRANT SELECT ON closure, hospital_slot, staff, appointment_history, access TO hospital_admin;

GRANT SELECT (capacity) ON slot_day TO hospital_admin;

GRANT INSERT (staff_id) ON login TO hospital_admin;

GRANT INSERT (staff_id, patient_id, action, address) ON access TO hospital_admin;

GRANT UPDATE (name, time_zone, opens_at, closes_at, lunch_start, lunch_end, min_notice_minutes,
              max_days_ahead, cancel_notice_minutes)
   ON hospital TO hospital_admin;

GRANT INSERT (name, department, is_active),
      UPDATE (name, department, is_active)
   ON doctor TO hospital_admin;

GRANT INSERT (name, duration_minutes, price, description, is_active),
      UPDATE (name, duration_minutes, price, description, is_active)
   ON treatment TO hospital_admin;

GRANT INSERT (start_time, end_time, max_capacity, day_of_week, is_active),
      UPDATE (start_time, end_time, max_capacity, day_of_week, is_active)
   ON hospital_slot TO hospital_admin;

GRANT INSERT (first_day, last_day, doctor_id, reason), DELETE ON closure TO hospital_admin;

GRANT INSERT (name, email, role, is_active, password_hash),
      UPDATE (name, email, role, is_active, password_hash)
   ON staff TO hospital_admin;

GRANT EXECUTE ON FUNCTION
      appointment_state(appointment_history, text),
      doctor_text(bigint, text, text, boolean),
      half_hours_touched(tsrange),
      slot_capacity(date, time),
      treatment_text(bigint, text, integer, bigint, text, boolean)
   TO hospital_admin;
