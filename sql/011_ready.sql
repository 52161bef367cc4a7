-- What is asked far more often than it changes, kept ready to be read: when a doctor is busy, which
-- slots are full, and what the hospital offers on a weekday. Whoever writes what these are made of,
-- even in psql, keeps them true in the same transaction.

-- The quarter-hours of its day that a stretch of time touches; the first bit is 00:00.
CREATE FUNCTION quarters_touched(during tsrange) RETURNS bit(96)
LANGUAGE sql IMMUTABLE
RETURN ~(~B'0'::bit(96) >> ceil(minutes(upper(during) - lower(during)) / 15.0)::integer)
       >> (minutes(lower(during)::time) / 15);

-- A doctor's day, made when it is first booked.
CREATE TABLE doctor_day (
    doctor_id bigint,
    day       date,
    busy      bit(96) NOT NULL, -- by quarter-hours
    PRIMARY KEY (doctor_id, day)
) WITH (fillfactor = 70);

INSERT INTO doctor_day (doctor_id, day, busy)
SELECT doctor_id, lower(during)::date, bit_or(quarters_touched(during))
  FROM appointment
 WHERE status <> 'cancelled'
 GROUP BY doctor_id, lower(during)::date;

-- After the guards, so that every slot is locked before a doctor's day is, and of two days the
-- same one first by everybody. No two appointments of a doctor touch the same quarter-hour, for
-- they begin on one and do not overlap; so what one leaves was its own.
CREATE FUNCTION appointment_keep_doctor_day() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    leaves tsrange := CASE WHEN TG_OP <> 'INSERT' AND OLD.status <> 'cancelled' THEN OLD.during END;
    takes  tsrange := CASE WHEN TG_OP <> 'DELETE' AND NEW.status <> 'cancelled' THEN NEW.during END;
BEGIN
    IF leaves = takes AND OLD.doctor_id = NEW.doctor_id THEN
        RETURN NULL;
    END IF;
    IF leaves IS NOT NULL AND takes IS NOT NULL THEN
        PERFORM FROM doctor_day d
          WHERE (d.doctor_id, d.day) IN ((OLD.doctor_id, lower(leaves)::date),
                                         (NEW.doctor_id, lower(takes)::date))
          ORDER BY d.doctor_id, d.day
            FOR UPDATE;
    END IF;
    IF leaves IS NOT NULL THEN
        UPDATE doctor_day d
           SET busy = d.busy & ~quarters_touched(leaves)
         WHERE d.doctor_id = OLD.doctor_id AND d.day = lower(leaves)::date;
    END IF;
    IF takes IS NOT NULL THEN
        INSERT INTO doctor_day AS d (doctor_id, day, busy)
        VALUES (NEW.doctor_id, lower(takes)::date, quarters_touched(takes))
            ON CONFLICT (doctor_id, day) DO UPDATE SET busy = d.busy | excluded.busy;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER appointment_keep_doctor_day
AFTER INSERT OR DELETE OR UPDATE OF during, status, doctor_id ON appointment
FOR EACH ROW EXECUTE FUNCTION appointment_keep_doctor_day();

-- A column of its own, and not booked itself, so that counting moves an index entry only when a
-- slot becomes full or no longer is.
ALTER TABLE slot_day ADD COLUMN is_full boolean NOT NULL GENERATED ALWAYS AS (booked >= capacity) STORED;

CREATE INDEX slot_day_full ON slot_day (day, start_time) WHERE is_full;

-- As before, with the column that slot_day has now.
CREATE OR REPLACE FUNCTION slot_days_to_come(times time[]) RETURNS SETOF slot_day
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT *
      FROM slot_day s
     WHERE s.day >= hospital_now()::date
       AND s.day + s.start_time > hospital_now() - interval '30 minutes'
       AND s.start_time = ANY (times);
END;

