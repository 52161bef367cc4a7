-- Logins. An access token names its login; its refresh tokens are kept as digests, each good once.

CREATE TABLE login (
    id         bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    patient_id bigint,
    staff_id   bigint,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,
    CONSTRAINT login_patient       FOREIGN KEY (patient_id) REFERENCES patient,
    CONSTRAINT login_staff         FOREIGN KEY (staff_id)   REFERENCES staff,
    CONSTRAINT login_of_one_person CHECK (num_nonnulls(patient_id, staff_id) = 1)
);

CREATE TABLE refresh_token (
    digest     bytea       PRIMARY KEY,
    login_id   bigint      NOT NULL,
    expires_at timestamptz NOT NULL,
    spent_at   timestamptz,
    CONSTRAINT refresh_token_login FOREIGN KEY (login_id) REFERENCES login ON DELETE CASCADE
);

-- Spends a refresh token, of a patient or of staff, and puts a new one in its place. Answers the
-- login it belongs to, or NULL when it is unknown, expired, or its login has ended. A token shown twice has been stolen from one
-- of the two who showed it, so it ends the login.
CREATE FUNCTION login_refresh(of_patient boolean, shown bytea, fresh bytea,
                              fresh_expires_at timestamptz)
RETURNS login
LANGUAGE plpgsql AS $$
DECLARE
    token refresh_token;
    found_login login;
BEGIN
    SELECT * INTO token FROM refresh_token WHERE digest = shown FOR UPDATE;
    SELECT * INTO found_login
      FROM login
     WHERE id = token.login_id AND ended_at IS NULL AND (patient_id IS NOT NULL) = of_patient
       FOR UPDATE;
    IF found_login IS NULL OR token.expires_at <= now() THEN
        RETURN NULL;
    ELSIF token.spent_at IS NOT NULL THEN
        UPDATE login SET ended_at = now() WHERE id = found_login.id;
        RETURN NULL;
    END IF;
    UPDATE refresh_token SET spent_at = now() WHERE digest = shown;
    INSERT INTO refresh_token (digest, login_id, expires_at)
    VALUES (fresh, found_login.id, fresh_expires_at);
    RETURN found_login;
END $$;
