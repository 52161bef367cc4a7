"""What the clients of a run wrote down: lines of JSON that are only ever added to, one an event.

    sent      an attempt, written before anything leaves: what is asked, by whom, under which key
    answered  its answer: status, body, whether it was replayed
    lost      it has none: the connection broke, or the client lost patience
    fault     what was done to the system, and when; written by the scenarios, with `what`
    figure    what a scenario measured, with `name` and `value`
"""

import json
import os
import time


class History:
    """Adds to a history. A line is one write, so that several processes may add to one file."""

    def __init__(self, path):
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, event, **fields):
        line = json.dumps({"event": event, "at": time.time(), **fields}, ensure_ascii=False)
        os.write(self._file, line.encode() + b"\n")


def read(path):
    """The events of a history, in the order in which they were written."""
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def code_of(body):
    """A problem's code; None: the body is no problem."""
    return body.get("code") if isinstance(body, dict) else None


def is_definite(status, body):
    """Whether an answer tells what became of the request; else it is repeated under its key."""
    return 200 <= status < 500 and status != 429 and code_of(body) != "idempotency_key_in_use"
