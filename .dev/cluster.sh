# Functions for a private PostgreSQL cluster, sourced by run, bench and test.
#
# PostgreSQL refuses to be root. When root calls, everything that serves runs as the user "postgres"
# of Debian's package instead.

pg_bin=/usr/lib/postgresql/15/bin

# as_server COMMAND...: runs it as the user who serves; it ends when this script does.
as_server() {
    if [ "$(id -u)" -eq 0 ]; then
        exec setpriv --reuid=postgres --regid=postgres --init-groups --pdeathsig TERM -- "$@"
    else
        exec setpriv --pdeathsig TERM -- "$@"
    fi
}

# own DIR...: gives directories to the user who serves.
own() {
    mkdir -p "$@"
    [ "$(id -u)" -ne 0 ] || chown -R postgres: "$@"
}

# say_and_show MESSAGE LOG: what went wrong, and the end of the log that tells why.
say_and_show() {
    echo "$1; the end of $2:" >&2
    tail -n 15 "$2" >&2 || true
}

# cluster_start DIR USER PASSWORD [SETTING=VALUE...]: makes the cluster in DIR/data unless it is
# there, and starts it on the unix socket in DIR. Sets cluster_pid.
cluster_start() {
    local dir=$1 user=$2 password=$3 options=()
    shift 3
    own "$dir"
    if [ ! -s "$dir/data/PG_VERSION" ]; then
        rm -rf "$dir/data"
        (umask 077 && printf '%s\n' "$password" >"$dir/password")
        own "$dir"
        (as_server "$pg_bin/initdb" --pgdata="$dir/data" --username="$user" \
            --pwfile="$dir/password" --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 \
            --no-sync) >"$dir/initdb.log" 2>&1 ||
            { say_and_show "initdb failed" "$dir/initdb.log"; return 1; }
        rm "$dir/password"
    fi
    # terse: the details of an error quote what was stored, and so would the log.
    for setting in listen_addresses= "unix_socket_directories=$dir" max_connections=200 \
        log_error_verbosity=terse deadlock_timeout=200ms "$@"; do
        options+=(-c "$setting")
    done
    (as_server "$pg_bin/postgres" -D "$dir/data" "${options[@]}") >>"$dir/postgres.log" 2>&1 &
    cluster_pid=$!
    until "$pg_bin/pg_isready" --quiet --host="$dir" --username="$user"; do
        kill -0 "$cluster_pid" 2>/dev/null ||
            { say_and_show "PostgreSQL did not start" "$dir/postgres.log"; return 1; }
        sleep 0.1
    done
}

# cluster_stop: ends it in an orderly way, and waits.
cluster_stop() {
    [ -n "${cluster_pid:-}" ] || return 0
    kill -INT "$cluster_pid" 2>/dev/null || true
    wait "$cluster_pid" 2>/dev/null || true
    cluster_pid=
}
