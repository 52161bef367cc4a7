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
       ('device', 10, '30 seconds'),    -- of the owner's, when nothing is left of the above
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
           WHEN 6 THEN CASE WHEN address << '::ffff:0:0/96' THEN address -- it is one of the former
                            ELSE network(set_masklen(address, 64))::inet
                       END
           ELSE '0.0.0.0'::inet
       END;

-- The budgets that an attempt is paid from; without an account it is a registration. Where the owner of
-- an account has logged in before, it has one of its own: what others spend, elsewhere or on other
-- accounts, is not missing there. And so has each device, which is a login that the owner began there.
CREATE FUNCTION login_budgets(of_account bytea, whence inet, is_known boolean, device bigint)
RETURNS TABLE (scope text, account bytea, network inet)
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT 'device', of_account || int8send(device), '::/0'::inet
     WHERE device IS NOT NULL
     UNION ALL
    SELECT 'account from network', of_account, whence
     WHERE device IS NULL AND of_account IS NOT NULL
     UNION ALL
    SELECT 'network', '\x'::bytea, whence
     WHERE device IS NULL AND of_account IS NOT NULL AND NOT is_known
     UNION ALL
    SELECT 'account', of_account, '::/0'::inet
     WHERE device IS NULL AND of_account IS NOT NULL AND NOT is_known
     UNION ALL
    SELECT 'registration', '\x00'::bytea, whence
     WHERE device IS NULL AND of_account IS NULL;
END;

-- In how many seconds all of these budgets will have something left; 0: now.
CREATE FUNCTION login_wait(of_account bytea, whence inet, is_known boolean, device bigint) RETURNS integer
LANGUAGE sql STABLE
RETURN (SELECT greatest(0, max(ceil(extract(epoch FROM budget.spent_until - clock_timestamp()
                                                       - (at_once - 1) * every))))::integer
          FROM login_budgets(of_account, whence, is_known, device)
          JOIN login_limit USING (scope)
          JOIN login_budget AS budget USING (account, network));

-- Makes sure that the budgets are there, and that nobody else changes them. All lock in one order.
CREATE FUNCTION login_lock(of_account bytea, whence inet, is_known boolean, device bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO login_budget (account, network, spent_until)
    SELECT account, network, now()
      FROM login_budgets(of_account, whence, is_known, device)
     ORDER BY account, network
        ON CONFLICT DO NOTHING;
    PERFORM
       FROM login_budget AS budget
       JOIN login_budgets(of_account, whence, is_known, device) USING (account, network)
      ORDER BY account, network
        FOR UPDATE OF budget;
END $$;

-- Whether all of these budgets have something left, which then nobody else takes.
CREATE FUNCTION login_open(of_account bytea, whence inet, is_known boolean, device bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF login_wait(of_account, whence, is_known, device) > 0 THEN
        RETURN false;
    END IF;
    PERFORM login_lock(of_account, whence, is_known, device);
    RETURN login_wait(of_account, whence, is_known, device) = 0; -- after those who came first
END $$;

-- Takes the price of that many attempts; of a negative number, gives it back.
CREATE FUNCTION login_pay(of_account bytea, whence inet, is_known boolean, device bigint, attempts integer)
RETURNS void
LANGUAGE sql
BEGIN ATOMIC
    UPDATE login_budget AS budget
       SET spent_until = greatest(spent_until, clock_timestamp()) + attempts * every
      FROM login_budgets(of_account, whence, is_known, device) AS needed
      JOIN login_limit USING (scope)
     WHERE (budget.account, budget.network) = (needed.account, needed.network);
END;

-- Lets somebody try to log in, or to register, and takes the price, or does not. `person` is whose
-- account it is, NULL when there is no such account. `device` is the earlier login that the attempt came
-- with a token of, NULL without one, and afterwards the device that paid, NULL when none did: one counts
-- if that person began it lately, ended or not, and pays only what anybody else would be refused for, so
-- that nothing shows whose token it is. `wait` is how long anybody who is not known must wait, and what
-- all are to hear who do not turn out to be the owner.
CREATE FUNCTION login_admit(of_patient boolean, person bigint, of_account bytea, address inet,
                            INOUT device bigint,
                            OUT admitted boolean, OUT known boolean, OUT wait integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    whence inet := login_network(address);
    lately timestamptz := now() - interval '90 days';
BEGIN
    known := CASE
        WHEN of_patient
        THEN EXISTS (SELECT FROM login WHERE patient_id = person AND network = whence AND started_at > lately)
        ELSE EXISTS (SELECT FROM login WHERE staff_id = person AND network = whence AND started_at > lately)
    END;
    device := (SELECT id
                 FROM login
                WHERE id = device AND started_at > lately
                  AND CASE WHEN of_patient THEN patient_id ELSE staff_id END = person);

    admitted := login_open(of_account, whence, known, NULL);
    wait := login_wait(of_account, whence, false, NULL);
    IF admitted THEN
        device := NULL;
    ELSIF device IS NOT NULL THEN
        admitted := login_open(of_account, whence, known, device);
    END IF;
    IF admitted THEN
        PERFORM login_pay(of_account, whence, known, device, 1);
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
CREATE FUNCTION login_forgive(of_account bytea, address inet, was_known boolean, device bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    whence inet := login_network(address);
BEGIN
    PERFORM login_lock(of_account, whence, was_known, device);
    PERFORM login_pay(of_account, whence, was_known, device, -1);
END $$;

REVOKE ALL ON FUNCTION login_lock, login_open, login_pay, login_admit, login_forgive FROM PUBLIC;

GRANT EXECUTE
   ON FUNCTION login_admit(boolean, bigint, bytea, inet, bigint),
               login_forgive(bytea, inet, boolean, bigint),
               login_network(inet)
   TO hospital_patient, hospital_admin;
GRANT INSERT (network) ON login TO hospital_patient, hospital_admin;