-- The quarter-hours with an active slot on each day of a week, Monday first. 2001 began on one.
CREATE FUNCTION slots_offered() RETURNS bit(672)
LANGUAGE sql STABLE
RETURN (SELECT string_agg(quarters::text, '' ORDER BY day)::bit(672)
          FROM (SELECT day, coalesce(bit_or(quarters_touched(half_hour)), B'0'::bit(96)) AS quarters
                  FROM generate_series(timestamp '2001-01-01', '2001-01-07', interval '1 day') AS day
                  LEFT JOIN LATERAL (SELECT tsrange(day + s.start_time,
                                                    day + s.start_time + interval '30 minutes')
                                       FROM hospital_slot s
                                      WHERE slot_capacity(day::date, s.start_time) > 0)
                    AS offered (half_hour) ON true
                 GROUP BY day) AS week);

ALTER TABLE hospital ADD COLUMN offered bit(672) NOT NULL DEFAULT B'0'::bit(672);

UPDATE hospital SET offered = slots_offered();

-- hospital_slot_apply() has locked the hospital's row before.
CREATE FUNCTION hospital_slot_offer() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hospital
       SET offered = slots.offered
      FROM slots_offered() AS slots (offered)
     WHERE hospital.offered <> slots.offered;
    RETURN NULL;
END $$;

CREATE TRIGGER hospital_slot_offer
AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON hospital_slot
FOR EACH STATEMENT EXECUTE FUNCTION hospital_slot_offer();

-- What is read far more often than it is written, as the API shows it. Immutable, for so it is with
-- numbers, texts and booleans, whatever PostgreSQL says of json_build_object in general.
CREATE FUNCTION doctor_text(id bigint, name text, department text, is_active boolean) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN json_build_object('id', id, 'name', name, 'department', department, 'is_active', is_active);

ALTER TABLE doctor
    ADD COLUMN document text NOT NULL
        GENERATED ALWAYS AS (doctor_text(id, name, department, is_active)) STORED;

CREATE FUNCTION treatment_text(id bigint, name text, duration_minutes integer, price bigint,
                               description text, is_active boolean)
RETURNS text
LANGUAGE sql IMMUTABLE
RETURN json_build_object('id', id, 'name', name, 'duration_minutes', duration_minutes,
                         'price', price, 'description', description, 'is_active', is_active);

ALTER TABLE treatment
    ADD COLUMN document text NOT NULL
        GENERATED ALWAYS AS (treatment_text(id, name, duration_minutes, price, description,
                                            is_active)) STORED;

-- As before, for sessions that show dates in the ISO style; and stable, as what it calls is. While
-- it claimed more, it was called for each time of day in an answer, instead of being written into
-- the statement.
CREATE OR REPLACE FUNCTION rfc3339(local timestamp, utc timestamp) RETURNS text
LANGUAGE sql STABLE
RETURN replace(local::text, ' ', 'T') || left(replace('+' || (local - utc)::text, '+-', '-'), 6);

-- appointment_document() as text: put together, which takes half as long as a tree.
CREATE FUNCTION appointment_text(a appointment, d doctor, t treatment, p patient, zone text)
RETURNS text
LANGUAGE sql STABLE
RETURN concat(
    '{"id": ', a.id,
    ', "doctor": {"id": ', d.id, ', "name": ', to_json(d.name),
    ', "department": ', to_json(d.department),
    '}, "treatment": {"id": ', t.id, ', "name": ', to_json(t.name),
    ', "duration_minutes": ', minutes(upper(a.during) - lower(a.during)), ', "price": ', a.price,
    '}, "patient": {"id": ', p.id, ', "name": ', to_json(p.name), ', "phone": ', to_json(p.phone),
    '}, "start_time": "', local_text(lower(a.during), zone),
    '", "end_time": "', local_text(upper(a.during), zone),
    '", "status": "', a.status, '", "visit_type": "', a.visit_type,
    '", "memo": ', coalesce(to_json(a.memo)::text, 'null'), ', "version": ', a.version,
    ', "created_at": "', instant_text(a.created_at, zone),
    '", "updated_at": "', instant_text(a.updated_at, zone), '"}');
