# The statements that the workers send, taken from the running system, as scripts for pgbench and as
# plans; sourced by .dev/bench.

# What lib/db.c asks of its sessions.
session_options='-c statement_timeout=750 -c lock_timeout=750 -c client_connection_check_interval=1s
    -c idle_in_transaction_session_timeout=10s -c search_path=public -c jit=off
    -c timezone=UTC -c datestyle=ISO -c plan_cache_mode=force_generic_plan'

# What stands for $1, $2 and so on in a script. pgbench knows no timestamps, and its variables are
# never NULL.
start="(timestamp '2000-01-01' + :start * interval '30 minutes')"
last="(date '2000-01-01' + :last::integer)"
null="nullif(:nothing, '0')"
insert_parameters=(:doctor :treatment :patient "$start" :minutes "$null" :patient "$null" "$null" "$null")
day_parameters=(:doctor :treatment "$start" "$null" "$null" "$null" "$null" "$null")
month_parameters=(:doctor :treatment "$start" "$null" "$null" "$last" "$null" "$null")
booking_parameters=(:doctor :treatment "$start" "$null" :patient "$null" "$null" "$null")

# catch NAME WORD CURL_ARGUMENT...: the statement that a worker sent last, when it was asked that.
catch() {
    local file=$state/statements/$1.sql
    curl --fail --silent --output /dev/null --max-time 5 "${@:3}" ||
        fail "The system does not answer: ${*:3}"
    psql "$DATABASE_URL" -At -o "$file" -c "SELECT query FROM pg_stat_activity
        WHERE application_name = 'hospital' ORDER BY state_change DESC LIMIT 1"
    grep --quiet --fixed-strings "$2" "$file" || fail "This is not the statement for $1: $(<"$file")"
}

# How many parameters a statement has.
parameters_of() {
    grep --only-matching '\$[0-9]*' "$1" | tr -d '$' | sort -n | tail -n 1
}

# fill STATEMENT PARAMETER...: the statement with those in place of $1, $2 and so on.
fill() {
    local file=$state/statements/$1.sql text i
    shift
    [ "$(parameters_of "$file")" = $# ] ||
        fail "tests/bench/statements.sh gives $# parameters, another number than this takes: $(<"$file")"
    text=$(<"$file")
    for ((i = $#; i > 0; i--)); do text=${text//"\$$i"/${!i}}; done
    echo "$text;"
}

# Scripts: to write a booking, to judge it beforehand and then write it, and to read what is free.
write_scripts() {
    local at=$state/statements
    { cat tests/bench/place.pgbench; fill insert "${insert_parameters[@]}"; } >"$at/insert.pgbench"
    { cat tests/bench/place.pgbench; fill facts "${booking_parameters[@]}"
        fill insert "${insert_parameters[@]}"; } >"$at/booking.pgbench"
    cat >"$at/some_day.pgbench" <<'SETTINGS'
\set doctor random(1, :doctors)
\set treatment random(1, 10)
\set from random(:today + 1, :last_day - 30)
\set start 48 * :from
\set last :from + 30
SETTINGS
    { cat "$at/some_day.pgbench"; fill facts "${day_parameters[@]}"; } >"$at/day.pgbench"
    { cat "$at/some_day.pgbench"; fill facts "${month_parameters[@]}"; } >"$at/month.pgbench"
}

catch_statements() {
    local api=http://127.0.0.1:${port[hospital]}/api/v1/patient regular newcomer day
    own "$state/statements"
    say 'reading the statements that the workers send'
    read -r regular <"$state/tokens/regulars"
    read -r newcomer <"$state/tokens/newcomers"
    day=$(date --utc --date "2000-01-01 + $RUSH_DAY days" +%F)
    catch doctor doctor "$api/doctors/1"
    catch own appointment "$api/appointments" --header "Authorization: Bearer $regular"
    catch facts slot_day "$api/availability/1/availability?date=$day&treatment_id=1"
    catch insert 'INSERT INTO appointment' "$api/appointments" --header "Authorization: Bearer $newcomer" \
        --json "{\"doctor_id\": 1, \"treatment_id\": 1, \"start_time\": \"${day}T08:00\"}"
    write_scripts
}

# plan STATEMENT: as the workers' sessions plan it, without knowing the parameters.
plan() {
    local nulls
    nulls=$(printf ', NULL%.0s' $(seq "$(parameters_of "$state/statements/$1.sql")"))
    PGOPTIONS=$session_options psql "$DATABASE_URL" -At -c "PREPARE statement AS $(<"$state/statements/$1.sql")" \
        -c "EXPLAIN (COSTS OFF) EXECUTE statement (${nulls#, })"
}

# plans: each statement, how often it reads a table that grows from end to end, and its indexes.
plans() {
    local statement
    for statement in doctor own facts insert; do
        plan "$statement" | awk -v statement="$statement" '
            /Seq Scan on (appointment|appointment_history|slot_day|doctor_day|patient)( |$)/ { scans++ }
            match($0, /Index (Only )?Scan( Backward)? (using|on) [a-z_]+/) {
                words = split(substr($0, RSTART, RLENGTH), word, " ")
                if (!seen[word[words]]++) indexes = indexes " " word[words]
            }
            END { print statement, scans + 0 indexes }'
    done
}
