#!/usr/bin/env python3
"""Sends generated requests to both pools and holds each answer against the OpenAPI document.

usage: run.py PLAN, a JSON file made by tests/test_attack.c:
  {"document": ..., "seed": ..., "requests": ..., "sockets": {"patient": ..., "admin": ...},
   "callers": [{"name": ..., "pool": ..., "person": ..., "token": ...}]}
Ends with 1 when an answer was none of those that the document promises. The same seed against the
same database asks the same again.
"""

import collections
import decimal
import json
import random
import re
import sys
import time

import document
import fastcgi
import generate

MOST_SHOWN = 10

CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

# Mistakes that a schema can see. What is not_acceptable, it need not see: a day that is none, say.
UNREADABLE = {"required", "unknown", "wrong_type"}


class Answer:
    def __init__(self, head, content):
        lines = head.decode("latin-1").split("\r\n")
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            if name.lower() in self.headers:
                raise document.Broken(f"the header {name} twice")
            self.headers[name.lower()] = value.strip()
        self.status = int(self.headers["status"].split()[0])
        self.content = content
        length = self.headers.get("content-length", "0")
        if int(length) != len(content):
            raise document.Broken(f"{len(content)} bytes under a Content-Length of {length}")
        self.json = document.read_json(content) if content else None

    def __str__(self):
        return f"{self.headers}\n  {self.content[:600]!r}"


def complaint_about(request):
    """What in the request the document does not allow; None: nothing."""
    operation, schemas = request.operation, request.operation.schemas
    for parameter in operation.parameters_in("path"):
        text = request.path_values[parameter["name"]]
        value = schemas.from_text(parameter["schema"], text)
        wrong = schemas.complaint(parameter["schema"], value)
        if wrong:
            return f"path: {wrong}"
    for parameter in operation.parameters_in("header"):
        if parameter["name"] == "If-Match" and operation.path.endswith("/cancel"):
            continue  # cancelled is cancelled: who repeats it has the version from before
        text = request.headers.get(parameter["name"])
        wrong = text and schemas.complaint(parameter["schema"], text)
        if wrong:
            return f"{parameter['name']}: {wrong}"
    return complaint_about_query(request) or complaint_about_body(request)


def complaint_about_query(request):
    """An operation without parameters heeds no query."""
    operation = request.operation
    schemas = {p["name"]: p["schema"] for p in operation.parameters_in("query")}
    if not schemas or request.raw_query is not None:
        return None
    names = [name for name, value in request.query if value]
    for name, value in request.query:
        if CONTROL.search(value):
            return f"query: {name} has control characters"
        if name not in schemas or names.count(name) > 1:
            return f"query: {name} is unknown or there twice"
        value = operation.schemas.from_text(schemas[name], value)
        wrong = value != "" and operation.schemas.complaint(schemas[name], value)
        if wrong:
            return f"query: {name}: {wrong}"
    for parameter in operation.parameters_in("query"):
        if parameter.get("required") and parameter["name"] not in names:
            return f"query: {parameter['name']} is missing"
    return None


def complaint_about_body(request):
    operation = request.operation
    if not operation.body_schema or (not request.content and not operation.body_required):
        return None
    try:
        body = document.read_json(request.content, decimal.Decimal)
    except document.Broken as broken:
        return str(broken)
    if not document.is_text(body):
        return "body: it holds what is no text"
    return operation.schemas.complaint(operation.body_schema, body)


def expect_honest_refusals(request, answer):
    operation, caller = request.operation, request.caller
    good_token = caller.pool == operation.pool and request.authorization == f"Bearer {caller.token}"
    if operation.takes_token and not good_token:
        refused = operation.needs_token or request.authorization
        if refused and answer.status not in (401, 413):  # what is too large is not even read
            raise document.Broken(f"{answer.status} for somebody who is not logged in")
    if answer.status >= 500:
        raise document.Broken("a fault of the server")
    if answer.status < 300:
        wrong = complaint_about(request)
        if wrong:
            raise document.Broken(f"it was accepted, though {wrong}")
        return
    if generate.CANARY.encode() in answer.content:
        raise document.Broken("the refusal repeats what was sent")
    codes = {error["code"] for error in answer.json.get("errors", [])}
    unreadable = codes & UNREADABLE or (answer.status == 400 and not codes)
    if unreadable and request.raw_query is None and not complaint_about(request):
        raise document.Broken("the document finds nothing wrong with it")


def expect_own(request, answer):
    """A patient is shown nobody else."""
    def patients(value):
        if isinstance(value, dict):
            for name, member in value.items():
                if name == "patient":
                    yield member["id"]
                yield from patients(member)
        elif isinstance(value, list):
            for member in value:
                yield from patients(member)

    if request.operation.pool == "patient" and "token" not in str(answer.content[:20]):
        others = set(patients(answer.json)) - {request.caller.person}
        if others:
            raise document.Broken(f"patients {others} are shown to {request.caller.name}")


class Attack:
    def __init__(self, plan):
        self.random = random.Random(plan["seed"])
        self.operations = document.read_operations(plan["document"])
        callers = [generate.Caller(**caller) for caller in plan["callers"]]
        self.generator = generate.Generator(self.random, self.operations, callers)
        self.connections = {
            pool: fastcgi.Connection(path) for pool, path in plan["sockets"].items()
        }
        self.statuses, self.successes = collections.Counter(), collections.Counter()
        self.failures = 0

    def fail(self, number, why, request, answer):
        self.failures += 1
        if self.failures <= MOST_SHOWN:
            name = request.operation.name
            print(f"request {number}: {name}: {why}\n  {request}\n  {answer}")

    def ask(self, number):
        request, answer = self.generator.request(), None
        try:
            connection = self.connections[request.operation.pool]
            answer = Answer(*connection.ask(request.parameters(), request.content))
            self.statuses[answer.status] += 1
            request.operation.check(answer)
            expect_honest_refusals(request, answer)
            expect_own(request, answer)
        except fastcgi.Gone:
            self.fail(number, "the worker closed the connection", request, answer)
        except document.Broken as broken:
            self.fail(number, broken, request, answer)
        if answer and answer.status < 300:
            self.successes[request.operation.name] += 1
            self.generator.learn(request, answer)

    def never_succeeded(self):
        return [o.name for o in self.operations if not self.successes[o.name]]

    def run(self, count):
        """Goes on, at most twice as long again, until something has succeeded everywhere."""
        number = 0
        while number < count or (number < 3 * count and self.never_succeeded()):
            number += 1
            self.ask(number)
        for name in self.never_succeeded():
            self.failures += 1
            print(f"{name}: not one of {number} requests succeeded")
        return self.failures


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        plan = json.load(file)
    begun = time.monotonic()
    attack = Attack(plan)
    failures = attack.run(plan["requests"])
    statuses = ", ".join(f"{n} times {s}" for s, n in sorted(attack.statuses.items()))
    print(
        f"{plan['requests']} generated requests for {len(attack.operations)} operations in"
        f" {time.monotonic() - begun:.0f} s, ATTACK_SEED={plan['seed']}: {statuses}"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
