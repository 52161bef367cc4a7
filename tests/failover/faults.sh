# What is done to the primary, and how that is mended, each a function of the host's name; sourced by
# .dev/failover. start_host mends kill_host.

# Whoever was just being started is met by the next round.
kill_host() {
    until is_empty "$1"; do signal "$1" KILL; done
}

cut_host() { ip link set "$1" down; }
mend_host() { ip link set "$1" up; }

freeze_host() {
    local met=none
    until [ "$met" = "$(served_by "$1")" ]; do
        met=$(served_by "$1")
        signal "$1" STOP
    done
}
thaw_host() { signal "$1" CONT; }

is_another() { find_primary && [ "$primary" != "$1" ]; }

# start_witness ID HOST: on that host, writes to that host's database alone, whatever becomes of both.
start_witness() {
    (exec nsenter --target "${keeper[$2]}" --net -- tests/failover/witness.py "$(url hospital "$2")" \
        "$state/$1.witness" "$1" 2>>"$state/log/witness.log" 9>&-) &
    witness_pid=$!
    await 'the witness' grep -q accepted "$state/$1.witness"
}

# finish_witness ID: what it was told to have written must be there.
finish_witness() {
    kill -TERM "$witness_pid"
    wait "$witness_pid" || fail "the witness has failed"
    witness_pid=
    comm -23 <(sed -n 's/.* accepted //p' "$state/$1.witness" | sort) \
        <(psql "$(url hospital)" -At -c 'SELECT name FROM witness' | sort) >"$state/$1.missing"
}

# fault ID HARM MEND: what is harmed is the primary, whichever host that is by now. It stays so for a
# while after the other one has taken over, as nobody mends it at once.
fault() {
    local victim
    find_primary
    victim=$primary
    note "begin $1 $victim"
    start_clients --pause 0.1
    start_witness "$1" "$victim"
    sleep 2
    "$2" "$victim"
    note down
    await 'another primary' is_another "$victim"
    sleep 5
    "$3" "$victim"
    patience=240 await "$victim as the standby" is_whole
    note up
    sleep 2
    finish_witness "$1"
    finish_clients
    check --figures "$state/$1.figures" || true
    [ -s "$state/$1.figures" ] || fail "$1 could not be checked"
}
