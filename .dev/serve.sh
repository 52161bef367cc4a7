# Functions for a system that serves from one directory, sourced by run and bench, after cluster.sh.
# Whoever sources it sets `state`, the directory, and BUILD, where the programs were built.

pids=() # of what was started, but for the cluster

# read_settings: those of the example file; the environment wins, and so does a file that it names.
# Workers for the cores found, unless their number is set.
read_settings() {
    local name value file
    while IFS='=' read -r name value; do
        file=${name}_FILE
        [ -n "${!name+set}${!file:+set}" ] || export "$name=$value"
    done < <(grep -E '^[A-Z_]+=' .env.development)
    [ -z "${POSTGRES_PASSWORD_FILE:-}" ] || POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    PATIENT_WORKERS=${PATIENT_WORKERS:-$(nproc)}
    ADMIN_WORKERS=${ADMIN_WORKERS:-$((($(nproc) + 1) / 2))}
}

# database_urls DATABASE: the ways to it, for its owner and for the pools. Those get other passwords each
# time, which sql/migrate sets.
database_urls() {
    local at="host=$state/postgres dbname=$1" password
    unset {,PATIENT_,ADMIN_}DATABASE_URL_FILE
    export DATABASE_URL="$at user=$POSTGRES_USER" PGPASSWORD=$POSTGRES_PASSWORD
    password=$(</proc/sys/kernel/random/uuid)
    export PATIENT_DATABASE_URL="$at user=hospital_patient password=$password"
    password=$(</proc/sys/kernel/random/uuid)
    export ADMIN_DATABASE_URL="$at user=hospital_admin password=$password"
}

# keep_secrets_of NAME: forgets what only others need, that is, all secrets but NAME's own.
keep_secrets_of() {
    local secret
    for secret in {,PATIENT_,ADMIN_}DATABASE_URL {PATIENT,ADMIN}_TOKEN_SECRET{,_ALSO} POSTGRES_PASSWORD \
        PGPASSWORD; do
        [[ $secret == "${1^^}"_* ]] || unset "$secret"
    done
}

# stage [PROGRAM...]: what serves may not be able to read the checkout, so it is given a copy.
stage() {
    rm -rf "$state/app" && mkdir -p "$state/app" "$state/log"
    cp "$BUILD/patient-api" "$BUILD/admin-api" "$@" "$state/app/"
    cp -r .build/www "$state/app/www"
    chmod -R u=rwX,go=rX "$state/app"
    own "$state/app" "$state/log"
}

# pool NAME WORKERS PROGRAM [ARGUMENT...]: starts a pool of a staged program on the socket NAME.sock.
pool() {
    local name=$1 workers=$2 program=$3
    shift 3
    rm -f "$state/$name.sock"
    (keep_secrets_of "${program%-api}"
    as_server spawn-fcgi -s "$state/$name.sock" -M 0660 -n -- \
        "$(command -v multiwatch)" -s TERM -r 10 -t 100 -f "$workers" -- "$state/app/$program" "$@") \
        >>"$state/log/$name.log" 2>&1 9>&- &
    pids+=($!)
    echo $! >"$state/$name.pid" # of the supervisor, for .dev/restart
}

# gateway_render NAME LISTEN PATIENT ADMIN: the configuration of a gateway to those two pools, each a
# name or several, separated by spaces.
gateway_render() {
    own "$state/$1"
    GATEWAY_LISTEN=$2 GATEWAY_STATE=$state/$1 GATEWAY_WWW=$state/app/www \
        PATIENT_POOL=$(sockets "$3") ADMIN_POOL=$(sockets "$4") \
        ACCESS_LOG=$state/log/access.log nginx/render >"$state/$1/nginx.conf"
}

# sockets NAMES: their addresses.
sockets() {
    local name
    for name in $1; do printf 'unix:%s ' "$state/$name.sock"; done
}

# gateway_start NAME: starts what was rendered.
gateway_start() {
    (keep_secrets_of gateway
    as_server nginx -c "$state/$1/nginx.conf" -e stderr -g 'daemon off;') \
        >>"$state/log/$1.log" 2>&1 9>&- &
    pids+=($!)
}

# wait_until_healthy LISTEN
wait_until_healthy() {
    local pid i
    for ((i = 0; i < 100; i++)); do
        ! curl --fail --silent --insecure --max-time 5 \
            "http${TLS_CERTIFICATE:+s}://127.0.0.1:${1##*:}/health" >/dev/null || return 0
        for pid in "${pids[@]}"; do
            kill -0 "$pid" 2>/dev/null || break 2
        done
        sleep 0.1
    done
    echo "The system did not become healthy. Is port ${1##*:} free? The logs say:" >&2
    tail -n 5 "$state"/log/*.log >&2
    exit 1
}

# stop_serving: ends all but the cluster in an orderly way, what was started last first.
stop_serving() {
    local i
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
        kill -TERM "${pids[i]}" 2>/dev/null || true
        wait "${pids[i]}" 2>/dev/null || true
    done
    pids=()
}

# stop: ends everything.
stop() {
    trap '' INT TERM HUP
    stop_serving
    cluster_stop
}

# psql, as scripts want it.
psql() { command psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$@"; }
