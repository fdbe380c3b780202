"""What the core does for itself: the signing key, sealing, purging, and audit on the command line."""

import os
import sys
from datetime import timedelta
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from flask.cli import AppGroup
from sqlalchemy import text

from config import retention
from marketplace.core import audit, db, kept, tasks, uploads
from marketplace.core.db import unit_of_work
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, task

_key_path = Path("var/signing_key.pem")

cli = AppGroup("audit", help="The audit trail.")
groups = [cli]


def configure(signing_key: Path) -> None:
    """Set where the private key lies that signs the head of the audit chain."""
    global _key_path
    _key_path = signing_key


def signing_key() -> Ed25519PrivateKey:
    """The key that signs the audit chain; made at first use, readable by the service's user alone."""
    if not _key_path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _key_path.parent.mkdir(parents=True, exist_ok=True)
        draft = _key_path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(pem)
        try:
            os.link(draft, _key_path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = load_pem_private_key(_key_path.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def retired_keys() -> dict[int, Ed25519PublicKey]:
    """The keys that signed before this one, each by the last place in the chain that it may have signed."""
    keys = {int(file.stem): load_pem_public_key(file.read_bytes()) for file in _retired_folder().glob("*.pem")}
    return {position: key for position, key in sorted(keys.items()) if isinstance(key, Ed25519PublicKey)}


def _retired_folder() -> Path:
    return _key_path.with_name("retired_signing_keys")


@task(
    "seal_audit",
    _("Seal the audit trail"),
    Queue.MAINTENANCE,
    every=timedelta(minutes=1),
    keep=retention.periods()["seal_tasks"],
)
def seal_audit() -> int:
    """Seal what is unsealed; the number of entries."""
    if not audit.may_seal():
        return 0
    return audit.seal(signing_key())


@task("delete_used_keys", _("Delete one-time keys long used"), Queue.MAINTENANCE, every=timedelta(hours=6))
def delete_used_keys() -> None:
    """Delete the one-time keys of forms that nobody sends again."""
    statement = text("DELETE FROM used_keys WHERE created_at < app_now() - :kept")
    db.session.execute(statement, {"kept": retention.periods()["used_keys"]})


@task("delete_kept_forms", _("Delete kept forms of ended sessions"), Queue.MAINTENANCE, every=timedelta(hours=1))
def delete_kept_forms() -> None:
    """Delete what was kept of forms for a day."""
    kept.delete_old()


@task("delete_kept_uploads", _("Delete kept files of refused forms"), Queue.MAINTENANCE, every=timedelta(hours=1))
def delete_kept_uploads() -> None:
    """Delete the files of forms that were refused a day ago and not sent again."""
    uploads.delete_old()


@task("delete_finished_tasks", _("Delete tasks finished long ago"), Queue.MAINTENANCE, every=timedelta(hours=6))
def delete_finished_tasks() -> None:
    """Delete the finished rows of each background task that were kept as long as its declaration says."""
    tasks.delete_finished()


@cli.command()
def verify() -> None:
    """Prove the hash chain and every signed head; exit 1 if history was changed."""
    verdict = audit.verify(signing_key(), retired=retired_keys())
    click.echo(f"{verdict.sealed} entries proved, {verdict.unsealed} not yet sealed")
    if verdict.fault:
        click.echo(f"FAULT {verdict.fault}")
    sys.exit(1 if verdict.fault else 0)


@cli.command("new-key")
def new_key() -> None:
    """Sign with a new key from now on; what the old one signed until now can be checked as before."""
    with unit_of_work():
        audit.may_seal(wait=True)
        old = signing_key()
        while audit.seal(old):
            pass
        position = audit.last_position()
        retired = _retired_folder() / f"{position}.pem"
        retired.parent.mkdir(mode=0o700, exist_ok=True)
        retired.write_bytes(old.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        _key_path.unlink()
        signing_key()
    click.echo(f"The old key is good for the first {position} entries alone. Keep copies of {_key_path} and {retired}.")


@cli.command()
def seal() -> None:
    """Seal the entries not yet sealed, now."""
    with unit_of_work():
        count = seal_audit()
    click.echo(f"{count} entries sealed")
