#!/usr/bin/python3 -B
"""32 clients that book, move, cancel, confirm and read, and write down what they do.

    clients.py API TOKENS KNOWN HISTORY [--clients 32] [--pause 0.03] [--seed 1] [--rush]

TOKENS has the access tokens of patients 1 to n, a line each; DESK_TOKEN in the environment is the
desk's. KNOWN is what data.sql tells of the hospital, as JSON. They go on until SIGTERM; then what
is unknown is repeated under its key until it is definite, or for 60 seconds.

Each write leaves its key behind in what it writes, as the memo of a booking or a move and as the
reason of a change of status. So check.py can tell of each row who wrote it.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import signal
import time
from dataclasses import dataclass, field

import aiohttp

from history import History, is_definite

PATIENCE = aiohttp.ClientTimeout(total=10)
SECONDS_TO_SETTLE = 60
CROWDED, CALM = "crowded", "calm"


@dataclass
class Appointment:
    """As the clients believe it to be; anybody may change it meanwhile."""

    id: int
    patient: int
    version: int
    area: str


@dataclass
class Request:
    operation: str
    method: str
    path: str
    patient: int
    area: str
    body: dict = None
    desk: bool = False
    version: int = None  # for If-Match
    appointment: Appointment = None
    key: str = None  # None: a read

    def headers(self, tokens):
        headers = {"Authorization": "Bearer " + tokens["desk" if self.desk else self.patient]}
        if self.key:
            headers["Idempotency-Key"] = self.key
        if self.version:
            headers["If-Match"] = f'"{self.version}"'
        return headers

    def described(self):
        return {"operation": self.operation, "method": self.method, "path": self.path,
                "as": "desk" if self.desk else f"patient {self.patient}", "key": self.key,
                "appointment": self.appointment and self.appointment.id,
                "if_match": self.version, "request": self.body}


@dataclass
class World:
    """What the clients share."""

    api: str
    tokens: dict
    known: dict
    history: History
    pause: float
    rush: bool
    appointments: list = field(default_factory=list)
    unknown: list = field(default_factory=list)
    attempts: itertools.count = field(default_factory=itertools.count)
    over: asyncio.Event = field(default_factory=asyncio.Event)


def connection_tracer():
    """Lets an attempt know whether it went out on a connection that had been kept."""
    async def note(_session, context, _parameters):
        context.trace_request_ctx["kept"] = True
    tracer = aiohttp.TraceConfig()
    tracer.on_connection_reuseconn.append(note)
    return tracer


class Client:
    def __init__(self, world, number, seed):
        self.world = world
        self.number = number
        self.seed = seed
        self.random = random.Random(seed * 1000 + number)
        self.desk = number % 4 == 3
        self.keys = (f"{seed}-{number}-{n}" for n in itertools.count())

    async def work(self):
        async with self.session() as session:
            while not self.world.over.is_set():
                await self.carry_out(session, self.choose())
                await asyncio.sleep(self.random.uniform(0, 2 * self.world.pause))

    def session(self):
        return aiohttp.ClientSession(self.world.api, timeout=PATIENCE,
                                     trace_configs=[connection_tracer()])

    # --- What is asked ---------------------------------------------------------------------------

    def choose(self):
        operations = (self.book, self.move, self.end, self.look, self.search)
        operation, = self.random.choices(operations, (35, 20, 20, 15, 10))
        return operation() or self.book()

    def area(self):
        return CROWDED if self.world.rush else self.random.choice((CROWDED, CALM))

    def path(self, rest=""):
        return f"/api/v1/{'admin' if self.desk else 'patient'}/appointments{rest}"

    def place(self, area):
        """A doctor, and a start; on a crowded day hardly any is free."""
        known = self.world.known[area]
        days = known["days"][:1] if self.world.rush else known["days"]
        day, time_of_day = map(self.random.choice, (days, self.world.known["starts"]))
        return {"doctor_id": self.random.choice(known["doctors"]),
                "start_time": f"{day}T{time_of_day}"}

    def book(self):
        area = self.area()
        patients = self.world.known[area]["patients"]
        if self.world.rush and self.number % 2:
            patients = patients[:4]
        patient = self.random.choice(patients)
        key = next(self.keys)
        body = {**self.place(area), "memo": key,
                "treatment_id": self.random.choice(self.world.known["treatments"])}
        if self.desk:
            body["patient_id"] = patient
            if self.random.random() < 0.1:
                body["override"] = {"reason": "an emergency"}
        return Request("book", "POST", self.path(), patient, area, body, self.desk, key=key)

    def some_appointment(self):
        return self.random.choice(self.world.appointments) if self.world.appointments else None

    def change(self, operation, rest, body, key):
        """A change of an appointment that somebody has booked, here or elsewhere."""
        it = self.some_appointment()
        return it and Request(operation, "PATCH", self.path(f"/{it.id}{rest}"), it.patient, it.area,
                              {**(self.place(it.area) if operation == "move" else {}), **body},
                              self.desk, self.random.choice((None, it.version)), it, key)

    def move(self):
        key = next(self.keys)
        return self.change("move", "", {"memo": key}, key)

    def end(self):
        key = next(self.keys)
        if not self.desk:
            return self.change("cancel", "/cancel", {"reason": key}, key)
        status = self.random.choice(("confirmed", "cancelled", "cancelled"))
        operation = "cancel" if status == "cancelled" else "confirm"
        return self.change(operation, "/status", {"status": status, "reason": key}, key)

    def look(self):
        it = self.some_appointment()
        return it and Request("look", "GET", self.path(f"/{it.id}"), it.patient, it.area,
                              desk=self.desk, appointment=it)

    def search(self):
        if self.desk:
            return Request("search", "GET", "/api/v1/admin/doctors", 0, CALM, desk=True)
        area = self.area()
        known = self.world.known[area]
        path = (f"/api/v1/patient/availability/{self.random.choice(known['doctors'])}/availability"
                f"?date={self.random.choice(known['days'])}&treatment_id=1")
        return Request("search", "GET", path, known["patients"][0], area)

    # --- How it is asked -------------------------------------------------------------------------

    async def carry_out(self, session, request):
        """Once; sometimes twice at the same time, as a client that is impatient does. What is
        unknown is tried again once, perhaps while the fault lasts, and else when all is over."""
        times = 2 if request.key and self.random.random() < 0.05 else 1
        definite = await self.ask(session, request, times)
        if not definite and request.key:
            await asyncio.sleep(self.random.uniform(0.05, 0.5))
            if not await self.ask(session, request):
                self.world.unknown.append(request)

    async def ask(self, session, request, times=1):
        answers = await asyncio.gather(*(self.attempt(session, request) for _ in range(times)))
        definite = [answer for answer in answers if answer and is_definite(*answer)]
        for answer in definite[:1]:
            self.learn(request, *answer)
        return bool(definite)

    async def attempt(self, session, request):
        """One attempt, and another one if the connection had been kept and turned out to be closed:
        RFC 9110, 9.2.2 lets a client repeat by itself what it knows to be idempotent, and a key
        makes it so."""
        while True:
            number = f"{self.seed}-{next(self.world.attempts)}"
            connection = {"kept": False}
            self.world.history.write("sent", attempt=number, client=self.number,
                                     **request.described())
            begun = time.monotonic()
            try:
                answer = await self.exchange(session, request, connection)
            except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
                closed = connection["kept"] and isinstance(
                    error, (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError))
                self.world.history.write("lost", attempt=number, key=request.key, closed=closed,
                                         error=repr(error), ms=milliseconds_since(begun))
                if not closed:
                    return None
            else:
                status, body, replayed = answer
                self.world.history.write("answered", attempt=number, key=request.key, status=status,
                                         body=body, replayed=replayed,
                                         ms=milliseconds_since(begun))
                return status, body

    async def exchange(self, session, request, connection):
        async with session.request(request.method, request.path, json=request.body,
                                   headers=request.headers(self.world.tokens),
                                   trace_request_ctx=connection) as response:
            text = await response.text()
            replayed = response.headers.get("Idempotent-Replayed") == "true"
            try:
                return response.status, json.loads(text), replayed
            except json.JSONDecodeError:
                return response.status, text, replayed

    def learn(self, request, status, body):
        it = request.appointment
        if request.operation == "book" and status == 201:
            self.world.appointments.append(
                Appointment(body["id"], request.patient, body["version"], request.area))
        elif it and status == 200:
            it.version = body["version"]
            if body["status"] == "cancelled" and it in self.world.appointments:
                self.world.appointments.remove(it)


def milliseconds_since(begun):
    return round((time.monotonic() - begun) * 1000, 1)


async def settle(world, client):
    """Repeats what is unknown under its key until it is definite."""
    async def until_definite(session, request):
        while not await client.ask(session, request):
            await asyncio.sleep(0.2)
    async with client.session() as session:
        pending = [asyncio.create_task(until_definite(session, request))
                   for request in world.unknown]
        if pending:
            _, late = await asyncio.wait(pending, timeout=SECONDS_TO_SETTLE)
            for task in late:
                task.cancel()


async def run(arguments):
    with open(arguments.tokens, encoding="utf-8") as lines:
        tokens = dict(enumerate((line.strip() for line in lines), start=1))
    tokens["desk"] = os.environ["DESK_TOKEN"]
    world = World(arguments.api, tokens, json.loads(arguments.known), History(arguments.history),
                  arguments.pause, arguments.rush)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, world.over.set)
    clients = [Client(world, n, arguments.seed) for n in range(arguments.clients)]
    await asyncio.gather(*(client.work() for client in clients))
    await settle(world, clients[0])


def main():
    parser = argparse.ArgumentParser()
    for name in ("api", "tokens", "known", "history"):
        parser.add_argument(name)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--pause", type=float, default=0.03, help="seconds between two requests")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rush", action="store_true", help="few patients want few places at once")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
