-- How far the hospital's room goes: who may exceed it, and what must not be taken away from under
-- those who are booked.

-- Who does what this transaction does, and why they exceed the room if they do: for the triggers.
CREATE FUNCTION acting(of_patient bigint, of_staff bigint, override text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('hospital.patient_id', coalesce(of_patient::text, ''), true),
            set_config('hospital.staff_id', coalesce(of_staff::text, ''), true),
            set_config('hospital.override', coalesce(override, ''), true);
END $$;

-- What acting() said in this transaction; NULL: nothing.
CREATE FUNCTION acting_as(setting text) RETURNS text
LANGUAGE sql STABLE
RETURN nullif(current_setting('hospital.' || setting, true), '');

-- A deliberate overbooking is an allowance, never more than is needed: who cancels takes theirs
-- along, so that nobody slips into it later.
ALTER TABLE slot_day
    ADD COLUMN allowed integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT slot_day_allowed_as_needed
        CHECK (allowed BETWEEN 0 AND greatest(booked - capacity, 0)),
    DROP CONSTRAINT slot_day_within_capacity,
    ADD CONSTRAINT slot_day_within_capacity CHECK (booked <= capacity + allowed);

-- As before; an override allows what the new appointment needs, and nothing else does.
CREATE OR REPLACE FUNCTION appointment_count_slots() RETURNS trigger
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
           SET booked = s.booked + slot.change,
               allowed = least(greatest(s.booked + slot.change - s.capacity, 0),
                               CASE WHEN slot.change > 0 AND acting_as('override') IS NOT NULL
                                    THEN s.booked + slot.change ELSE s.allowed END)
         WHERE s.day = slot.day AND s.start_time = slot.start_time;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

-- The appointments that a change of what the hospital offers must not leave without a place.
CREATE VIEW standing_appointment AS
SELECT *
  FROM appointment
 WHERE status IN ('pending', 'confirmed', 'arrived') AND lower(during) > hospital_now();

-- Refuses in the name of a constraint when appointments stand in the way, and says which. The hint
-- is shown to the caller: ids are no personal data.
CREATE FUNCTION refuse_while_standing(name text, standing bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    many CONSTANT integer := 20;
BEGIN
    IF cardinality(standing) > 0 THEN
        RAISE 'appointments stand in the way'
              USING ERRCODE = 'check_violation', CONSTRAINT = name,
                    HINT = CASE cardinality(standing)
                               WHEN 1 THEN '1 appointment stands in the way: '
                               ELSE cardinality(standing) || ' appointments stand in the way: '
                           END
                           || array_to_string(standing[:many], ', ')
                           || CASE WHEN cardinality(standing) > many THEN ', ...' ELSE '.' END;
    END IF;
END $$;

-- As before, and says which appointments stand in the way.
CREATE OR REPLACE FUNCTION refuse_hiding() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_while_standing(TG_TABLE_NAME || '_in_use', ARRAY(
        SELECT a.id
          FROM standing_appointment a
         WHERE CASE TG_TABLE_NAME WHEN 'doctor' THEN a.doctor_id ELSE a.treatment_id END = NEW.id
         ORDER BY lower(a.during), a.id));
    RETURN NEW;
END $$;

-- The counters, not over yet, of slots that begin at those times of day.
CREATE FUNCTION slot_days_to_come(times time[]) RETURNS SETOF slot_day
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT *
      FROM slot_day s
     WHERE s.day >= hospital_now()::date
       AND s.day + s.start_time > hospital_now() - interval '30 minutes'
       AND s.start_time = ANY (times);
END;

-- As before, but only a lower capacity is refused, and it says which appointments stand in the way.
-- A higher one needs less of an allowance.
CREATE OR REPLACE FUNCTION hospital_slot_apply() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    times time[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.start_time]
                               WHEN 'DELETE' THEN ARRAY[OLD.start_time]
                               ELSE ARRAY[OLD.start_time, NEW.start_time] END;
BEGIN
    PERFORM FROM hospital FOR UPDATE;
    PERFORM FROM slot_day s
      WHERE (s.day, s.start_time) IN (SELECT day, start_time FROM slot_days_to_come(times))
      ORDER BY s.day, s.start_time
        FOR UPDATE;
    PERFORM refuse_while_standing('hospital_slot_in_use', ARRAY(
        SELECT DISTINCT a.id
          FROM slot_days_to_come(times) s
          JOIN appointment a
            ON lower(a.during) >= s.day AND lower(a.during) < s.day + 1
           AND a.during && tsrange(s.day + s.start_time,
                                   s.day + s.start_time + interval '30 minutes')
         WHERE a.status <> 'cancelled'
           AND slot_capacity(s.day, s.start_time) < least(s.booked, s.capacity)
         ORDER BY a.id));
    UPDATE slot_day s
       SET capacity = slot_capacity(s.day, s.start_time),
           allowed = least(s.allowed, greatest(s.booked - slot_capacity(s.day, s.start_time), 0))
     WHERE (s.day, s.start_time) IN (SELECT day, start_time FROM slot_days_to_come(times))
       AND s.capacity <> slot_capacity(s.day, s.start_time);
    RETURN NULL;
END $$;
