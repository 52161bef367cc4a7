#!/usr/bin/python3 -B
"""Prints one table of what was restored, and writes the same as JSON.

    report.py DIRECTORY JSON KILOBYTES

Exits 1 when something is lost that must not be: the repository alone may lack what was written last.
"""

import json
import sys

ROWS = {
    "disk": "the disk lost: repository and second copy, to the end",
    "moment": "to a moment, beside it",
    "repository": "the repository alone, beside it",
}


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main(directory, into, kilobytes):
    with open(f"{directory}/figures", encoding="utf-8") as lines:
        seconds = {name: float(time) for name, time in map(str.split, lines)}
    found = {"disk": read(f"{directory}/disk.figures"), "moment": read(f"{directory}/moment.found"),
             "repository": read(f"{directory}/repository.found")}
    with open(into, "w", encoding="utf-8") as file:
        json.dump({"backup_seconds": seconds["backup"], "backup_kilobytes": int(kilobytes),
                   "rows": {name: {"seconds": seconds[name], **found[name]} for name in ROWS}}, file, indent=2)
        file.write("\n")
    print(f"base backup while 32 clients ask: {seconds['backup']:.1f} s, {int(kilobytes) / 1024:.1f} MiB")
    print(f"{'restored':56}{'seconds':>8}{'acknowledged':>14}{'lost':>6}{'of the last s':>15}{'later':>7}{'violations':>12}")
    for name, what in ROWS.items():
        row = found[name]
        print(f"{what:56}{seconds[name]:8.1f}{row['acknowledged']:14,}{row['lost']:6,}{row.get('lost_seconds', 0):15}",
              f"{row.get('later', 0):6,}{row['violations']:12,}")
    must_be_none = [found["disk"]["lost"], found["moment"]["lost"],
                    *(row["violations"] for row in found.values()), *(found[name]["later"] for name in ("moment", "repository"))]
    sys.exit(any(must_be_none))


if __name__ == "__main__":
    main(*sys.argv[1:])
