-- Appointments, and the two guards: nobody is in two places at once, and the hospital never holds
-- more people than it has room for. They hold for whoever writes, a plain INSERT in psql included.

CREATE TYPE appointment_status AS ENUM
    ('pending', 'confirmed', 'arrived', 'completed', 'cancelled', 'no_show');

CREATE TYPE visit_type AS ENUM ('first', 'return');

-- `during` is local wall-clock time in the hospital's zone, half open.
CREATE TABLE appointment (
    id            bigint             PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    doctor_id     bigint             NOT NULL,
    patient_id    bigint             NOT NULL,
    treatment_id  bigint             NOT NULL,
    during        tsrange            NOT NULL,
    status        appointment_status NOT NULL DEFAULT 'pending',
    visit_type    visit_type         NOT NULL,
    price         bigint             NOT NULL, -- as agreed when it was booked
    memo          text,
    status_reason text, -- why it has the status that it has
    version       integer            NOT NULL DEFAULT 1,
    created_at    timestamptz        NOT NULL DEFAULT now(),
    updated_at    timestamptz        NOT NULL DEFAULT now(),
    CONSTRAINT appointment_doctor    FOREIGN KEY (doctor_id)    REFERENCES doctor,
    CONSTRAINT appointment_patient   FOREIGN KEY (patient_id)   REFERENCES patient,
    CONSTRAINT appointment_treatment FOREIGN KEY (treatment_id) REFERENCES treatment,
    CONSTRAINT appointment_half_open
        CHECK (lower_inc(during) AND NOT upper_inc(during)
               AND NOT lower_inf(during) AND NOT upper_inf(during)),
    CONSTRAINT appointment_on_the_quarter_hour
        CHECK (lower(during) = date_bin('15 minutes', lower(during), timestamp '2000-01-01')),
    CONSTRAINT appointment_takes_half_an_hour
        CHECK (upper(during) - lower(during) >= interval '30 minutes'),
    CONSTRAINT appointment_on_one_day
        CHECK (upper(during) <= date_trunc('day', lower(during)) + interval '1 day'),
    CONSTRAINT appointment_doctor_free
        EXCLUDE USING gist (doctor_id WITH =, during WITH &&) WHERE (status <> 'cancelled'),
    CONSTRAINT appointment_patient_free
        EXCLUDE USING gist (patient_id WITH =, during WITH &&) WHERE (status <> 'cancelled')
);

CREATE INDEX appointment_by_start ON appointment (lower(during));
CREATE INDEX appointment_by_patient ON appointment (patient_id, lower(during));

-- One counter a half-hour and day, made when first needed. Its row is also the lock for everything
-- that changes that stretch of time. Capacity 0: the hospital offers no slot there.
CREATE TABLE slot_day (
    day        date,
    start_time time,
    capacity   integer NOT NULL,
    booked     integer NOT NULL DEFAULT 0,
    PRIMARY KEY (day, start_time),
    CONSTRAINT slot_day_booked_not_negative CHECK (booked >= 0),
    CONSTRAINT slot_day_is_offered          CHECK (booked = 0 OR capacity > 0),
    CONSTRAINT slot_day_within_capacity     CHECK (booked <= capacity)
) WITH (fillfactor = 50);

-- The half-hours that a stretch of time touches, by their starts; a day's worth at the most.
CREATE FUNCTION half_hours_touched(during tsrange) RETURNS SETOF timestamp
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT generate_series(date_bin('30 minutes', lower(during), timestamp '2000-01-01'),
                           least(upper(during), lower(during) + interval '1 day')
                               - interval '1 microsecond',
                           interval '30 minutes');
END;

-- How many people the hospital's slots allow at that half-hour; 0: there is no active slot. The
-- weekday's row, active or not, replaces the every-day row.
CREATE FUNCTION slot_capacity(day date, start_time time) RETURNS integer
LANGUAGE sql STABLE
RETURN coalesce((SELECT CASE WHEN s.is_active THEN s.max_capacity ELSE 0 END
                   FROM hospital_slot s
                  WHERE s.start_time = slot_capacity.start_time
                    AND (s.day_of_week IS NULL
                         OR s.day_of_week = extract(isodow FROM slot_capacity.day))
                  ORDER BY s.day_of_week NULLS LAST
                  LIMIT 1), 0);

-- Makes the missing counters of a stretch of time. Whoever changes slots holds the hospital's row,
-- so that a counter is never made from a slot that is just being changed.
CREATE FUNCTION slot_day_open(during tsrange) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT
                 FROM half_hours_touched(during) AS half_hour
                WHERE NOT EXISTS (SELECT FROM slot_day s
                                   WHERE s.day = half_hour::date
                                     AND s.start_time = half_hour::time)) THEN
        PERFORM FROM hospital FOR SHARE;
        INSERT INTO slot_day (day, start_time, capacity)
        SELECT half_hour::date, half_hour::time, slot_capacity(half_hour::date, half_hour::time)
          FROM half_hours_touched(during) AS touched (half_hour)
         ORDER BY touched.half_hour
            ON CONFLICT DO NOTHING;
    END IF;
END $$;

-- Guard two, and the lock that keeps guard one free of deadlocks: before the exclusion constraints
-- are checked, locks and counts, in time order, the slots that an appointment leaves and takes.
-- Two appointments that overlap share a slot, so rivals queue here and never race inside an index.
CREATE FUNCTION appointment_count_slots() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    leaves tsrange := CASE WHEN TG_OP <> 'INSERT' AND OLD.status <> 'cancelled' THEN OLD.during END;
    takes  tsrange := CASE WHEN TG_OP <> 'DELETE' AND NEW.status <> 'cancelled' THEN NEW.during END;
    slot   record;
