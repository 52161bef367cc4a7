#!/usr/bin/python3 -B
"""Compares what the clients wrote down with a database that was restored to a moment.

    compare.py HISTORY DATABASE_URL MOMENT

Prints JSON: how many changes had been acknowledged by then; which of them are lost, and for how long before the
moment that goes back; what is there though it was asked for later; and what else check.py finds to be wrong.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "chaos"))

import check  # noqa: E402
import history  # noqa: E402


def first_times(run):
    """By key: when it was first asked for, and when it was first answered for good."""
    asked, answered = {}, {}
    for event in run.events:
        key = event.get("key")
        if not key:
            continue
        if event["event"] == "sent":
            asked.setdefault(key, event["at"])
        elif event["event"] == "answered" and history.is_definite(event["status"], event["body"]):
            answered.setdefault(key, event["at"])
    return asked, answered


def main(path, url, moment):
    moment = float(moment)
    run = check.load(path, url)
    asked, answered = first_times(run)
    later = [key for key in run.by_key if asked.get(key, float("inf")) > moment]
    run.errands = {key: errand for key, errand in run.errands.items()
                   if errand.succeeded and answered[key] <= moment}
    lost = [told.split(":")[0] for told in check.acknowledged_is_kept(run)]
    wrong = [*check.done_once(run), *check.history_is_whole(run)]
    for _, statement in check.STATEMENTS.values():
        wrong += check.rows(run.database, statement)
    for told in wrong[:check.SHOWN]:
        print(told, file=sys.stderr)
    json.dump({
        "acknowledged": len(run.errands),
        "lost": len(lost),
        "lost_seconds": round(max((moment - answered[key] for key in lost), default=0), 1),
        "later": len(later),
        "violations": len(wrong),
    }, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
