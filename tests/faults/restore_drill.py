"""`make restore-drill`: lose a whole database, restore it to a point in time, prove what is there and what is not."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from config.local.process import give_to_ordinary_user
from marketplace.core import audit, db
from marketplace.reports import proof
from tests.conftest import unbind
from tests.durable_server import DurableServer, open_line, write_money
from tests.embedded_server import wait_until

WRITES = 100


def drill(folder: Path, say: Callable[[str], None] = print) -> None:
    """Write money, back up, write, note a time, write more, destroy, restore to that time; fail if anything differs."""
    archive, backup = folder / "archive", folder / "backup"
    for path in (folder, archive):
        give_to_ordinary_user(path)
    key = Ed25519PrivateKey.generate()
    server = DurableServer(folder, ("-c", "archive_mode=on", "-c", f"archive_command=cp %p {archive}/%f"))
    engine = db.connect(server.url)
    try:
        line = open_line()
        write(line, "before-backup", key)
        server.run("pg_basebackup", "-h", server.sockets, "-U", "postgres", "-D", backup, "--checkpoint=fast")
        say(f"{WRITES} money writes, then a base backup")
        write(line, "before-the-moment", key)
        moment = server.value("SELECT clock_timestamp()::text")
        write(line, "after-the-moment", key)
        say(f"{WRITES} more, the moment {moment}, {WRITES} after it")
        ship_the_log(server)
        engine.dispose()
        server.kill_everything()
        shutil.rmtree(server.cluster)
        say("the server killed and its files destroyed")
        restore(server, backup, archive, str(moment))
        say(f"restored from the backup and the archived log to {moment}")
        prove(key, say)
    finally:
        unbind()
        engine.dispose()
        if server.process.poll() is None:
            server.shut_down_at_once()


def write(line_id: object, name: str, key: Ed25519PrivateKey) -> None:
    """Money writes under this name, and the audit trail sealed after them."""
    for number in range(WRITES):
        write_money(line_id, f"{name}-{number}")  # type: ignore[arg-type]
    with db.unit_of_work():
        audit.seal(key)


def ship_the_log(server: DurableServer) -> None:
    """What a real server does by itself within archive_timeout: the segment in use goes to the archive."""
    segment = server.value("SELECT pg_walfile_name(pg_switch_wal())")
    wait_until(lambda: str(server.value("SELECT last_archived_wal FROM pg_stat_archiver")) >= str(segment))


def restore(server: DurableServer, backup: Path, archive: Path, moment: str) -> None:
    """Put the backup in place and let the server replay the archived log up to the moment."""
    shutil.move(backup, server.cluster)
    with open(server.cluster / "postgresql.auto.conf", "a") as settings:
        settings.write(f"restore_command = 'cp {archive}/%f %p'\n")
        settings.write(f"recovery_target_time = '{moment}'\n")
        settings.write("recovery_target_action = 'promote'\n")
    (server.cluster / "recovery.signal").touch()
    give_to_ordinary_user(server.cluster)
    server.start()


def prove(key: Ed25519PrivateKey, say: Callable[[str], None]) -> None:
    """Everything before the moment is there, nothing after it, every unit explained, no history changed."""
    db.session.remove()
    with db.unit_of_work():
        rows = db.session.execute(
            text("SELECT regexp_replace(key, '-\\d+$', ''), count(*) FROM ledger_transfers GROUP BY 1")
        )
        counts = {name: count for name, count in rows if not name.startswith("appropriate")}
        assert counts == {"before-backup": WRITES, "before-the-moment": WRITES}, counts
        say(f"there: all {2 * WRITES} writes acknowledged before the moment; not there: every one after it")
        books = proof.prove()
        assert not books.faults, books.faults
        say(f"ledger: {books.transfers} transfers, {books.unexplained} units unexplained")
        verdict = audit.verify(key)
        assert verdict.fault is None, verdict.fault
        say(f"audit: {verdict.sealed} entries proved, {verdict.unsealed} not yet sealed, no fault")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="drill-") as place:
        drill(Path(place))
