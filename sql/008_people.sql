-- People: when their logins end, and that somebody remains who manages the others; and a check of
-- the hospital's zone.

CREATE INDEX login_of_patient ON login (patient_id) WHERE ended_at IS NULL;
CREATE INDEX login_of_staff ON login (staff_id) WHERE ended_at IS NULL;

-- A changed password, or leaving the staff, ends all logins of that person.
CREATE FUNCTION patient_end_logins() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE login SET ended_at = now() WHERE patient_id = NEW.id AND ended_at IS NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER patient_end_logins
AFTER UPDATE ON patient
FOR EACH ROW WHEN (OLD.password_hash IS DISTINCT FROM NEW.password_hash)
EXECUTE FUNCTION patient_end_logins();

CREATE FUNCTION staff_end_logins() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE login SET ended_at = now() WHERE staff_id = NEW.id AND ended_at IS NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER staff_end_logins
AFTER UPDATE ON staff
FOR EACH ROW WHEN (OLD.password_hash <> NEW.password_hash OR (OLD.is_active AND NOT NEW.is_active))
EXECUTE FUNCTION staff_end_logins();

-- Two admins who dismiss each other at the same time take turns at the hospital's row.
CREATE FUNCTION staff_keep_an_admin() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM hospital FOR UPDATE;
    IF NOT EXISTS (SELECT FROM staff s WHERE s.role = 'admin' AND s.is_active) THEN
        RAISE 'no admin would be left'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'staff_keeps_an_admin',
                    HINT = 'This is the last active admin.';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER staff_keep_an_admin
AFTER UPDATE OR DELETE ON staff
FOR EACH ROW WHEN (OLD.role = 'admin' AND OLD.is_active)
EXECUTE FUNCTION staff_keep_an_admin();

-- Only zones with rules and a name: PostgreSQL would take "Nowhere-9" as well, and guess.
CREATE FUNCTION hospital_know_zone() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = NEW.time_zone) THEN
        RAISE 'there is no such time zone'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'hospital_zone_is_known';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER hospital_know_zone
BEFORE UPDATE ON hospital
FOR EACH ROW WHEN (OLD.time_zone <> NEW.time_zone)
EXECUTE FUNCTION hospital_know_zone();
