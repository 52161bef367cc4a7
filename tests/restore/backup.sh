# pgBackRest for a cluster of .dev/cluster.sh, as .ops/backup/ has it, and a second copy of what is written;
# sourced by .dev/restore.

# fill_in FILE: what stands between @ signs.
fill_in() {
    sed -e "s|@REPOSITORY@|$state/repository|" -e "s|@LOCKS@|$state/locks|" -e "s|@DATA@|$state/postgres/data|" \
        -e "s|@SOCKETS@|$state/postgres|" -e "s|@USER@|$POSTGRES_USER|" \
        -e "s|@PGBACKREST@|pgbackrest --config=$state/pgbackrest.conf --stanza=hospital|" ".ops/backup/$1"
}

configure_backup() {
    own "$state/repository" "$state/locks"
    fill_in pgbackrest.conf >"$state/pgbackrest.conf"
    # Settings of the file, as cluster() takes them: name=value.
    mapfile -t cluster_settings < <(fill_in backup.conf | sed -n "s/^\([a-z_]*\) = '\{0,1\}\([^']*\)'\{0,1\}$/\1=\2/p")
}

backrest() {
    (as_server pgbackrest --config="$state/pgbackrest.conf" --stanza=hospital "$@") || fail "pgbackrest $1 failed"
}

# restore NAME OPTION...: into that directory's data.
restore() {
    local directory=$state/$1
    shift
    own "$directory" "$directory/data"
    chmod 700 "$directory/data"
    backrest --pg1-path="$directory/data" restore "$@"
}

# receive NAME: what the cluster writes goes into that directory at once.
receive() {
    receiver_stop
    received=$state/$1
    own "$received"
    (PGHOST=$state/postgres PGUSER=$POSTGRES_USER as_server "$pg_bin/pg_receivewal" --directory="$received" \
        --synchronous 9>&-) >>"$state/receiver.log" 2>&1 &
    receiver_pid=$!
    await_receiver
}

# wait_for_receiver: from now on no commit is acknowledged before it is there as well.
wait_for_receiver() {
    psql "$(url postgres)" -c "ALTER SYSTEM SET synchronous_standby_names = 'pg_receivewal'" \
        -c 'SELECT pg_reload_conf()' >/dev/null
}

await_receiver() {
    local i
    for ((i = 0; i < 200; i++)); do
        [ "$(psql "$(url postgres)" -At -c 'SELECT state FROM pg_stat_replication')" != streaming ] || return 0
        sleep 0.05
    done
    fail 'nobody receives what is written'
}

receiver_stop() {
    [ -n "${receiver_pid:-}" ] || return 0
    kill -INT "$receiver_pid" 2>/dev/null || true
    wait "$receiver_pid" 2>/dev/null || true
    receiver_pid=
}

# use_receiver: the option that lets a restored server take from there what the repository has not.
use_receiver() {
    local part
    receiver_stop
    for part in "$received"/*.partial; do mv "$part" "${part%.partial}"; done
    echo "--recovery-option=restore_command=pgbackrest --config=$state/pgbackrest.conf --stanza=hospital archive-get %f \"%p\" || cp $received/%f \"%p\""
}

# await_promotion NAME: until it is no longer being restored.
await_promotion() {
    until [ "$(psql "host=$state/$1 user=$POSTGRES_USER dbname=postgres" -At -c 'SELECT pg_is_in_recovery()')" = f ]; do
        kill -0 "$cluster_pid" || fail "the restored server has ended"
        sleep 0.1
    done
}
