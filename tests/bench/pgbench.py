"""The wheel's own pgbench: transactions a second of one script on one database."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from config.local import postgres

CLIENTS = 8

REDEEM = "\\set voucher random(1, 10000)\nSELECT bench_redeem(:voucher, gen_random_uuid()::text);\n"
REDEEM_WHOLE = "SELECT bench_redeem_whole(nextval('bench_next'));\n"
TRANSFER = (
    "\\set debit random(1, 100000)\n\\set credit (:debit + random(1, 99999) - 1) % 100000 + 1\n"
    "SELECT ledger_transfer('bench:' || :debit, 'bench:' || :credit, 1, 'bench', NULL, 'bench',"
    " gen_random_uuid()::text);\n"
)


def prepare(sockets: Path, database: str) -> None:
    """Make pgbench's own tables."""
    _run(sockets, database, "-i", "-q", "-s", "1")


def simple_update(sockets: Path, database: str, *, seconds: int) -> float:
    """pgbench's built-in simple update."""
    return _rate(_run(sockets, database, "-N", "-T", str(seconds), *_load()))


def script(sockets: Path, database: str, text: str, *length: str) -> float:
    """A script of our own, for `-T` seconds or `-t` transactions of each client."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(text)
        file.flush()
        return _rate(_run(sockets, database, "-f", file.name, *length, *_load()))


def _load() -> tuple[str, ...]:
    return ("-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2")


def _run(sockets: Path, database: str, *words: str) -> str:
    command = [postgres.binary("pgbench"), "-h", sockets, "-U", "postgres", *words, database]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout}\n{done.stderr}")
    return done.stdout


def _rate(output: str) -> float:
    match = re.search(r"tps = ([0-9.]+) \(without", output)
    assert match, output
    return float(match.group(1))
