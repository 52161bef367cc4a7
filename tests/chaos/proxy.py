#!/usr/bin/python3 -B
"""Stands between workers and PostgreSQL, on unix sockets, and does what it is told on its input.

    proxy.py DIRECTORY SERVER_DIRECTORY

    pass      passes everything on, as it does at first
    delay S   keeps each answer of the server back for S seconds
    lie       answers every tenth COMMIT itself, and cuts the server off instead
    cut N     cuts connections at each step of a booking, before it reaches the server and after the
              server has carried it out, N times each; prints "cut TIMES" when that is done
"""

import asyncio
import itertools
import os
import random
import sys

STEPS = ("connect", "idempotency_find", "facts", "BEGIN", "idempotency_claim",
         "appointment_insert", "idempotency_keep", "COMMIT")
BEFORE, AFTER = "before", "after"
COMMITTED = b"C\0\0\0\x0bCOMMIT\0Z\0\0\0\x05I"
READY = b"Z\0\0\0\x05"  # and a byte more: the server has answered all that it was asked
SECONDS_BETWEEN_CUTS = 0.01


class Proxy:
    def __init__(self, server):
        self.server = server
        self.connections = set()
        self.undo()

    def undo(self):
        self.seconds = 0
        self.released = asyncio.Event()
        self.commits = None
        self.cut_at = None  # the step and the moment at which the next connection is cut
        self.was_cut = asyncio.Event()

    # --- Orders ----------------------------------------------------------------------------------

    async def obey(self):
        loop = asyncio.get_running_loop()
        orders = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
        while order := (await orders.readline()).split():
            name, *amounts = order
            self.released.set()
            self.undo()
            await self.ORDERS[name](self, *map(float, amounts))

    async def pass_on(self):
        """undo() has seen to it."""

    async def delay(self, seconds):
        self.seconds = seconds

    async def lie(self):
        self.commits = itertools.count(1)

    async def cut(self, times):
        count = 0
        for _ in range(int(times)):
            for where in itertools.product(STEPS, (BEFORE, AFTER)):
                self.was_cut.clear()
                self.cut_at = where
                if where[0] == "connect":  # nobody connects while all connections are good
                    random.choice(list(self.connections)).cut()
                await self.was_cut.wait()
                count += 1
                await asyncio.sleep(SECONDS_BETWEEN_CUTS)
        print("cut", count, flush=True)

    ORDERS = {b"pass": pass_on, b"delay": delay, b"lie": lie, b"cut": cut}

    # --- Connections -----------------------------------------------------------------------------

    async def serve(self, reader, writer):
        try:
            server_reader, server_writer = await asyncio.open_unix_connection(self.server)
        except OSError:
            writer.close()
            return
        connection = Connection(self, reader, writer, server_reader, server_writer)
        self.connections.add(connection)
        sides = [asyncio.create_task(side()) for side in (connection.ask, connection.answer)]
        await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        for side in sides:
            side.cancel()
        await asyncio.gather(*sides, return_exceptions=True)
        self.connections.remove(connection)
        connection.cut()

    def cuts(self, step):
        """Whether a connection is to be cut at this step now: BEFORE, AFTER or None."""
        if not self.cut_at or self.cut_at[0] != step:
            return None
        moment, self.cut_at = self.cut_at[1], None
        self.was_cut.set()
        return moment

    def lies(self, step):
        return self.commits and step == "COMMIT" and next(self.commits) % 10 == 0


class Connection:
    def __init__(self, proxy, reader, writer, server_reader, server_writer):
        self.proxy = proxy
        self.reader, self.writer = reader, writer
        self.server_reader, self.server_writer = server_reader, server_writer
        self.keep_back = False

    def cut(self):
        self.writer.close()
        self.server_writer.close()

    async def messages(self):
        """What the worker says, message by message, with its step in a booking. The first has no
        kind."""
        head = await self.reader.readexactly(4)
        yield head + await self.reader.readexactly(int.from_bytes(head, "big") - 4), "connect"
        while True:
            head = await self.reader.readexactly(5)
            rest = await self.reader.readexactly(int.from_bytes(head[1:], "big") - 4)
            yield head + rest, step_of(head[:1], rest)

    async def ask(self):
        """Ends when the connection is to end."""
        try:
            async for message, step in self.messages():
                moment = self.proxy.cuts(step)
                if moment == BEFORE:
                    return
                if self.proxy.lies(step):
                    self.writer.write(COMMITTED)
                    await self.writer.drain()
                    return
                self.keep_back = self.keep_back or moment == AFTER
                self.server_writer.write(message)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass

    async def answer(self):
        said = b""
        try:
            while chunk := await self.server_reader.read(65536):
                if self.proxy.seconds:
                    await self.wait()
                if self.keep_back:
                    said += chunk
                    if said[-6:-1] == READY:
                        return
                else:
                    self.writer.write(chunk)
                    await self.writer.drain()
        except ConnectionError:
            pass

    async def wait(self):
        try:
            await asyncio.wait_for(self.proxy.released.wait(), self.proxy.seconds)
        except asyncio.TimeoutError:
            pass


def step_of(kind, rest):
    """A Bind names its portal and then its statement; a Query is its text. There are two statements
    of facts."""
    if kind == b"B":
        name = rest.split(b"\0", 2)[1].decode()
        return "facts" if name.startswith("facts_") else name
    return rest.rstrip(b"\0").decode() if kind == b"Q" else None


async def main(directory, server):
    proxy = Proxy(f"{server}/.s.PGSQL.5432")
    socket = f"{directory}/.s.PGSQL.5432"
    await asyncio.start_unix_server(proxy.serve, socket)
    os.chmod(socket, 0o777)
    print("ready", flush=True)
    await proxy.obey()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
