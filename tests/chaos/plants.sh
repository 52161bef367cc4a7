# Whether the checker finds what is there to be found: faults that are planted, each beside the
# check of check.py that must find it; sourced by .dev/chaos.

some='SELECT id, version FROM appointment ORDER BY id LIMIT 1'

# Into what an honest run has left: check, what it is, how.
afterwards=(
    "history | a version that is missing |
        DELETE FROM appointment_history WHERE (appointment_id, version) IN ($some)"
    "kept | an appointment that is missing |
        DELETE FROM appointment WHERE (id, version) IN ($some)"
    "history | an appointment that nobody moved |
        UPDATE appointment SET doctor_id = 43 - doctor_id % 2 WHERE (id, version) IN ($some)"
    "kept | another time than was acknowledged |
        UPDATE appointment_history
           SET during = tsrange(lower(during) + '1 day', upper(during) + '1 day')
         WHERE (appointment_id, version) IN ($some)"
    "once | two changes of one key |
        UPDATE appointment_history SET reason = (SELECT max(memo) FROM appointment)
         WHERE (appointment_id, version) IN ($some)"
    "refused | what was refused |
        UPDATE appointment_history
           SET reason = (SELECT key FROM idempotency_key WHERE status = 409 LIMIT 1)
         WHERE (appointment_id, version) IN ($some)"
    "asked | what nobody asked for |
        UPDATE appointment_history SET reason = 'somebody'
         WHERE (appointment_id, version) IN ($some)"
    "slots | a counter that is wrong |
        UPDATE slot_day SET booked = booked - 1
         WHERE (day, start_time) IN (SELECT day, start_time FROM slot_day WHERE booked > 0 LIMIT 1)"
    "days | a doctor's day that is wrong |
        UPDATE doctor_day SET busy = busy << 1
         WHERE (doctor_id, day) IN (SELECT doctor_id, day FROM doctor_day
                                     WHERE busy <> B'0'::bit(96) LIMIT 1)"
)

# Into a hospital before it is asked, so that only many at once bring it to light. Between what was
# judged and what is written there is hardly any time, so each booking is made to wait in between.
dawdle="
    CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
        PERFORM pg_sleep(0.05);
        RETURN new;
    END';
    CREATE TRIGGER a_dawdle BEFORE INSERT ON appointment
        FOR EACH ROW EXECUTE FUNCTION dawdle();
    GRANT EXECUTE ON FUNCTION dawdle() TO hospital_patient, hospital_admin"
beforehand=(
    "capacity | no constraint on a slot's room |
        ALTER TABLE slot_day DROP CONSTRAINT slot_day_within_capacity"
    "doctors | no constraint on doctors |
        ALTER TABLE appointment DROP CONSTRAINT appointment_doctor_free"
    "patients | no constraint on patients, nor anything else that holds them back |
        ALTER TABLE appointment DROP CONSTRAINT appointment_patient_free,
                                DROP CONSTRAINT appointment_doctor_free;
        UPDATE hospital_slot SET max_capacity = 40"
    "alike | no constraint on keys |
        ALTER TABLE idempotency_key DROP CONSTRAINT idempotency_key_pkey;
        CREATE OR REPLACE FUNCTION idempotency_claim(of_caller text, named text) RETURNS void
        LANGUAGE sql AS ''"
)

# found CHECK WHAT: says so, or fails.
found() {
    check --planted "$1" >"$state/check.log" || {
        cat "$state/check.log"
        fail "the checker did not find what was planted: $2"
    }
    say "the checker finds $2"
}

# read_plant PLANT: sets finder, what and how.
read_plant() {
    IFS='|' read -r -d '' finder what how <<<"$1" || true
    finder=${finder% } what=${what# } what=${what% }
}

honest_run() {
    open_hospital "$@"
    start_clients
    sleep 2
    finish_clients
}

plant_afterwards() {
    local plant finder what how honest
    honest_run
    check || fail "an honest run was not found to be one"
    stop_serving
    honest=$database
    for plant in "${afterwards[@]}"; do
        read_plant "$plant"
        database=planted
        psql "$(url postgres)" -c "CREATE DATABASE planted TEMPLATE $honest"
        psql "$(url planted)" -c 'SET session_replication_role = replica' -c "$how"
        found "$finder" "$what"
        psql "$(url postgres)" -c 'DROP DATABASE planted'
    done
    database=$honest
    close_hospital
}

# Until it has come to light, which is a matter of chance: an empty hospital that all rush into.
plant_beforehand() {
    local plant finder what how i
    for plant in "${beforehand[@]}"; do
        read_plant "$plant"
        for ((i = 0; i < 20; i++)); do
            open_hospital
            psql "$(url "$database")" -c "$how" -c "$dawdle"
            start_clients --rush --pause 0.005
            sleep 0.5
            finish_clients
            ! check --planted "$finder" >/dev/null || break
            ((i == 19)) || close_hospital
        done
        found "$finder" "$what"
        close_hospital
    done
}

plant_lie() {
    start_proxy
    open_hospital "$state/proxy"
    tell_proxy lie
    start_clients
    sleep 1
    finish_clients
    found kept "an answer before COMMIT"
    close_hospital
}

plant_asynchronous_commit() {
    cluster_stop
    cluster synchronous_commit=off wal_writer_delay=10s
    honest_run
    kill -QUIT "$cluster_pid"
    wait "$cluster_pid" || true
    cluster
    found kept "synchronous_commit = off, and an immediate stop"
    close_hospital
}

plant_all() {
    plant_afterwards
    plant_beforehand
    plant_lie
    plant_asynchronous_commit
}
