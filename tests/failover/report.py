#!/usr/bin/python3 -B
"""Prints one table of what became of the hospital when its primary was harmed, and writes the same as JSON.

    report.py HISTORY DIRECTORY JSON

HISTORY is that of all faults (../chaos/history.py). DIRECTORY has of each: ID.figures of check.py, which compared
all of the history until then with the database; ID.witness and ID.missing, what was written to the old primary
directly, and what of that is not there. Exits 1 when something that must hold does not.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "chaos"))

import history  # noqa: E402

MOST_SECONDS = 30
NOTHING = ("lost", "doubled", "violations", "accepted", "missing")
COLUMNS = ("requests", "failed", "seconds", "lost", "doubled", "violations", "tried", "accepted", "missing")


def parts(events):
    """Of each fault: its id, the host, and the events from its beginning on."""
    part = None
    for event in events:
        if event["event"] == "fault" and event["what"].startswith("begin "):
            if part:
                yield part
            _, number, host = event["what"].split()
            part = number, host, []
        elif part:
            part[2].append(event)
    yield part


def is_written(event):
    return event["event"] == "answered" and event["key"] and event["status"] < 300


def seconds_without(events, down):
    """From the fault to the end of the longest time in which no write was acknowledged."""
    times = sorted([down, *(event["at"] for event in events if is_written(event) and event["at"] > down)])
    if len(times) == 1:
        return float("inf")
    _, end = max((after - before, after) for before, after in zip(times, times[1:]))
    return round(end - down, 1)


def testimony(path, down):
    """How often somebody tried to write to the old primary after the fault, and how often it said yes."""
    with open(path, encoding="utf-8") as lines:
        heard = [line.split() for line in lines]
    later = [what for begun, what, _ in heard if float(begun) > down]
    return len(later), later.count("accepted")


def judge(number, host, events, directory):
    down = next(event["at"] for event in events if event["event"] == "fault" and event["what"] == "down")
    closed = sum(event.get("closed", False) for event in events)
    with open(f"{directory}/{number}.figures", encoding="utf-8") as file:
        checked = json.load(file)
    with open(f"{directory}/{number}.missing", encoding="utf-8") as lines:
        missing = len(lines.readlines())
    tried, accepted = testimony(f"{directory}/{number}.witness", down)
    figures = {
        "fault": number, "host": host,
        "requests": sum(event["event"] == "sent" for event in events) - closed,
        "failed": sum(event["event"] == "lost" or event.get("status", 0) >= 500 for event in events) - closed,
        "seconds": seconds_without(events, down),
        **{name: checked[name] for name in ("lost", "doubled", "violations")},
        "tried": tried, "accepted": accepted, "missing": missing,
    }
    broken = [name for name in NOTHING if figures[name]]
    if figures["seconds"] >= MOST_SECONDS:
        broken.append("seconds")
    return {**figures, "broken": broken}


def main(path, directory, into):
    done = [judge(*part, directory) for part in parts(history.read(path))]
    with open(into, "w", encoding="utf-8") as file:
        json.dump(done, file, indent=2)
        file.write("\n")
    print(f"{'fault':10} host", *(f"{name:>10}" for name in COLUMNS))
    for row in done:
        told = (f"{row[name]:>10,}" for name in COLUMNS)
        print(f"{row['fault']:10} {row['host']:4}", *told, "  BROKEN" if row["broken"] else "  holds")
    slowest = max(row["seconds"] for row in done)
    print(f"{len(done)} faults; writes were back in {slowest} s at most;", "tried, accepted, missing:",
          "writes to the old primary after the fault, those it accepted, and accepted ones that are not there")
    sys.exit(any(row["broken"] for row in done))


if __name__ == "__main__":
    main(*sys.argv[1:])
