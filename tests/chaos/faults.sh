# The faults of tests/chaos/rows, a function each, sourced by .dev/chaos. Each opens a hospital,
# lets the clients ask, does harm, and heals it. "down" and "up" in the history tell check.py when.

# now_ms: of the wall clock.
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# longest NAME MS: keeps the longest of some times in seconds, for figure.
longest() { ((${!1:-0} >= $2)) || printf -v "$1" %d "$2"; }
in_seconds() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }

is_whole() {
    (($(workers_of "$patient_pid" | wc -w) == PATIENT_WORKERS)) &&
        (($(workers_of "$admin_pid" | wc -w) == ADMIN_WORKERS))
}

# strike SIGNAL SECONDS random|youngest: ends a worker every 200 ms, a random one or the youngest of
# the patient pool, which has just been started instead of the last one.
strike() {
    local until=$((SECONDS + $2)) workers which begun whole_ms=0
    open_hospital
    start_clients
    while ((SECONDS < until)); do
        read -ra workers <<<"$(workers_of "$admin_pid") $(workers_of "$patient_pid")"
        which=$((RANDOM % ${#workers[@]}))
        [ "$3" = random ] || which=-1
        kill -"$1" "${workers[which]}" 2>/dev/null || true
        begun=$(now_ms)
        until is_whole || (($(now_ms) > begun + 10000)); do sleep 0.02; done
        longest whole_ms $(($(now_ms) - begun))
        sleep 0.2
    done
    wait_until_healthy "$port"
    figure whole_s "$(in_seconds "$whole_ms")"
}
kill_workers() { strike KILL "$1" random; }
kill_youngest() { strike KILL "$1" youngest; }
restart_workers() { strike TERM "$1" random; }

stop_postgres() { # TIMES
    local i
    open_hospital
    start_clients
    for ((i = 0; i < $1; i++)); do
        sleep 3
        note down
        kill -QUIT "$cluster_pid"
        wait "$cluster_pid" || true
        sleep 0.5
        cluster
        note up
    done
    sleep 3
}

reload_gateway() { # SECONDS
    local until=$((SECONDS + $1))
    open_hospital
    start_clients
    while ((SECONDS < until)); do
        sleep 2
        kill -HUP "$gateway_pid"
    done
    sleep 1
}

# As one would scale out: more workers, each on a socket of its own as on a host of its own; then a
# gateway that knows them. To scale in, first a gateway that does not, then the workers' end.
scale_pools() { # TIMES
    local i pool
    PATIENT_WORKERS=1 ADMIN_WORKERS=1 open_hospital
    start_clients
    for ((i = 0; i < $1; i++)); do
        for pool in patient admin; do
            add_workers "$pool"
            sleep 1
            remove_workers "$pool"
        done
    done
}

add_workers() { # POOL
    local n names=$1
    for ((n = 2; n <= 6; n++)); do
        pool "$1-$n" 1 "$1-api"
        names+=" $1-$n"
    done
    for ((n = 2; n <= 6; n++)); do
        until [ -S "$state/$1-$n.sock" ]; do sleep 0.02; done
    done
    if [ "$1" = patient ]; then know_workers "$names" admin; else know_workers patient "$names"; fi
}

remove_workers() { # POOL
    local pid left
    know_workers patient admin
    for pid in "${pids[@]: -5}"; do kill -TERM "$pid"; done
    for pid in "${pids[@]: -5}"; do wait "$pid" || fail "a worker of $1 did not end well"; done
    pids=("${pids[@]::${#pids[@]}-5}")
}

# know_workers PATIENT ADMIN: a gateway that knows these; returns once the one before it has ended.
know_workers() {
    local before after
    before=$(workers_of "$gateway_pid")
    gateway_render gateway "127.0.0.1:$port" "$1" "$2"
    kill -HUP "$gateway_pid"
    for after in $before; do
        while [ -e "/proc/$after" ]; do sleep 0.05; done
    done
}

cut_connections() { # TIMES
    start_proxy
    open_hospital "$state/proxy"
    start_clients
    tell_proxy cut "$1"
    hear_proxy $((60 + $1 * 5)) cut
    figure uncut $(($1 * 16 - ${heard#cut }))
}

# all_workers: who they are, to see whether one has died.
all_workers() { workers_of "$patient_pid" && workers_of "$admin_pid"; }

slow_database() { # SECONDS
    start_proxy
    open_hospital "$state/proxy"
    start_clients
    suffer "$1" "tell_proxy delay 5" "tell_proxy pass"
}

lock_appointments() { # SECONDS
    open_hospital
    start_clients
    suffer "$1" hold_lock let_lock_go
}
hold_lock() {
    coproc lock { psql "$(url "$database")" -At 9>&-; }
    echo "BEGIN; LOCK appointment; SELECT 'locked';" >&"${lock[1]}"
    read -r -t 10 -u "${lock[0]}"
}
let_lock_go() {
    local pid=$lock_PID
    echo "COMMIT; \q" >&"${lock[1]}"
    wait "$pid"
}

# suffer SECONDS BEGIN END: a fault of that length; no worker may die of it.
suffer() {
    local before
    before=$(all_workers)
    sleep 1
    note down
    $2
    sleep "$1"
    $3
    note up
    sleep 4
    if [ "$before" = "$(all_workers)" ]; then figure died 0; else figure died 1; fi
}

# --- Load: what saturates the pool is found first, then ten times as many ask ---------------------

# ask_with CONNECTIONS SECONDS: sets good, other (answers per second, and how many that are neither
# good nor a refusal) and p99_ms.
ask_with() {
    read -r good other p99_ms < <(TOKENS=$state/tokens KNOWN=$known wrk -t 2 -c "$1" -d "$2" \
        --timeout 10 -s tests/chaos/load.lua "http://127.0.0.1:$port" | sed -n 's/^figures //p')
}

resident_kib() {
    local pid
    for pid in $(all_workers); do cat "/proc/$pid/status"; done |
        awk '$1 == "VmRSS:" { sum += $2 } END { print sum }'
}

overload() { # SECONDS
    local good other p99_ms peak=0 connections before
    open_hospital
    start_clients
    for connections in 16 32 64; do
        ask_with "$connections" "$1"
        ((good <= peak)) || peak=$good
    done
    ((peak > 0)) || fail "nobody was answered"
    before=$(resident_kib)
    note down
    ask_with 320 "$1"
    note up
    figure goodput "$(awk "BEGIN { print $good / $peak }")"
    figure refused_other "$other"
    figure p99_ms "$p99_ms"
    figure memory "$(awk "BEGIN { print $(resident_kib) / $before }")"
}

# 1,000 that send their head slowly, their body slowly, ask for many ranges, or read slowly; and
# then 1,000 that say nothing at all.
keep_idle() { # SECONDS
    local url=http://127.0.0.1 way ways=(
        "-H -i 5 -t GET -u URL/api/v1/patient/doctors"
        "-B -i 5 -s 8192 -t POST -u URL/api/v1/patient/auth/patient/login"
        "-R -t HEAD -u URL/openapi.json"
        "-X -k 3 -n 5 -z 32 -w 512 -y 1024 -u URL/docs/swagger-ui-bundle.js"
    )
    open_hospital
    start_clients
    for way in "${ways[@]}"; do
        # shellcheck disable=SC2086
        slowhttptest -c 1000 -r 500 -l "$1" -p 5 ${way/URL/$url:$port} >"$state/slow.log" 2>&1 ||
            fail "slowhttptest: $(tail -n 3 "$state/slow.log")"
    done
}

# --- A disk that is full -------------------------------------------------------------------------

# A file system of its own for the write-ahead log, with room for a few segments of it. That the
# server cannot go on then, nor start again, is PostgreSQL's way; here it is started again and
# again, as a service manager would. It is the last row, for the cluster keeps that log.
fill_disk() { # SECONDS
    local before wal=$state/wal log=$state/postgres/data/pg_wal
    [ "$(id -u)" -eq 0 ] || fail "a full disk needs root, to mount a small file system"
    cluster_stop
    mkdir "$wal"
    mount -t tmpfs -o size=160m,mode=700 hospital-chaos "$wal"
    move_log "$log" "$wal/pg_wal"
    ln -s "$wal/pg_wal" "$log"
    chown -h postgres: "$log"
    own "$wal"
    cluster max_wal_size=64MB min_wal_size=32MB
    open_hospital
    start_clients
    before=$(all_workers)
    sleep 1
    dd if=/dev/zero of="$wal/ballast" bs=1M 2>/dev/null || true
    note down
    until ! kill -0 "$cluster_pid" 2>/dev/null; do
        psql "$(url "$database")" -At -c 'SELECT pg_switch_wal()' >/dev/null 2>&1 || true
        sleep 0.2
    done
    wait "$cluster_pid" || true
    for ((i = 0; i < $1; i++)); do
        ! cluster 2>/dev/null || fail "PostgreSQL started on a full disk"
        sleep 1
    done
    rm "$wal/ballast"
    cluster max_wal_size=64MB min_wal_size=32MB
    note up
    sleep 4
    if [ "$before" = "$(all_workers)" ]; then figure died 0; else figure died 1; fi
}

# move_log FROM TO: what is needed of the log of a server that was stopped in an orderly way.
move_log() {
    local last
    last=$("$pg_bin/pg_controldata" "$state/postgres/data" | sed -n "s/.*REDO WAL file: *//p")
    mkdir -p "$2/archive_status"
    cp -p "$1/$last" "$2/"
    rm -rf "$1"
}
