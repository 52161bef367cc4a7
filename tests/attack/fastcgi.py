"""A FastCGI client that keeps its connection: just enough to ask a worker."""

import socket
import struct

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
KEEP_CONNECTION = 1
MOST_IN_A_RECORD = 65535
MOST_KEPT = 64 * 1024  # a worker may close the connection on which more has come
PATIENCE_SECONDS = 30


def _record(kind, content):
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def _stream(kind, content):
    """The content in records, and the empty one that ends it."""
    pieces = [
        _record(kind, content[at : at + MOST_IN_A_RECORD])
        for at in range(0, len(content), MOST_IN_A_RECORD)
    ]
    return b"".join(pieces) + _record(kind, b"")


def _length(count):
    return bytes([count]) if count < 128 else struct.pack("!I", count | 0x80000000)


def _pair(name, value):
    return _length(len(name)) + _length(len(value)) + name + value


class Gone(Exception):
    """The worker closed the connection before it had answered."""


class Connection:
    """To one pool's socket, kept from request to request."""

    def __init__(self, path):
        self.path = path
        self.socket = None

    def ask(self, parameters, body):
        """The head and the body of the answer, as bytes. Parameters are pairs of bytes."""
        if self.socket is None:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(PATIENCE_SECONDS)
            self.socket.connect(self.path)
            self.input = self.socket.makefile("rb")
        keep = len(body) <= MOST_KEPT
        begin = struct.pack("!HB5x", 1, KEEP_CONNECTION if keep else 0)
        pairs = b"".join(_pair(name, value) for name, value in parameters)
        try:
            self.socket.sendall(
                _record(BEGIN, begin) + _stream(PARAMS, pairs) + _stream(STDIN, body)
            )
            head, separator, content = self._receive().partition(b"\r\n\r\n")
        except OSError as error:
            self.close()
            raise Gone() from error
        if not keep or not separator:
            self.close()
        if not separator:
            raise Gone()
        return head, content

    def close(self):
        if self.socket is not None:
            self.input.close()
            self.socket.close()
            self.socket = None

    def _receive(self):
        output = []
        while True:
            header = self.input.read(8)
            if len(header) < 8:
                return b""
            _, kind, _, length, padding = struct.unpack("!BBHHBx", header)
            content = self.input.read(length + padding)[:length]
            if kind == STDOUT:
                output.append(content)
            elif kind == END:
                return b"".join(output)
