#!/usr/bin/python3 -B
"""Prints one table of what the faults did, and writes the same as JSON.

    report.py ROWS DIRECTORY JSON [short]

Of a short run less is asked, for other work may be done on the machine meanwhile. DIRECTORY has
ID.figures of check.py for each row that was done. Exits 1 when something that must hold does not.
"""

import json
import operator
import os
import re
import sys

BOUNDS = {"=": operator.eq, "<": operator.lt, ">": operator.gt}
ALWAYS = ["lost=0", "doubled=0", "violations=0"]
COLUMNS = ("requests", "failed", "acknowledged", "lost", "doubled")


def rows(path, length):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            fields = [field.strip() for field in line.split("|")]
            if len(fields) == 7 and not line.startswith("#"):
                more = fields[5].split() if length == "long" else []
                yield {"id": fields[0], "fault": fields[6],
                       "must_hold": ALWAYS + fields[4].split() + more}


def judge(row, directory):
    """Adds the figures to the row, and what does not hold."""
    with open(f"{directory}/{row['id']}.figures", encoding="utf-8") as file:
        row["figures"] = json.load(file)
    row["broken"] = [bound for bound in row["must_hold"] if not holds(bound, row)]
    return row


def holds(bound, row):
    name, relation, limit = re.fullmatch(r"(\w+)([=<>])([\d.]+)", bound).groups()
    return BOUNDS[relation](row["figures"][name], float(limit))


def show(row):
    """One line, with those figures that are bounded and have no column."""
    others = dict.fromkeys(re.split("[=<>]", bound)[0] for bound in row["must_hold"])
    told = [f"{name} {row['figures'][name]:g}" for name in others if name not in COLUMNS]
    if row["figures"]["closed"]:
        told.append(f"closed {row['figures']['closed']}")
    numbers = (f"{row['figures'][name]:>12,}" for name in COLUMNS)
    verdict = "  BROKEN" if row["broken"] else "  holds "
    print(f"{row['id']:10}", *numbers, verdict, ", ".join(told))
    for bound in row["broken"]:
        print(f"{'':10} does not hold: {bound}")


def main(path, directory, into, length="long"):
    done = [judge(row, directory) for row in rows(path, length)
            if os.path.exists(f"{directory}/{row['id']}.figures")]
    with open(into, "w", encoding="utf-8") as file:
        json.dump(done, file, indent=2)
        file.write("\n")
    print(f"{'fault':10}", *(f"{name:>12}" for name in COLUMNS))
    for row in done:
        show(row)
    sys.exit(any(row["broken"] for row in done))


if __name__ == "__main__":
    main(*sys.argv[1:])
