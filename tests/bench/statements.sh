# The statements that the workers send, taken from the running system, as scripts for pgbench and as
# plans; sourced by .dev/bench.

# What lib/db.c asks of its sessions; it gives the server half of the time-out.
session_options() {
    grep --only-matching -e '-c [a-z_]*=[^ "]*' lib/db.c | sed "s/%d/$((DATABASE_TIMEOUT_MS / 2))/" |
        tr '\n' ' '
}

# What stands for $1, $2 and so on in a script. pgbench knows no timestamps, and its variables are
# never NULL.
start="(timestamp '2000-01-01' + :start * interval '30 minutes')"
first="(date '2000-01-01' + :first::integer)"
last="(date '2000-01-01' + :last::integer)"
null="nullif(:nothing, '0')"
insert_parameters=(:doctor :treatment :patient "$start" :minutes "$null" :patient "$null" "$null"
    "$null")
zone="'Asia/Seoul'"
wish_parameters=("$zone" "$start::date" "$start::date" :doctor :patient)
day_parameters=("$zone" "$first" "$first" :doctor)
month_parameters=("$zone" "$first" "$last" :doctor)

# catch NAME WORD CURL_ARGUMENT...: the statement that a worker sent last, when it was asked that.
catch() {
    local file=$state/statements/$1.sql
    curl --fail --silent --output /dev/null --max-time 5 "${@:3}" ||
        fail "The system does not answer: ${*:3}"
    psql "$DATABASE_URL" -At -o "$file" -c "SELECT query FROM pg_stat_activity
        WHERE application_name = 'hospital' ORDER BY state_change DESC LIMIT 1"
    grep --quiet --fixed-strings "$2" "$file" ||
        fail "This is not the statement for $1, for it has no $2: $(<"$file")"
}

# parameters_of STATEMENT: how many it has.
parameters_of() {
    grep --only-matching '\$[0-9]*' "$state/statements/$1.sql" | tr -d '$' | sort -n | tail -n 1
}

# fill STATEMENT PARAMETER...: the statement with those in place of $1, $2 and so on.
fill() {
    local name=$1 text i
    shift
    text=$(<"$state/statements/$name.sql")
    [ "$(parameters_of "$name")" = $# ] ||
        fail "tests/bench/statements.sh gives $# parameters, which is not what this takes: $text"
    for ((i = $#; i > 0; i--)); do text=${text//"\$$i"/${!i}}; done
    echo "$text;"
}

# many STATEMENT PARAMETER...: the statement many times without waiting for its answers, since to wake
# up for a short one costs as much as the statement, and not always the same.
at_once=20
many() {
    local i
    echo '\startpipeline'
    for ((i = 0; i < at_once; i++)); do
        cat tests/bench/days.pgbench
        fill "$@"
    done
    echo '\endpipeline'
}

# Scripts: write a booking; judge it beforehand, and then write it; read what is free.
write_scripts() {
    local at=$state/statements
    { cat tests/bench/place.pgbench; fill insert "${insert_parameters[@]}"; } >"$at/insert.pgbench"
    { cat tests/bench/place.pgbench; fill wish "${wish_parameters[@]}"
        fill insert "${insert_parameters[@]}"; } >"$at/booking.pgbench"
    many day "${day_parameters[@]}" >"$at/day.pgbench"
    many day "${month_parameters[@]}" >"$at/month.pgbench"
}

catch_statements() {
    local api=http://127.0.0.1:${port[hospital]}/api/v1/patient regular newcomer day booking
    own "$state/statements"
    say 'reading the statements that the workers send'
    read -r regular <"$TOKENS/regulars"
    read -r newcomer <"$TOKENS/newcomers"
    day=$(date --utc --date "2000-01-01 + $RUSH_DAY days" +%F)
    booking="{\"doctor_id\": 1, \"treatment_id\": 1, \"start_time\": \"${day}T08:00\"}"
    catch doctor offer "$api/doctors/1"
    catch own appointment "$api/appointments" --header "Authorization: Bearer $regular"
    catch day doctor_day "$api/availability/1/availability?date=$day&treatment_id=1"
    catch wish patient_id "$api/availability/1/availability?date=$day&treatment_id=1" \
        --header "Authorization: Bearer $regular" # a booking asks the same, but is not the last
    catch earliest doctor_day "$api/availability?from=$day&to=$day&treatment_id=1&limit=10"
    catch facts doctor_day "$api/availability?from=$day&to=$day&treatment_id=1&department=x"
    catch insert 'INSERT INTO appointment' "$api/appointments" --json "$booking" \
        --header "Authorization: Bearer $newcomer"
    write_scripts
}

# plan STATEMENT: as the workers' sessions plan it, without knowing the parameters.
plan() {
    local nulls
    nulls=$(printf ', NULL%.0s' $(seq "$(parameters_of "$1")"))
    PGOPTIONS=$(session_options) psql "$DATABASE_URL" -At \
        -c "PREPARE statement AS $(<"$state/statements/$1.sql")" \
        -c "EXPLAIN (COSTS OFF) EXECUTE statement (${nulls#, })"
}

# plans: each statement, how often it reads a table that grows from its beginning to its end, and the
# indexes that it uses.
plans() {
    local statement
    for statement in doctor own day earliest wish facts insert; do
        plan "$statement" | awk -v statement="$statement" '
            /Seq Scan on (appointment|appointment_history|slot_day|doctor_day|patient)( |$)/ {
                whole++
            }
            match($0, /Index (Only )?Scan( Backward)? (using|on) [a-z_]+/) {
                words = split(substr($0, RSTART, RLENGTH), word, " ")
                if (!seen[word[words]]++) indexes = indexes " " word[words]
            }
            END { print statement, whole + 0 indexes }'
    done
}
