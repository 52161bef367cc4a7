-- What the hospital offers, as one state with a name: the hospital's row, doctors, treatments and
-- closures. They are read with every request and change seldom, so workers remember them. A
-- statement that is judged or told by them answers the stamp that it sees, and where that is not the
-- remembered one they are read again: what is remembered is never older than what would be read.
-- Who changes them while triggers are off says so: UPDATE offer SET stamp = DEFAULT.

CREATE TABLE offer (
    id    smallint PRIMARY KEY DEFAULT 1,
    stamp uuid     NOT NULL DEFAULT gen_random_uuid(), -- never one that was there before
    CONSTRAINT offer_is_one CHECK (id = 1)
);

INSERT INTO offer DEFAULT VALUES;

-- The last lock that a statement takes, and one that bookings never need: whoever changes what is
-- offered waits for others who do.
CREATE FUNCTION offer_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE offer SET stamp = DEFAULT;
    RETURN NULL;
END $$;

DO $$
DECLARE
    part text;
BEGIN
    FOREACH part IN ARRAY '{hospital, doctor, treatment, closure}'::text[] LOOP
        EXECUTE format('CREATE TRIGGER %1$s_offer_changed'
                       ' AFTER INSERT OR UPDATE OR DELETE ON %1$I'
                       ' FOR EACH ROW EXECUTE FUNCTION offer_changed()', part);
        EXECUTE format('CREATE TRIGGER %1$s_offer_emptied AFTER TRUNCATE ON %1$I'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION offer_changed()', part);
    END LOOP;
END $$;

GRANT SELECT ON offer TO hospital_patient, hospital_admin;
