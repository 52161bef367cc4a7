# What the owner's commands share, sourced by migrate and keep. They reach the database at DATABASE_URL, in
# the file that DATABASE_URL_FILE names, or by the usual PG* variables.
#
# Nothing waits for a lock longer than LOCK_TIMEOUT_MS (2000), because whoever comes after queues behind
# it, and those are the workers. What did not get its lock is rolled back and tried again, five times.

# read_file NAME: sets it to what stands in the file that NAME_FILE names, if that is set.
read_file() {
    local from=${1}_FILE text
    [ -n "${!from:-}" ] || return 0
    [ -z "${!1:-}" ] || { echo "$from is set, and the same without _FILE as well" >&2; return 1; }
    text=$(cat "${!from}")
    printf -v "$1" %s "$text"
}

percent_decode() {
    local text=${1//\\/\\\\}
    printf '%b' "${text//%/\\x}"
}

# read_url URL: sets `url`, which may be shown in a list of processes, and `password`.
read_url() {
    url=$1 password=
    local quoted="'((\\\\.|[^'\\])*)'"
    if [[ $1 =~ ^(postgres(ql)?://[^:/?@]*):([^/@]*)(@.*)$ ]]; then
        url=${BASH_REMATCH[1]}${BASH_REMATCH[4]}
        password=$(percent_decode "${BASH_REMATCH[3]}")
    elif [[ $1 =~ ^(postgres(ql)?://.*[?&])password=([^&]*)(.*)$ ]]; then
        url=${BASH_REMATCH[1]%[?&]}
        [ -z "${BASH_REMATCH[4]}" ] || url=${BASH_REMATCH[1]}${BASH_REMATCH[4]#&}
        password=$(percent_decode "${BASH_REMATCH[3]}")
    elif [[ $1 =~ ^((.*[[:space:]])?)password[[:space:]]*=[[:space:]]*($quoted|[^[:space:]\']+)(.*)$ ]]; then
        url=${BASH_REMATCH[1]}${BASH_REMATCH[6]}
        password=${BASH_REMATCH[3]}
        [[ $password != \'* ]] || password=$(sed 's/\\\(.\)/\1/g' <<<"${BASH_REMATCH[4]}")
    fi
}

# connect: sets `psql`, a command, and how long it waits for a lock.
connect() {
    read_file DATABASE_URL
    read_url "${DATABASE_URL:-}"
    [ -z "$password" ] || export PGPASSWORD=$password
    psql=(psql --no-psqlrc --set ON_ERROR_STOP=1 --quiet ${url:+--dbname="$url"})
    patience=$(number LOCK_TIMEOUT_MS 2000 999999)
}

# number NAME DEFAULT MOST: what that setting is, from 1 on.
number() {
    local value=${!1:-$2}
    [[ $value =~ ^[1-9][0-9]{0,5}$ ]] && ((value <= $3)) ||
        { echo "$1 is not a number in its range" >&2; return 1; }
    echo "$value"
}

# run_text TEXT: what goes wrong is in `said`, too. Verbose, for the SQLSTATE, which is the same in all
# languages that a server may speak.
run_text() {
    { said=$("${psql[@]}" --set VERBOSITY=verbose --set lock_timeout="$patience" 2>&1 >&3 \
        < <(printf '%s\n' "$1")); } 3>&1 && return
    grep -v '^LOCATION: ' <<<"$said" >&2
    return 1
}

# patiently TEXT: runs it, again where a lock was not to be had. Of two who do such things one waits.
patiently() {
    local try text
    text="\\set QUIET on
SET client_min_messages = warning;
SELECT pg_advisory_lock(hashtext('hospital migrations')) \\g /dev/null
SELECT set_config('lock_timeout', :'lock_timeout', false) \\g /dev/null
$1"
    for ((try = 1; ; try++)); do
        ! run_text "$text" || return 0
        if ((try == 5)) || [[ $said != *55P03* ]]; then return 1; fi
        echo "a lock was not to be had within $patience ms; trying again" >&2
        sleep 1
    done
}
