-- What happens to an appointment: by which steps, at which price, and a history of it all that
-- nobody rewrites.

-- The state machine, the same rows as in lib/status.c; what is no row here is refused.
CREATE TABLE status_transition (
    from_status appointment_status,
    to_status   appointment_status,
    once_begun  boolean NOT NULL, -- only after the appointment's start
    PRIMARY KEY (from_status, to_status)
);

INSERT INTO status_transition (from_status, to_status, once_begun)
VALUES ('pending',   'confirmed', false),
       ('confirmed', 'arrived',   false),
       ('arrived',   'completed', false),
       ('confirmed', 'completed', false),
       ('pending',   'cancelled', false),
       ('confirmed', 'cancelled', false),
       ('arrived',   'cancelled', false),
       ('confirmed', 'no_show',   true),
       ('arrived',   'no_show',   true);

CREATE FUNCTION appointment_follow_status() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT
                     FROM status_transition t
                    WHERE t.from_status = OLD.status AND t.to_status = NEW.status
                      AND (NOT t.once_begun OR lower(NEW.during) <= hospital_now())) THEN
        RAISE 'an appointment cannot go from % to %', OLD.status, NEW.status
              USING ERRCODE = 'check_violation', CONSTRAINT = 'appointment_follows_status';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER appointment_follow_status
BEFORE UPDATE ON appointment
FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION appointment_follow_status();

-- An appointment keeps its price when it is moved, and takes the new one with a new treatment.
CREATE FUNCTION appointment_price() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.price := (SELECT t.price FROM treatment t WHERE t.id = NEW.treatment_id);
    RETURN NEW;
END $$;

CREATE TRIGGER appointment_price
BEFORE UPDATE OF treatment_id ON appointment
FOR EACH ROW WHEN (OLD.treatment_id <> NEW.treatment_id AND OLD.price = NEW.price)
EXECUTE FUNCTION appointment_price();

-- Each version of each appointment, and how it came to be. It refers to nothing, so that it
-- outlives what it tells of.
CREATE TABLE appointment_history (
    appointment_id bigint,
    version        integer,
    at             timestamptz NOT NULL DEFAULT now(),
    patient_id     bigint,             -- who did it: a patient, or
    staff_id       bigint,             -- a member of staff; neither: somebody with SQL
    reason         text,
    override       text,               -- why the room was exceeded; NULL: it was not
    status         appointment_status, -- NULL: the row was deleted
    during         tsrange     NOT NULL,
    doctor_id      bigint      NOT NULL,
    treatment_id   bigint      NOT NULL,
    memo           text,
    PRIMARY KEY (appointment_id, version)
);

INSERT INTO appointment_history (appointment_id, version, at, reason, status, during, doctor_id,
                                 treatment_id, memo)
SELECT id, version, updated_at, status_reason, status, during, doctor_id, treatment_id, memo
  FROM appointment;

CREATE FUNCTION appointment_remember() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    deleted  boolean := TG_OP = 'DELETE';
    a        appointment := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    override text := acting_as('override');
BEGIN
    IF override IS NOT NULL AND NOT EXISTS (SELECT
                                              FROM slot_day s
                                             WHERE s.allowed > 0
                                               AND s.day + s.start_time
                                                   IN (SELECT half_hours_touched(a.during))) THEN
        override := NULL;
    END IF;
    INSERT INTO appointment_history (appointment_id, version, patient_id, staff_id, reason,
                                     override, status, during, doctor_id, treatment_id, memo)
    VALUES (a.id, a.version + deleted::integer, acting_as('patient_id')::bigint,
            acting_as('staff_id')::bigint,
            CASE WHEN TG_OP = 'UPDATE' AND NEW.status <> OLD.status THEN NEW.status_reason END,
            override, CASE WHEN NOT deleted THEN a.status END, a.during, a.doctor_id,
            a.treatment_id, a.memo);
    RETURN NULL;
END $$;

CREATE TRIGGER appointment_remember
AFTER INSERT OR UPDATE OR DELETE ON appointment
FOR EACH ROW EXECUTE FUNCTION appointment_remember();

CREATE FUNCTION refuse_rewriting() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'history is only ever added to'
          USING ERRCODE = 'restrict_violation', CONSTRAINT = 'history_only_grows';
END $$;

CREATE TRIGGER appointment_history_only_grows
BEFORE UPDATE OR DELETE OR TRUNCATE ON appointment_history
FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- A version as the API shows it; NULL before the first and after the last.
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
