-- Limits on logins and registrations, shared by all workers on all hosts. They slow down who guesses,
-- and lock nobody out: whoever is refused waits for seconds, told by Retry-After.
--
-- An attempt is paid for before its password is looked at, so that a hundred at once are a hundred
-- attempts, and the price is given back when it was right. Of each budget one attempt comes back after
-- a while; so much can be saved up.

CREATE TABLE login_limit (
    scope   text     PRIMARY KEY,
    at_once integer  NOT NULL, -- attempts that may come together
    every   interval NOT NULL  -- after which one more may come; also the longest wait
);

INSERT INTO login_limit (scope, at_once, every)
VALUES ('account from network', 10, '30 seconds'),
       ('network', 100, '5 seconds'),   -- whichever account: a clinic or a household shares it
       ('account', 100, '10 seconds'),  -- from whichever network
       ('registration', 30, '20 seconds');

-- Unlogged, for then a commit need not wait for the disk: after a crash all budgets are full.
-- Names of accounts are kept as digests that say nothing without the workers' key.
CREATE UNLOGGED TABLE login_budget (
    account     bytea,
    network     inet,
    spent_until timestamptz NOT NULL, -- when all of it will have come back
    PRIMARY KEY (account, network)
);

CREATE INDEX login_budget_by_age ON login_budget (spent_until);

-- Whence logins came: the owner of an account is known there.
ALTER TABLE login ADD COLUMN network inet;

CREATE INDEX login_of_patient_by_network ON login (patient_id, network);
CREATE INDEX login_of_staff_by_network ON login (staff_id, network);

-- Those who share one line: an address, or 64 bits of one, of which everybody at home has 2^64.
-- Addresses that are not known are one network.
CREATE FUNCTION login_network(address inet) RETURNS inet
LANGUAGE sql IMMUTABLE
RETURN CASE family(address)
           WHEN 4 THEN host(address)::inet
           WHEN 6 THEN network(set_masklen(address, 64))::inet
           ELSE '0.0.0.0'::inet
       END;

-- The budgets that an attempt is paid from; without an account it is a registration.
CREATE FUNCTION login_budgets(of_account bytea, whence inet)
RETURNS TABLE (scope text, account bytea, network inet)
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT 'account from network', of_account, whence WHERE of_account IS NOT NULL
     UNION ALL
    SELECT 'network', '\x'::bytea, whence             WHERE of_account IS NOT NULL
     UNION ALL
    SELECT 'account', of_account, '::/0'::inet        WHERE of_account IS NOT NULL
     UNION ALL
    SELECT 'registration', '\x00'::bytea, whence      WHERE of_account IS NULL;
END;

-- How long somebody must wait, 0 for not at all, and whether they may come in all the same: where the
-- owner has logged in before, others may spend what they like elsewhere, or on other accounts.
CREATE FUNCTION login_judge(of_account bytea, whence inet, is_known boolean,
                            OUT admitted boolean, OUT wait integer)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(bool_and(seconds <= 0 OR (is_known AND scope <> 'account from network')), true),
           greatest(max(seconds), 0)
      FROM login_budgets(of_account, whence) AS needed
      JOIN login_limit USING (scope)
      JOIN login_budget USING (account, network)
     CROSS JOIN LATERAL (SELECT ceil(extract(epoch FROM spent_until - clock_timestamp()
                                                      - (at_once - 1) * every))::integer) AS w (seconds);
END;

-- Lets somebody try to log in, or to register, and takes the price; or says how long to wait.
-- `person` is whose account it is, NULL when there is no such account.
CREATE FUNCTION login_admit(of_patient boolean, person bigint, of_account bytea, address inet,
                            OUT admitted boolean, OUT wait integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    whence inet := login_network(address);
    lately timestamptz := now() - interval '90 days';
    is_known boolean := CASE
        WHEN of_patient
        THEN EXISTS (SELECT FROM login WHERE patient_id = person AND network = whence AND started_at > lately)
        ELSE EXISTS (SELECT FROM login WHERE staff_id = person AND network = whence AND started_at > lately)
    END;
BEGIN
    SELECT * INTO admitted, wait FROM login_judge(of_account, whence, is_known);
    IF NOT admitted THEN
        RETURN;
    END IF;

    -- Again, after those who came first. All lock in the same order.
    INSERT INTO login_budget (account, network, spent_until)
    SELECT needed.account, needed.network, now()
      FROM login_budgets(of_account, whence) AS needed
     ORDER BY needed.account, needed.network
        ON CONFLICT DO NOTHING;
    PERFORM
       FROM login_budget AS budget
       JOIN login_budgets(of_account, whence) USING (account, network)
      ORDER BY account, network
        FOR UPDATE OF budget;
    SELECT * INTO admitted, wait FROM login_judge(of_account, whence, is_known);
    IF admitted THEN
        UPDATE login_budget AS budget
           SET spent_until = least(greatest(spent_until, clock_timestamp()) + every,
                                   clock_timestamp() + at_once * every)
          FROM login_budgets(of_account, whence) AS needed
          JOIN login_limit USING (scope)
         WHERE (budget.account, budget.network) = (needed.account, needed.network);
    END IF;

    -- Lets go of some that have long been full: more than come, so that they run out.
    DELETE FROM login_budget
     WHERE (account, network) IN (SELECT old.account, old.network
                                    FROM login_budget AS old
                                   WHERE old.spent_until <= now() - interval '1 hour'
                                   ORDER BY old.spent_until
                                   LIMIT 10
                                     FOR UPDATE SKIP LOCKED);
END $$;

-- Gives the price of an attempt back: the password was right, or nobody has looked at it.
CREATE FUNCTION login_forgive(of_account bytea, address inet) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    whence inet := login_network(address);
BEGIN
    PERFORM
       FROM login_budget AS budget
       JOIN login_budgets(of_account, whence) USING (account, network)
      ORDER BY account, network
        FOR UPDATE OF budget;
    UPDATE login_budget AS budget
       SET spent_until = spent_until - every
      FROM login_budgets(of_account, whence) AS needed
      JOIN login_limit USING (scope)
     WHERE (budget.account, budget.network) = (needed.account, needed.network);
END $$;

REVOKE ALL ON FUNCTION login_judge, login_admit, login_forgive FROM PUBLIC;
