-- The history is to be kept by years, so that one that is too old can be let go of as a whole. What
-- there is so far becomes its first part as it stands; for that it has to be known until when it goes.
-- This says so, for half a year to come at least, and the next file looks whether it is true of each
-- row, which then keeps nobody waiting.

DO $$
DECLARE
    latest timestamptz := greatest(now(), (SELECT max(at) FROM appointment_history));
BEGIN
    EXECUTE format('ALTER TABLE appointment_history'
                   ' ADD CONSTRAINT appointment_history_until CHECK (at < %L) NOT VALID',
                   date_trunc('year', latest AT TIME ZONE 'UTC' + interval '18 months')
                       AT TIME ZONE 'UTC');
END $$;
