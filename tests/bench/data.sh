# The hospitals that are measured, and what is known of their data; sourced by .dev/bench.

# name, doctors, patients, appointments, days back, days ahead: two years, and a hospital with as
# dense a calendar but fewer doctors and days.
databases=(
    'hospital        50 100000 1000000 365 365'
    'hospital_small  10   1000   10000   2  35'
)
data=(tests/bench/data.sql tests/bench/appointments.sql tests/bench/derived.sql)

# As one would run it, with PostgreSQL's own fsync, synchronous_commit and full_page_writes; and
# statements of the workers can be read whole.
measuring=(shared_buffers=512MB effective_cache_size=2GB max_wal_size=2GB
    track_activity_query_size=16384)
# A cluster that is being loaded is worth nothing until it is complete.
loading=(shared_buffers=512MB max_wal_size=16GB fsync=off synchronous_commit=off
    full_page_writes=off wal_level=minimal max_wal_senders=0 autovacuum=off)

# url DATABASE: for its owner, whose password PGPASSWORD is.
url() {
    echo "host=$state/postgres user=$POSTGRES_USER dbname=$1"
}

cluster() {
    cluster_start "$state/postgres" "$POSTGRES_USER" "$POSTGRES_PASSWORD" "$@" 9>&-
}

# What the loaded data depend on, the day included: they are told from today.
data_digest() {
    { cat sql/*.sql "${data[@]}"; echo "${databases[@]}"; TZ=Asia/Seoul date +%F; } | sha256sum
}

# load NAME DOCTORS PATIENTS APPOINTMENTS BACK AHEAD
load() {
    local database share shares=2 loaders=()
    database=$(url "$1")
    psql "$(url postgres)" -c "CREATE DATABASE $1"
    DATABASE_URL=$database sql/migrate >/dev/null
    psql "$database" -v doctors="$2" -v patients="$3" -v appointments="$4" -v days_back="$5" \
        -v days_ahead="$6" -f tests/bench/data.sql
    for ((share = 0; share < shares; share++)); do
        psql "$database" -v share="$share" -v shares="$shares" -f tests/bench/appointments.sql &
        loaders+=($!)
    done
    for share in "${loaders[@]}"; do wait "$share"; done
    psql "$database" -f tests/bench/derived.sql \
        -c 'DROP TABLE bench.booking' -c 'DROP SCHEMA bench' \
        -c 'VACUUM ANALYZE'
    say "$1: $(psql "$database" -At -c 'SELECT count(*) FROM appointment') appointments;" \
        "$(psql "$database" -f tests/bench/check.sql)"
}

load_all() {
    local database digest
    digest=$(data_digest)
    if [ "$(cat "$state/loaded" 2>/dev/null)" = "$digest" ]; then
        say "the data in $state are of today and complete"
        return 0
    fi
    say 'loading 1,000,000 appointments, which takes about 40 s'
    rm -rf "$state/postgres" "$state/loaded"
    cluster "${loading[@]}"
    # shellcheck disable=SC2086
    for database in "${databases[@]}"; do load $database; done
    cluster_stop
    sync --file-system "$state"
    echo "$digest" >"$state/loaded"
}

# What is asked for is in memory, as it would be after a day: no row pays for the first look.
prewarm() {
    psql "$(url "$1")" -o /dev/null -c 'SET client_min_messages = warning' \
        -c 'CREATE EXTENSION IF NOT EXISTS pg_prewarm' \
        -c "SELECT pg_prewarm(oid) FROM pg_class
             WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
               AND relname !~ 'history'"
}

# describe DATABASE: NAME=VALUE for whoever asks for something of it. Days are counted from
# 2000-01-01. Free places are those of whole weeks, from a Sunday to a Friday; on the day of the rush
# nothing is booked.
describe() {
    psql "$(url "$1")" -At -c "
        WITH days AS (
            SELECT hospital_now()::date - date '2000-01-01' AS today,
                   (SELECT max(lower(during))::date FROM appointment) - date '2000-01-01' AS last_day),
        sunday AS (SELECT *, today + 3 + (14 - (today + 3 - 1) % 7) % 7 AS first_day FROM days)
        SELECT concat_ws(E'\n', 'TODAY=' || today, 'LAST_DAY=' || last_day,
                         'RUSH_DAY=' || last_day + 10,
                         'FIRST_DAY=' || first_day, 'WEEKS=' || (last_day - 5 - first_day) / 7 + 1,
                         'DOCTORS=' || doctors, 'PATIENTS=' || patients,
                         'REGULARS=' || patients * 6 / 10)
          FROM sunday
         CROSS JOIN (SELECT count(*) AS doctors FROM doctor) AS d
         CROSS JOIN (SELECT count(*) AS patients FROM patient) AS p"
}

# reset: the databases as they were loaded; also after a run that was interrupted.
reset() {
    local database name appointments
    for database in "${databases[@]}"; do
        read -r name _ _ appointments _ <<<"$database"
        psql "$(url "$name")" -v appointments="$appointments" -f tests/bench/reset.sql
    done
}
