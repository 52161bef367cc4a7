# What measures a row of tests/bench/rows; sourced by .dev/bench. Each is called with ROUND SECONDS
# WHERE KIND CLIENTS and sets `figures`: how many, in how many seconds, p50, p99 and the longest in
# milliseconds, errors, and more for people; "-" where there is none. What is no rate is so many of
# something in one second.

# measure_wrk: a kind of load.lua, through the gateway WHERE.
measure_wrk() {
    local log=$state/log/wrk-$4.log
    CONNECTIONS=$5 wrk --threads 2 --connections "$5" --duration "$2" \
        --script tests/bench/load.lua \
        "http://127.0.0.1:${port[$3]}" -- "$4" "$1" >"$log" 2>&1 || true
    figures=$(sed -n 's/^figures //p' "$log")
    [ -n "$figures" ] || { say_and_show 'wrk failed' "$log"; exit 1; }
}

# measure_amid_logins: the same, while as many clients log in. Those who still wait for their turn
# then get it before anything else is measured.
measure_amid_logins() {
    local logins
    measure_wrk "$1" "$(($2 + 1))" "$3" login "$5" &
    logins=$!
    sleep 0.5
    measure_wrk "$@"
    wait "$logins"
    sleep 0.5
}

# pgbench_with SCRIPT DATABASE CLIENTS ROUND OPTION...: run by the command `runner`, if there is one.
pgbench_with() {
    local log=$state/log/pgbench known variables=() rate
    while read -r known; do variables+=("--define=${known,,}"); done <"$state/$2.known"
    rm -f "$log".*
    ${runner:-} pgbench --no-vacuum --protocol=prepared --file="$state/statements/$1.pgbench" --client="$3" \
        --random-seed="$4" --log --log-prefix="$log" "${variables[@]}" --define=clients="$3" \
        --define=number=-1 --define=minutes=30 --define=nothing=0 "${@:5}" "$(url "$2")" \
        >"$log" 2>&1 || { say_and_show 'pgbench failed' "$log"; exit 1; }
    rate=$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$log")
    figures=$(cut -d' ' -f3 "$log".* | sort -n | awk -v rate="$rate" '
        { took[NR] = $1 / 1000 }
        END { print NR, NR / rate, took[int(NR / 2) + 1], took[int(NR * 0.99) + 1], took[NR], 0 }')
}

# measure_pgbench: a script of statements.sh, in the database WHERE, on as many connections as the
# pool has.
measure_pgbench() {
    local -A quarter_of=([insert]=1 [booking]=2)
    PGOPTIONS=$(session_options) pgbench_with "$4" "$3" "$5" "$1" --time="$2" \
        --define=quarter="${quarter_of[$4]}"
}

# on_one_core COMMAND...: together with those whom the cluster sends to serve it. Else it is a matter
# of luck how near each other the two are, and it counts for more than what is to be measured.
on_one_core() {
    local cores core
    cores=$(taskset --cpu-list --pid $$ | sed 's/.*: //')
    core=${cores%%[-,]*}
    taskset --cpu-list --pid "$core" "$cluster_pid" >/dev/null
    taskset --cpu-list "$core" "$@"
    taskset --cpu-list --pid "$cores" "$cluster_pid" >/dev/null
}

# measure_cost: what a statement costs in the database WHERE, in microseconds: the median for one
# client, who does not wait for the disk. As many bookings in each database, for in a small one there
# is not much to book.
measure_cost() {
    local limit=--time=$2 share=$at_once
    [ "$4" != booking ] || { limit=--transactions=1000 share=1; }
    runner=on_one_core PGOPTIONS="$(session_options) -c synchronous_commit=off" \
        pgbench_with "$4" "$3" 1 "$1" "$limit" --define=quarter=3
    figures=$(awk -v share="$share" '{ print $3 * 1000 / share, "1 - - - -" }' <<<"$figures")
}

# measure_deadlocks: those that the cluster has told of since this round began.
measure_deadlocks() {
    figures="$(($(deadlocks_told) - deadlocks_before)) 1 - - - -"
}

deadlocks_told() {
    grep --count 'deadlock detected' "$state/postgres/postgres.log" || true
}

# measure_argon2: passwords that one core compares with the hash that patients have.
measure_argon2() {
    local hash
    hash=$(psql "$DATABASE_URL" -At -c 'SELECT password_hash FROM patient LIMIT 1')
    figures="$("$BUILD/bench/argon2" "$2" "$hash" clinic-demo) - - - -"
}

# measure_plans: how often the statements read a table that grows from its beginning to its end.
measure_plans() {
    plans >"$state/plans"
    figures="$(awk '{ whole += $2 } END { print whole + 0 }' "$state/plans") 1 - - - -"
}

# start_single: the pool of one worker with many threads, behind the gateway "single". Returns when
# it has answered.
start_single() {
    local doctor=http://127.0.0.1:${port[single]}/api/v1/patient/doctors/1
    WORKER_THREADS=64 pool single 1 patient-api
    single=${pids[-1]}
    until curl --fail --silent --output /dev/null "$doctor"; do
        kill -0 "$single" || { say_and_show 'No worker started' "$state/log/single.log"; exit 1; }
        sleep 0.002
    done
}

# measure_start: milliseconds from a worker's start, its supervisor's included, to its first answer.
measure_start() {
    local began
    kill -TERM "$single"
    wait "$single" || true
    unset 'pids[-1]'
    began=${EPOCHREALTIME/[.,]/}
    start_single
    figures="$(awk -v us=$((${EPOCHREALTIME/[.,]/} - began)) 'BEGIN { print us / 1000 }') 1 - - - -"
}

# measure_memory: the proportional set size of a worker, in MiB: at "rest", "warm" after requests of
# every kind, more at once than it has threads, and "worked", when it has answered a million. With
# "-own" the part that it shares with nobody: of the rest, its pages of programs and libraries, the
# system takes some away and brings them back as it pleases.
measure_memory() {
    local worker part=Pss
    case $4 in
    rest) measure_start "$@" ;;
    warm) ask_every_kind "$1" ;;
    worked) ask_many ;;
    *-own) part=Pss_Anon ;;
    esac
    read -r worker <"/proc/$single/task/$single/children" || true # it has no end of line
    figures=$(awk -v part="$part:" '$1 == part { print $2 / 1024, "1 - - - -" }' \
        "/proc/$worker/smaps_rollup")
}

# ask_every_kind ROUND: logging in first, so that nobody waits any more in the end.
ask_every_kind() {
    local kind
    for kind in login doctor doctors day month earliest own book rush mixed; do
        measure_wrk "$1" 1 single "$kind" 128
        wait_until_idle
    done
}

ask_many() {
    local answered=0
    while ((answered < requests)); do
        measure_wrk "$((answered + 1))" 5 single mixed 128
        answered=$((answered + ${figures%% *}))
    done
    wait_until_idle
}
