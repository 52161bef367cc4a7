# A hospital for each fault, and the 32 clients that ask it; sourced by .dev/chaos. Each has a
# database of its own, cloned from the one that prepare() makes, and pools and a gateway of its own.

cluster_settings=() # that whoever sources this wants besides

# durable, as one would run it: what is tested here is that nothing acknowledged is lost.
cluster() {
    cluster_start "$state/postgres" "$POSTGRES_USER" "$POSTGRES_PASSWORD" \
        shared_buffers=128MB max_connections=300 "${cluster_settings[@]}" "$@" 9>&-
}

# url DATABASE: for its owner.
url() {
    echo "host=$state/postgres user=$POSTGRES_USER password=$POSTGRES_PASSWORD dbname=$1"
}

prepare() {
    cluster
    psql "$(url postgres)" -c 'CREATE DATABASE hospital_template'
    database_urls hospital_template
    sql/migrate tests/chaos/data.sql >/dev/null
    known=$(psql "$(url hospital_template)" -At -f tests/chaos/known.sql)
    "$BUILD/bench/tokens" 1 320 1 >"$state/tokens"
    stage
}

# free_port: sets port to one that nobody listens on.
free_port() {
    until
        port=$((20000 + RANDOM % 12000))
        ! (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
    do :; done
}

# open_hospital [DIRECTORY]: pools and gateway on a new database, reached through that directory's
# socket. Sets database, port, patient_pid, admin_pid, gateway_pid, DESK_TOKEN and history.
open_hospital() {
    database=hospital_$((++hospitals))
    history=$state/$database.history
    psql "$(url postgres)" -c "CREATE DATABASE $database TEMPLATE hospital_template"
    database_urls "$database"
    sql/migrate >/dev/null
    if (($#)); then
        PATIENT_DATABASE_URL=${PATIENT_DATABASE_URL/"$state/postgres"/"$1"}
        ADMIN_DATABASE_URL=${ADMIN_DATABASE_URL/"$state/postgres"/"$1"}
    fi
    free_port
    pool patient "$PATIENT_WORKERS" patient-api
    patient_pid=${pids[-1]}
    pool admin "$ADMIN_WORKERS" admin-api
    admin_pid=${pids[-1]}
    gateway_render gateway "127.0.0.1:$port" patient admin
    gateway_start gateway
    gateway_pid=${pids[-1]}
    wait_until_healthy "$port"
    log_in_desk
}

# log_in_desk: sets DESK_TOKEN.
log_in_desk() {
    DESK_TOKEN=$(curl -fsS "http://127.0.0.1:$port/api/v1/admin/auth/login" \
        -H 'Content-Type: application/json' \
        -d '{"email": "desk@example.com", "password": "clinic-demo"}' |
        sed 's/.*"access_token": "\([^"]*\)".*/\1/')
    export DESK_TOKEN
}

close_hospital() {
    stop_serving
    psql "$(url postgres)" -c "DROP DATABASE $database WITH (FORCE)"
    rm -f "$history"
}

# start_clients [OPTION...]: they go on until finish_clients.
start_clients() {
    ((++seeds))
    tests/chaos/clients.py "http://127.0.0.1:$port" "$state/tokens" "$known" "$history" \
        --seed "$seeds" "$@" 9>&- &
    clients_pid=$!
    until grep -qs '"answered"' "$history"; do
        kill -0 "$clients_pid" 2>/dev/null || fail "the clients have ended by themselves"
        sleep 0.05
    done
}

# finish_clients: what is unknown is settled first.
finish_clients() {
    kill -TERM "$clients_pid" && wait "$clients_pid" || fail "the clients have failed"
    clients_pid=
}

# check [OPTION...]: compares what they wrote down with what there is.
check() {
    tests/chaos/check.py "$history" "$(url "$database")" "$@"
}

# note WHAT: a fault, in the history; figure NAME VALUE: something that was measured.
note() { printf '{"event": "fault", "at": %s, "what": "%s"}\n' "$EPOCHREALTIME" "$1" >>"$history"; }
figure() {
    printf '{"event": "figure", "at": %s, "name": "%s", "value": %s}\n' "$EPOCHREALTIME" "$1" "$2" \
        >>"$history"
}

# workers_of PID: the worker processes of the pool that has it.
workers_of() { cat "/proc/$1/task/$1/children"; }

# start_proxy: between the workers and the cluster, in $state/proxy; tell_proxy ORDER.
start_proxy() {
    own "$state/proxy"
    coproc proxy { exec tests/chaos/proxy.py "$state/proxy" "$state/postgres" 9>&-; }
    proxy_pid=$proxy_PID
    pids+=("$proxy_pid")
    hear_proxy 10 ready
}
tell_proxy() { echo "$*" >&"${proxy[1]}"; }
# hear_proxy SECONDS WORD: waits for what it says; sets `heard`.
hear_proxy() {
    read -r -t "$1" -u "${proxy[0]}" heard && [[ $heard == "$2"* ]] ||
        fail "the proxy did not say \"$2\" within $1 seconds"
}
