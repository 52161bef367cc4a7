#!/usr/bin/python3 -B
"""Writes to one host's database without pause, and writes down what it heard.

    witness.py DATABASE_URL LOG PREFIX

A line of LOG is: when the attempt began, "accepted" or why not, the name that it wrote. One thread goes on with
a connection for as long as it lasts, another one takes a new one each time. They go on until SIGTERM; an attempt
that has no answer by then was not accepted, and neither is one with a warning, which is how PostgreSQL says that
a standby has not confirmed.
"""

import itertools
import os
import signal
import sys
import threading
import time

import psycopg2

PAUSE = 0.05


def attempt(connection, name):
    """Why it was not accepted, or "accepted"."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO witness VALUES (%s)", (name,))
    return "unconfirmed" if any("WARNING" in notice for notice in connection.notices) else "accepted"


def testify(url, log, prefix, keeps):
    connection = None
    for number in itertools.count():
        name = f"{prefix}-{'kept' if keeps else 'new'}-{number}"
        begun = time.time()
        try:
            if not connection:
                connection = psycopg2.connect(url)
                connection.autocommit = True
            heard = attempt(connection, name)
        except psycopg2.Error as error:
            heard = error.pgcode or "unreachable"
            connection = connection and connection.close()
        os.write(log, f"{begun} {heard} {name}\n".encode())
        if connection and not keeps:
            connection = connection.close()
        time.sleep(PAUSE)


def main(url, path, prefix):
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    for keeps in (True, False):
        threading.Thread(target=testify, args=(url, log, prefix, keeps), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
