-- Requests that carried an Idempotency-Key, with their answers: a repetition is answered alike, and
-- carried out once. Kept for 24 hours.

CREATE TABLE idempotency_key (
    caller   text,                 -- 'patient 7', 'staff 3'; not logged in: 'anyone of patient'
    key      text,
    request  bytea       NOT NULL, -- what was asked, as a digest
    status   smallint    NOT NULL,
    location text,
    version  integer,
    body     bytea,                -- sealed: whoever repeats the request can open it, nobody else
    kept_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, key)
);

CREATE INDEX idempotency_key_by_age ON idempotency_key (kept_at);

-- Begins a transaction that alone carries a request out. Refused while another one does, or when an
-- answer has been kept by now; it never waits.
CREATE FUNCTION idempotency_claim(of_caller text, named text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    free boolean := pg_try_advisory_xact_lock(hashtextextended(of_caller || ' ' || named, 0));
BEGIN
    -- A statement of its own, so that it sees what the last one to hold the lock has committed.
    IF NOT free OR EXISTS (SELECT
                             FROM idempotency_key k
                            WHERE k.caller = of_caller AND k.key = named
                              AND k.kept_at > now() - interval '24 hours') THEN
        RAISE 'a request with this key is being carried out'
              USING ERRCODE = 'unique_violation', CONSTRAINT = 'idempotency_key_pkey';
    END IF;
END $$;

-- Keeps an answer, and lets go of some that are too old: more than come, so that they run out.
CREATE FUNCTION idempotency_keep(of_caller text, named text, asked bytea, answered smallint,
                                 at_location text, of_version integer, sealed bytea)
RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM idempotency_key k
     WHERE k.caller = of_caller AND k.key = named AND k.kept_at <= now() - interval '24 hours';
    DELETE FROM idempotency_key k
     WHERE (k.caller, k.key) IN (SELECT old.caller, old.key
                                   FROM idempotency_key old
                                  WHERE old.kept_at <= now() - interval '24 hours'
                                  ORDER BY old.kept_at
                                  LIMIT 10
                                    FOR UPDATE SKIP LOCKED);
    INSERT INTO idempotency_key (caller, key, request, status, location, version, body)
    VALUES (of_caller, named, asked, answered, at_location, of_version, sealed);
END $$;
