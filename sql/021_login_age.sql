-- A login that is let go of takes its refresh tokens along, which therefore have to be found by it.
CREATE INDEX refresh_token_by_login ON refresh_token (login_id);
