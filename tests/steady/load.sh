# Functions for tests that change a system while clients ask it, sourced by them. Whoever sources it sets
# `api`, the gateway's address, `dir`, a directory, and `ask`, a command before each that asks.

say() { echo "$1: ${*:2}"; }

# await WHAT COMMAND...: until it succeeds, a minute at most.
await() {
    local i
    for ((i = 0; i < 600; i++)); do
        ! "${@:2}" >/dev/null 2>&1 || return 0
        sleep 0.1
    done
    echo "$1: not within a minute" >&2
    return 1
}

is_healthy() { "${ask[@]}" curl --fail --silent --max-time 2 "$api/health"; }

# A patient's access token, of the demo data.
log_in() {
    TOKEN=$("${ask[@]}" curl --fail --silent "$api/api/v1/patient/auth/patient/login" \
        --header 'Content-Type: application/json' \
        --data '{"phone": "010-1234-5678", "password": "clinic-demo"}' |
        sed 's/.*"access_token": "\([^"]*\)".*/\1/')
    export TOKEN
}

# under_load WHAT COMMAND...: 16 clients ask while the command changes the system, and a second before and
# after. Fails when a request did.
under_load() {
    local what=$1 load answered failed p99
    shift
    "${ask[@]}" wrk --threads 1 --connections 16 --timeout 8 --duration 300 --script tests/steady/load.lua \
        "$api" >"$dir/load" 2>"$dir/load.errors" &
    load=$!
    sleep 1
    "$@" || { echo "$what: did not succeed" >&2; return 1; }
    sleep 1
    kill -INT $load || { echo "$what: took longer than the load" >&2; return 1; }
    wait $load
    read -r answered failed p99 < <(sed -n 's/^figures //p' "$dir/load")
    say "$what" "$answered requests answered, $failed failed, p99 $p99 ms"
    [ "$failed" -eq 0 ] || { sort "$dir/load.errors" | uniq -c >&2; grep -i 'socket' "$dir/load" >&2; return 1; }
}