BEGIN
    IF leaves = takes AND (OLD.doctor_id, OLD.patient_id) = (NEW.doctor_id, NEW.patient_id) THEN
        RETURN NEW;
    END IF;
    PERFORM slot_day_open(takes);
    FOR slot IN
        SELECT half_hour::date AS day, half_hour::time AS start_time, sum(change) AS change
          FROM (SELECT half_hours_touched(leaves), -1
                UNION ALL
                SELECT half_hours_touched(takes), 1) AS touched (half_hour, change)
         GROUP BY half_hour
         ORDER BY half_hour
    LOOP
        UPDATE slot_day s
           SET booked = booked + slot.change
         WHERE s.day = slot.day AND s.start_time = slot.start_time;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER appointment_count_slots
BEFORE INSERT OR DELETE OR UPDATE OF during, status, doctor_id, patient_id ON appointment
FOR EACH ROW EXECUTE FUNCTION appointment_count_slots();

-- Completes a new appointment, and keeps it to a doctor and a treatment that are active. Their rows
-- are locked as the foreign keys would, but against hiding as well: of booking and hiding at the
-- same time only one succeeds.
CREATE FUNCTION appointment_admit() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    doctor_row    doctor;
    treatment_row treatment;
BEGIN
    SELECT * INTO doctor_row FROM doctor WHERE id = NEW.doctor_id FOR SHARE;
    SELECT * INTO treatment_row FROM treatment WHERE id = NEW.treatment_id FOR SHARE;
    IF doctor_row.id IS NULL THEN
        RAISE 'there is no such doctor'
              USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'appointment_doctor';
    ELSIF treatment_row.id IS NULL THEN
        RAISE 'there is no such treatment'
              USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'appointment_treatment';
    ELSIF NOT doctor_row.is_active THEN
        RAISE 'the doctor is not active'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'appointment_doctor_active';
    ELSIF NOT treatment_row.is_active THEN
        RAISE 'the treatment is not active'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'appointment_treatment_active';
    END IF;
    NEW.price := coalesce(NEW.price, treatment_row.price);
    NEW.visit_type := coalesce(NEW.visit_type,
        CASE WHEN EXISTS (SELECT
                            FROM appointment a
                           WHERE a.patient_id = NEW.patient_id AND a.status = 'completed')
             THEN 'return' ELSE 'first' END::visit_type);
    RETURN NEW;
END $$;

CREATE TRIGGER appointment_admit
BEFORE INSERT OR UPDATE OF doctor_id, treatment_id ON appointment
FOR EACH ROW EXECUTE FUNCTION appointment_admit();

CREATE FUNCTION appointment_new_version() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE TRIGGER appointment_new_version
BEFORE UPDATE ON appointment
FOR EACH ROW EXECUTE FUNCTION appointment_new_version();

-- Future appointments that stand keep their doctor and their treatment from being hidden.
CREATE FUNCTION refuse_hiding() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT
                 FROM appointment a
                WHERE lower(a.during) > hospital_now()
                  AND a.status IN ('pending', 'confirmed', 'arrived')
                  AND CASE TG_TABLE_NAME WHEN 'doctor' THEN a.doctor_id
                                         ELSE a.treatment_id END = NEW.id) THEN
        RAISE 'future appointments stand'
              USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_in_use';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER doctor_in_use
BEFORE UPDATE ON doctor
FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION refuse_hiding();

CREATE TRIGGER treatment_in_use
BEFORE UPDATE ON treatment
FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION refuse_hiding();

-- Carries a changed slot into the counters of the days to come, locking them in time order; refuses
-- where more people are booked than it would then hold.
CREATE FUNCTION hospital_slot_apply() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    times time[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.start_time]
                               WHEN 'DELETE' THEN ARRAY[OLD.start_time]
                               ELSE ARRAY[OLD.start_time, NEW.start_time] END;
    slot  record;
BEGIN
    PERFORM FROM hospital FOR UPDATE;
    FOR slot IN
        SELECT s.day, s.start_time, s.booked, slot_capacity(s.day, s.start_time) AS capacity
          FROM slot_day s
         WHERE s.day >= hospital_now()::date
           AND s.day + s.start_time > hospital_now() - interval '30 minutes'
           AND s.start_time = ANY (times)
         ORDER BY s.day, s.start_time
           FOR UPDATE
    LOOP
        IF slot.booked > slot.capacity THEN
            RAISE 'future appointments stand'
                  USING ERRCODE = 'check_violation', CONSTRAINT = 'hospital_slot_in_use';
        END IF;
        UPDATE slot_day s
           SET capacity = slot.capacity
         WHERE s.day = slot.day AND s.start_time = slot.start_time
           AND s.capacity <> slot.capacity;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER hospital_slot_apply
AFTER INSERT OR UPDATE OR DELETE ON hospital_slot
FOR EACH ROW EXECUTE FUNCTION hospital_slot_apply();

-- An appointment as the API shows it.
CREATE FUNCTION appointment_document(a appointment, d doctor, t treatment, p patient, zone text)
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
    'created_at', local_text(date_trunc('second', a.created_at AT TIME ZONE zone), zone),
    'updated_at', local_text(date_trunc('second', a.updated_at AT TIME ZONE zone), zone));
