"""A client that costs next to nothing: what it would spend, the server beside it on the same cores could not."""

from __future__ import annotations

import multiprocessing
import selectors
import socket
import time

CONNECTIONS = 8


def rate(host: str, port: int, path: str, cookie: str, *, seconds: float) -> float:
    """Answers a second to one address, asked for again and again over kept connections; all must be 200."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_ask, (host, port, path, cookie, seconds))


def _ask(host: str, port: int, path: str, cookie: str, seconds: float) -> float:
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", *([f"Cookie: {cookie}"] if cookie else []), "", ""]
    request = "\r\n".join(lines).encode()
    answers, waiting = 0, selectors.DefaultSelector()
    for _number in range(CONNECTIONS):
        _open(waiting, (host, port), request)
    start = time.monotonic()
    while time.monotonic() < start + seconds:
        for key, _events in waiting.select(timeout=1):
            connection, received = key.fileobj, key.data
            assert isinstance(connection, socket.socket)
            part = connection.recv(1 << 18)
            received += part
            if not part or _is_whole(received):
                assert not received or received.startswith(b"HTTP/1.1 200"), bytes(received[:200])
                answers += bool(received)
                if part and b"connection: close" not in received[:1000].lower():
                    received.clear()
                    connection.sendall(request)
                else:
                    waiting.unregister(connection)
                    connection.close()
                    _open(waiting, (host, port), request)
    return answers / (time.monotonic() - start)


def _open(waiting: selectors.BaseSelector, address: tuple[str, int], request: bytes) -> None:
    connection = socket.create_connection(address)
    connection.sendall(request)
    waiting.register(connection, selectors.EVENT_READ, bytearray())


def _is_whole(received: bytearray) -> bool:
    head, gap, body = received.partition(b"\r\n\r\n")
    if not gap:
        return False
    length = head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
    return len(body) >= int(length)
