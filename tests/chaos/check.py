#!/usr/bin/python3 -B
"""Compares what the clients wrote down with what the database holds.

    check.py HISTORY DATABASE_URL [--figures FILE] [--planted CHECK]

Prints what each check found; exits 1 when one of them found something; or, where a fault was
planted, when that check did not find it. As the clients leave their
keys in what they write (clients.py), each version of an appointment can be traced to the request
that made it, and the other way round.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import psycopg2
import psycopg2.extras

import history

SHOWN = 3  # examples of each kind
NOBODY = "nobody"  # the memo of what load.lua books
RECOVERED = 2  # seconds after which nothing may fail any more

# --- What is compared -----------------------------------------------------------------------------


@dataclass
class Errand:
    """All that was written down under one key."""

    key: str
    operation: str
    appointment: int
    request: dict
    answers: list = field(default_factory=list)  # definite ones, as (status, body, replayed)

    @property
    def status(self):
        return self.answers[0][0] if self.answers else None

    @property
    def body(self):
        return self.answers[0][1]

    @property
    def succeeded(self):
        return bool(self.answers) and self.status < 300


@dataclass
class Run:
    """A history and the database after it."""

    events: list
    errands: dict  # by key
    versions: list  # rows of appointment_history
    by_key: dict  # the same by the key that they were left with
    by_version: dict  # ... by appointment and version
    appointments: dict  # by id
    database: object


def errands_of(events):
    errands = {}
    for event in events:
        key = event.get("key")
        if not key:
            continue
        if event["event"] == "sent":
            errands.setdefault(key, Errand(key, event["operation"], event["appointment"],
                                           event["request"]))
        elif event["event"] == "answered" and history.is_definite(event["status"], event["body"]):
            errands[key].answers.append((event["status"], event["body"], event["replayed"]))
    return errands


def rows(database, statement):
    with database.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


STATE = "status::text, doctor_id, treatment_id, lower(during)::text AS start"
VERSIONS = f"SELECT appointment_id, version, reason, memo, {STATE} FROM appointment_history"
APPOINTMENTS = f"SELECT id, patient_id, version, memo, {STATE} FROM appointment"


def key_of(version):
    return version["reason"] or version["memo"]


def load(path, url):
    events = history.read(path)
    with psycopg2.connect(url) as database:
        versions = rows(database, VERSIONS)
        by_key = defaultdict(list)
        for version in versions:
            if key_of(version) != NOBODY:
                by_key[key_of(version)].append(version)
        return Run(events, errands_of(events), versions, by_key,
                   {(v["appointment_id"], v["version"]): v for v in versions},
                   {a["id"]: a for a in rows(database, APPOINTMENTS)}, database)


def state(row):
    return {name: row[name] for name in ("status", "doctor_id", "treatment_id", "start")}


def told_state(body):
    return {"status": body["status"], "doctor_id": body["doctor"]["id"],
            "treatment_id": body["treatment"]["id"],
            "start": body["start_time"][:19].replace("T", " ")}


# --- What must hold between history and database: each yields what does not -----------------------


def acknowledged_is_kept(run):
    """what was acknowledged is there, as it was acknowledged"""
    for errand in run.errands.values():
        if not errand.succeeded:
            continue
        told = errand.body
        kept = run.by_version.get((told["id"], told["version"]))
        made = f"{errand.key}: {errand.operation} made {told['id']} version {told['version']}"
        if told["id"] not in run.appointments:
            yield f"{made}, and there is no such appointment"
        elif not kept:
            yield f"{made}, and there is no such version"
        elif state(kept) != told_state(told):
            yield f"{made}, told as {told_state(told)}, and it is {state(kept)}"
        elif key_of(kept) != errand.key and not already_cancelled(errand, kept):
            yield f"{made}, and it is of {key_of(kept)}"


def already_cancelled(errand, kept):
    """Cancelling what is cancelled changes nothing, and is answered alike."""
    return errand.operation == "cancel" and kept["status"] == "cancelled"


def done_once(run):
    """one key, one change; and one booking"""
    for key, versions in run.by_key.items():
        if len(versions) > 1:
            made = [(v["appointment_id"], v["version"]) for v in versions]
            yield f"{key}: made {made}"


def refused_left_nothing(run):
    """what was refused left nothing"""
    for errand in run.errands.values():
        if errand.answers and not errand.succeeded and errand.key in run.by_key:
            yield f"{errand.key}: {errand.operation} was answered {errand.status}, and is there"


def asked_for(run):
    """each change was asked for, and acknowledged"""
    for key, versions in run.by_key.items():
        errand = run.errands.get(key)
        if not errand:
            first = versions[0]
            yield f"{first['appointment_id']} version {first['version']}: {key} was not asked for"
        elif not errand.answers:
            yield f"{key}: is there, and was never acknowledged"


def answered_alike(run):
    """one key, one answer; and only the first of them is none that is repeated"""
    for errand in run.errands.values():
        if any(answer[:2] != errand.answers[0][:2] for answer in errand.answers):
            told = [(status, history.code_of(body)) for status, body, _ in errand.answers]
            yield f"{errand.key}: {errand.operation} was answered {told}"
        if sum(not replayed for _, _, replayed in errand.answers) > 1:
            yield f"{errand.key}: {errand.operation} was carried out more than once"


def definite(run):
    """every outcome is known in the end"""
    for errand in run.errands.values():
        if not errand.answers:
            yield f"{errand.key}: {errand.operation} is unknown"


def read_what_was_written(run):
    """who reads sees what is kept, and nothing older than what was acknowledged before"""
    newest = {}
    asked = {}
    for event in run.events:
        if event["event"] == "sent" and event["operation"] == "look":
            asked[event["attempt"]] = event["appointment"], newest.get(event["appointment"], 0)
        if event["event"] != "answered" or event["status"] not in (200, 201):
            continue
        body = event["body"]
        if "version" not in body:  # of something else than one appointment
            continue
        if event["attempt"] in asked:
            appointment, least = asked[event["attempt"]]
            kept = run.by_version.get((appointment, body["version"]))
            if body["version"] < least:
                yield f"{appointment}: read version {body['version']}, after {least} had been told"
            elif not kept or state(kept) != told_state(body):
                yield f"{appointment}: read {told_state(body)}, and it is {kept and state(kept)}"
        newest[body["id"]] = max(newest.get(body["id"], 0), body["version"])


def history_is_whole(run):
    """each appointment is as its last version says, and no version is missing"""
    numbers = defaultdict(list)
    for version in run.versions:
        numbers[version["appointment_id"]].append(version["version"])
    for number, it in run.appointments.items():
        if sorted(numbers[number]) != list(range(1, it["version"] + 1)):
            yield f"{number}: has version {it['version']}, its history {sorted(numbers[number])}"
        elif state(run.by_version[number, it["version"]]) != state(it):
            yield f"{number}: is {state(it)}, and its history says otherwise"
    for number in numbers.keys() - run.appointments.keys():
        yield f"{number}: has a history, and does not exist"


# --- What must hold within the database: each statement finds what does not -----------------------

# Overlaps are looked for without the ranges' operators, which the guards use.
TWICE_AT_ONCE = """
        SELECT {who}, during
          FROM (SELECT {who}, during,
                       max(upper(during)) OVER (PARTITION BY {who} ORDER BY during
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS busy_until
                  FROM appointment WHERE status <> 'cancelled') AS visit
         WHERE busy_until > lower(during)"""

# Half-hours and quarters are counted anew from `during`, and not with what the triggers count with.
STATEMENTS = {
    "keys": ("each key is kept once", """
        SELECT caller, key FROM idempotency_key GROUP BY caller, key HAVING count(*) > 1"""),
    "capacity": ("no half-hour holds more than its room and what was allowed", """
        SELECT day, start_time, booked, capacity, allowed
          FROM slot_day
         WHERE booked > capacity + allowed
            OR allowed NOT BETWEEN 0 AND greatest(booked - capacity, 0)"""),
    "slots": ("the half-hours' counters agree with a recount", """
        SELECT day, start_time, s.booked, coalesce(recounted.booked, 0) AS recounted
          FROM slot_day s
          FULL JOIN (SELECT half_hour::date AS day, half_hour::time AS start_time,
                            count(*) AS booked
                       FROM appointment a,
                            generate_series(date_trunc('day', lower(during)), upper(during),
                                            interval '30 minutes') AS half_hour
                      WHERE status <> 'cancelled'
                        AND during && tsrange(half_hour, half_hour + interval '30 minutes')
                      GROUP BY 1, 2) AS recounted USING (day, start_time)
         WHERE coalesce(s.booked, 0) <> coalesce(recounted.booked, 0)"""),
    "days": ("the doctors' days agree with a recount", """
        SELECT doctor_id, day, quarter
          FROM (SELECT doctor_id, day, quarter
                  FROM doctor_day, generate_series(0, 95) AS quarter
                 WHERE get_bit(busy, quarter) = 1) AS told
          FULL JOIN (SELECT DISTINCT doctor_id, lower(during)::date AS day, quarter
                       FROM appointment, generate_series(0, 95) AS quarter
                      WHERE status <> 'cancelled'
                        AND lower(during)::date + quarter * interval '15 minutes' <@ during)
               AS recounted USING (doctor_id, day, quarter)
         WHERE told IS NULL OR recounted IS NULL"""),
    "doctors": ("no doctor is in two places at once", TWICE_AT_ONCE.format(who="doctor_id")),
    "patients": ("no patient is in two places at once", TWICE_AT_ONCE.format(who="patient_id")),
}

COMPARISONS = {
    "kept": acknowledged_is_kept,
    "once": done_once,
    "refused": refused_left_nothing,
    "asked": asked_for,
    "alike": answered_alike,
    "definite": definite,
    "read": read_what_was_written,
    "history": history_is_whole,
}


def findings(run):
    """By check: what it is, and what it found."""
    found = {name: (compare.__doc__, list(compare(run))) for name, compare in COMPARISONS.items()}
    for name, (about, statement) in STATEMENTS.items():
        found[name] = about, [
            ", ".join(map(str, row.values())) for row in rows(run.database, statement)]
    return found


# --- Figures --------------------------------------------------------------------------------------


def counted(run, found):
    events = Counter(event["event"] for event in run.events)
    closed = sum(event.get("closed", False) for event in run.events)
    unsure = sum(event["event"] == "answered" and event["status"] >= 500 for event in run.events)
    failed = events["lost"] - closed + unsure
    refused = sum(event["event"] == "answered" and event["status"] == 503 for event in run.events)
    return {
        "requests": events["sent"] - closed,
        "failed": failed,
        "failed_percent": round(100 * failed / max(events["sent"] - closed, 1), 3),
        "refused": refused,  # with 503
        "closed": closed,  # kept connections that turned out to be closed
        "acknowledged": sum(errand.succeeded for errand in run.errands.values()),
        "replayed": sum(event.get("replayed", False) for event in run.events),
        "lost": len(found["kept"][1]),
        "doubled": len(found["once"][1]),
        "unknown": len(found["definite"][1]),
        "violations": sum(len(examples) for _, examples in found.values()),
        **windows(run.events),
        **{event["name"]: event["value"] for event in run.events if event["event"] == "figure"},
    }


def windows(events):
    """Of what was asked between the faults "down" and "up": how long the slowest answer took, and
    all but one of a hundred to the desk. The longest time from "up" to a write that succeeded, and
    how much failed that was asked later than RECOVERED after it."""
    sent, told, back, late = {}, [], [], 0
    is_down, up, waiting = False, None, False
    for event in sorted(events, key=lambda event: event["at"]):
        kind = event["event"]
        if kind == "fault":
            is_down = event["what"] == "down"
            up = None if is_down else event["at"]
            waiting = not is_down
        elif kind == "sent":
            settled = up and event["at"] > up + RECOVERED
            sent[event["attempt"]] = is_down, settled, event["path"].startswith("/api/v1/admin")
        elif kind in ("answered", "lost"):
            during, settled, to_desk = sent[event["attempt"]]
            if during:
                told.append((event["ms"], to_desk))
            if settled and not is_down and (kind == "lost" or event["status"] >= 500):
                late += 1
            if waiting and kind == "answered" and event["key"] and event["status"] < 300:
                back.append(event["at"] - up)
                waiting = False
    if waiting:
        back.append(float("inf"))
    desk = sorted(ms for ms, to_desk in told if to_desk)
    return {"slowest_ms": max((ms for ms, _ in told), default=0),
            "admin_p99_ms": desk[len(desk) * 99 // 100] if desk else 0,
            "back_s": round(max(back, default=0), 3), "late": late}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("history")
    parser.add_argument("database")
    parser.add_argument("--figures")
    parser.add_argument("--planted", choices=[*COMPARISONS, *STATEMENTS])
    arguments = parser.parse_args()
    run = load(arguments.history, arguments.database)
    found = findings(run)
    for name, (about, examples) in found.items():
        if examples:
            print(f"{name}: {about}. Not so {len(examples)} times:")
            print(*(f"    {example}" for example in examples[:SHOWN]), sep="\n")
    figures = counted(run, found)
    if arguments.figures:
        with open(arguments.figures, "w", encoding="utf-8") as file:
            json.dump(figures, file)
    print(f"{figures['requests']} requests, {figures['acknowledged']} changes acknowledged,",
          f"{len(run.appointments)} appointments: {figures['violations']} violations")
    if arguments.planted:
        sys.exit(not found[arguments.planted][1])
    sys.exit(figures["violations"] > 0)


if __name__ == "__main__":
    main()
