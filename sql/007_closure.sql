-- Closures: days on which the hospital, or one doctor, takes nobody. What changes a stretch of time
-- locks its slots, so of a closure and a booking that race, one always sees the other.

CREATE TABLE closure (
    id        bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    first_day date   NOT NULL,
    last_day  date   NOT NULL,
    doctor_id bigint, -- NULL: the whole hospital
    reason    text,
    CONSTRAINT closure_doctor   FOREIGN KEY (doctor_id) REFERENCES doctor,
    CONSTRAINT closure_in_order CHECK (first_day <= last_day)
);

CREATE INDEX closure_by_day ON closure (last_day, first_day);

-- Holding the hospital's row, so that no counter is made meanwhile, locks those that there are, in
-- time order. Whoever books there afterwards has waited, and sees the closure.
CREATE FUNCTION closure_apply() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM hospital FOR UPDATE;
    PERFORM FROM slot_day s
      WHERE s.day BETWEEN NEW.first_day AND NEW.last_day
      ORDER BY s.day, s.start_time
        FOR UPDATE;
    PERFORM refuse_while_standing('closure_in_use', ARRAY(
        SELECT a.id
          FROM standing_appointment a
         WHERE lower(a.during) >= NEW.first_day AND lower(a.during) < NEW.last_day + 1
           AND (NEW.doctor_id IS NULL OR a.doctor_id = NEW.doctor_id)
         ORDER BY lower(a.during), a.id));
    RETURN NEW;
END $$;

CREATE TRIGGER closure_apply
BEFORE INSERT OR UPDATE ON closure
FOR EACH ROW EXECUTE FUNCTION closure_apply();

-- Named to come after appointment_count_slots, which waits for whoever is closing those days.
CREATE FUNCTION appointment_heed_closures() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    day      date := lower(NEW.during);
    closures record;
BEGIN
    SELECT bool_or(c.doctor_id IS NULL) AS of_hospital,
           bool_or(c.doctor_id IS NOT NULL) AS of_doctor
      INTO closures
      FROM closure c
     WHERE c.last_day >= day AND c.first_day <= day
       AND (c.doctor_id IS NULL OR c.doctor_id = NEW.doctor_id);
    IF closures.of_hospital THEN
        RAISE 'the hospital is closed'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'appointment_hospital_open';
    ELSIF closures.of_doctor THEN
        RAISE 'the doctor is away'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'appointment_doctor_present';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER appointment_heed_closures
BEFORE INSERT OR UPDATE OF during, doctor_id ON appointment
FOR EACH ROW WHEN (NEW.status <> 'cancelled') EXECUTE FUNCTION appointment_heed_closures();
