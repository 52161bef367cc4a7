# PostgreSQL on two of the hosts under Patroni, etcd on those and on a third; and the hospital on it, with its
# pools on two other hosts. Sourced by .dev/failover.

members=(db1 db2 pool1) # of etcd
databases=db1,db2
network=10.77.0.0/24

# fill_in TEMPLATE HOST: what stands between @ signs.
fill_in() {
    local host etcd='' all=''
    for host in "${members[@]}"; do
        etcd+=${etcd:+,}${address[$host]}:2379
        all+=${all:+,}$host=http://${address[$host]}:2380
    done
    sed -e "s|@NAME@|$2|g" -e "s|@ADDRESS@|${address[$2]}|g" -e "s|@DATA@|$state/$2|g" \
        -e "s|@ETCD@|$etcd|g" -e "s|@MEMBERS@|$all|g" -e "s|@NETWORK@|$network|g" \
        -e "s|@WATCHDOG@|off|g" -e "s|@OWNERS_PASSWORD@|$POSTGRES_PASSWORD|g" \
        -e "s|@REPLICATION_PASSWORD@|$replication_password|g" ".ops/patroni/$1"
}

# start_host HOST: what its service manager starts at boot.
start_host() {
    mapfile -t settings < <(fill_in etcd.env "$1" | grep '^ETCD_')
    serve "$1" etcd env "${settings[@]}" etcd
    [[ $1 == db* ]] || return 0
    fill_in patroni.yml "$1" >"$state/$1/patroni.yml"
    own "$state/$1"
    serve "$1" patroni patroni "$state/$1/patroni.yml"
}

# url DATABASE [HOSTS]: for its owner.
url() {
    local hosts=${2:-$databases} host
    for host in db1 db2; do hosts=${hosts/$host/${address[$host]}}; done
    echo "host=$hosts user=$POSTGRES_USER password=$POSTGRES_PASSWORD dbname=$1" \
        "connect_timeout=2 target_session_attrs=read-write"
}

# ask_primary SQL: the one that takes writes.
ask_primary() { psql "$(url postgres)" -At -c "$1"; }

# find_primary: sets primary, the host's name.
find_primary() {
    local at host
    at=$(ask_primary 'SELECT host(inet_server_addr())')
    for host in db1 db2; do [ "${address[$host]}" != "$at" ] || primary=$host; done
}

# The other host has all that is acknowledged, and may take over.
is_whole() {
    [ "$(ask_primary "SELECT count(*) FROM pg_stat_replication
                       WHERE state = 'streaming' AND sync_state = 'sync'")" = 1 ]
}

start_databases() {
    local host
    replication_password=$(</proc/sys/kernel/random/uuid)
    for host in db1 db2 pool1; do start_host "$host"; done
    patience=240 await 'PostgreSQL with its standby' is_whole
}

# Owner and pools reach whichever host takes writes.
make_hospital() {
    local at secret
    ask_primary 'CREATE DATABASE hospital'
    unset {,PATIENT_,ADMIN_}DATABASE_URL_FILE
    DATABASE_URL=$(url hospital)
    at=${DATABASE_URL/"user=$POSTGRES_USER password=$POSTGRES_PASSWORD"/}
    secret=$(</proc/sys/kernel/random/uuid)
    PATIENT_DATABASE_URL="$at user=hospital_patient password=$secret"
    ADMIN_DATABASE_URL="$at user=hospital_admin password=$secret"
    export {,PATIENT_,ADMIN_}DATABASE_URL
    # libpq gives up where the standby has not heard of it yet.
    await 'the database on both' psql "$DATABASE_URL" -c 'SELECT 1'
    sql/migrate tests/chaos/data.sql >/dev/null
    psql "$(url hospital)" -c 'CREATE TABLE witness (name text PRIMARY KEY)'
    known=$(psql "$(url hospital)" -At -f tests/chaos/known.sql)
    "$BUILD/bench/tokens" 1 320 1 >"$state/tokens"
}

# Each pool on two hosts; FastCGI over TCP.
start_pools() {
    local host
    for host in pool1 pool2; do
        (keep_secrets_of patient && serve_pool "$host" patient 9001)
        (keep_secrets_of admin && serve_pool "$host" admin 9002)
    done
}
serve_pool() { # HOST POOL PORT
    serve "$1" "$2" spawn-fcgi -a "${address[$1]}" -p "$3" -n -- \
        "$(command -v multiwatch)" -s TERM -r 10 -t 100 -f 1 -- "$state/app/$2-api"
}

start_gateway() {
    local pools=("${address[pool1]}" "${address[pool2]}")
    own "$state/gateway"
    GATEWAY_LISTEN=$port GATEWAY_STATE=$state/gateway GATEWAY_WWW=$state/app/www \
        PATIENT_POOL=${pools[*]/%/:9001} ADMIN_POOL=${pools[*]/%/:9002} \
        ACCESS_LOG=$state/log/access.log nginx/render >"$state/gateway/nginx.conf"
    gateway_start gateway
    wait_until_healthy "$port"
}
