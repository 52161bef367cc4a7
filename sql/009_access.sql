-- Who of the staff saw or changed which patient's data. The statements that show or change them
-- note it themselves: no second round trip, and nothing is shown that is not noted.

CREATE TABLE access (
    id         bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at         timestamptz NOT NULL DEFAULT now(),
    staff_id   bigint      NOT NULL,
    patient_id bigint      NOT NULL,
    action     text        NOT NULL, -- the method and the pattern of the address that was asked for
    address    inet                  -- whence; NULL: not known
);

CREATE INDEX access_by_time ON access (at, id);
CREATE INDEX access_by_patient ON access (patient_id, at);
CREATE INDEX access_by_staff ON access (staff_id, at);

CREATE TRIGGER access_only_grows
BEFORE UPDATE OR DELETE OR TRUNCATE ON access
FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- A member of the staff who is doing something.
CREATE TYPE visitor AS (staff_id bigint, action text, address inet);

-- Notes that the visitor is about to see that patient's data. Patients, who have no staff_id, may see
-- their own without a note.
CREATE FUNCTION access_note(who visitor, of_patient bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF who.staff_id IS NOT NULL THEN
        INSERT INTO access (staff_id, patient_id, action, address)
        VALUES (who.staff_id, of_patient, who.action, who.address);
    END IF;
END $$;
