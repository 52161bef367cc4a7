-- What is unwell in the database, and what to do about it; nothing where all is well. Then how its tables are.
--   psql -X -f health.sql hospital     as the owner or as postgres, on the host that takes writes
--   -v hangs='1 hour'                  after how long a transaction is taken to hang; else 5 minutes

\set QUIET on
\pset null '-'
\pset footer off
\if :{?hangs}
\else
    \set hangs '5 minutes'
\endif

WITH finding (what, which, how_much, what_to_do) AS (
    SELECT 'a transaction hangs',
           pid || ' of ' || usename || ', ' || state,
           date_trunc('second', now() - xact_start)::text,
           'SELECT pg_terminate_backend(' || pid || '); until then others may wait, and nothing that died is cleared away'
      FROM pg_stat_activity
     WHERE xact_start < now() - :'hangs'::interval AND backend_type = 'client backend'
    UNION ALL
    SELECT 'a prepared transaction was forgotten', gid, date_trunc('second', now() - prepared)::text,
           'ROLLBACK PREPARED ' || quote_literal(gid)
      FROM pg_prepared_xacts
     WHERE prepared < now() - :'hangs'::interval
    UNION ALL
    SELECT 'dead rows are not cleared away', relname, n_dead_tup || ' beside ' || n_live_tup,
           'end what hangs, then VACUUM ' || relname || '; is autovacuum on?'
      FROM pg_stat_user_tables
     WHERE n_dead_tup > 20000 + 0.4 * n_live_tup
    UNION ALL
    SELECT 'the planner knows old figures', relname, n_mod_since_analyze || ' changes of ' || n_live_tup || ' rows',
           'ANALYZE ' || relname
      FROM pg_stat_user_tables
     WHERE n_mod_since_analyze > 20000 + 0.4 * n_live_tup
    UNION ALL
    SELECT 'an index is not whole', indexrelid::regclass::text, pg_size_pretty(pg_relation_size(indexrelid)),
           'REINDEX INDEX CONCURRENTLY ' || indexrelid::regclass
      FROM pg_index
     WHERE NOT indisvalid
    UNION ALL
    SELECT 'an index is used by nobody', indexrelid::regclass::text,
           pg_size_pretty(pg_relation_size(indexrelid)) || ' since ' || stats_reset::date,
           'is it of a standby''s readers? Else each write pays for nothing: a migration that drops it'
      FROM pg_stat_user_indexes
      JOIN pg_index USING (indexrelid)
      JOIN pg_stat_database ON datname = current_database()
     WHERE idx_scan = 0 AND NOT indisunique AND NOT indisexclusion
       AND pg_relation_size(indexrelid) > 8 * 1024 * 1024
       AND stats_reset < now() - interval '30 days'
    UNION ALL
    SELECT 'transaction numbers run out', relname, age(relfrozenxid) || ' of 2,000,000,000',
           'VACUUM (FREEZE) ' || relname || '; why has autovacuum not?'
      FROM pg_class
     WHERE relkind IN ('r', 't') AND age(relfrozenxid) > 500000000
    UNION ALL
    SELECT 'the log is not archived', last_failed_wal, failed_count || ' times, last at ' || last_failed_time::timestamptz(0),
           'the repository of backups is full or away; PostgreSQL''s log says more. Until then pg_wal grows'
      FROM pg_stat_archiver
     WHERE last_failed_time > coalesce(last_archived_time, '-infinity')
    UNION ALL
    SELECT 'nobody reads a slot', slot_name,
           pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) || ' of pg_wal',
           'start its reader, or SELECT pg_drop_replication_slot(' || quote_literal(slot_name) || ')'
      FROM pg_replication_slots
     WHERE NOT active
    UNION ALL
    SELECT 'commits wait for a standby that is not there', current_setting('synchronous_standby_names'), NULL,
           'start it; bookings are 503 until then'
     WHERE current_setting('synchronous_standby_names') <> ''
       AND NOT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))
    UNION ALL
    SELECT 'parts of a table are missing', whole::text, 'until ' || max(ends)::date, 'sql/keep, and each night from then on'
      FROM part
     GROUP BY whole
    HAVING max(ends) < now() + interval '1 month'
    UNION ALL
    SELECT 'connections run out', NULL, count(*) || ' of ' || current_setting('max_connections'),
           'fewer workers, a lower DATABASE_CONNECTIONS, or a higher max_connections'
      FROM pg_stat_activity
     WHERE backend_type = 'client backend'
    HAVING count(*) > 0.8 * current_setting('max_connections')::integer
    UNION ALL
    SELECT 'checkpoints come too often', NULL, checkpoints_req || ' for want of room, ' || checkpoints_timed || ' by time',
           'a higher max_wal_size'
      FROM pg_stat_bgwriter
     WHERE checkpoints_req > 20 AND checkpoints_req > checkpoints_timed
    UNION ALL
    SELECT 'transactions were in each other''s way', NULL, deadlocks || ' deadlocks',
           'workers cause none; who else writes? PostgreSQL''s log has both statements'
      FROM pg_stat_database
     WHERE datname = current_database() AND deadlocks > 0
)
SELECT * FROM finding;

-- "in place" is the part of updates that touched no index (HOT).
SELECT relname AS "table",
       pg_size_pretty(pg_total_relation_size(relid)) AS size,
       n_live_tup AS rows,
       n_dead_tup AS dead,
       round(100.0 * n_tup_hot_upd / nullif(n_tup_upd, 0)) || ' %' AS in_place,
       last_autovacuum::timestamptz(0) AS vacuumed,
       last_autoanalyze::timestamptz(0) AS analyzed
  FROM pg_stat_user_tables
 ORDER BY pg_total_relation_size(relid) DESC
 LIMIT 15;
