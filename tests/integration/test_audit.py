"""The audit trail: written with the change, append-only, and any later change is found."""

from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.core import audit, db
from marketplace.core.actors import SYSTEM

KEY = Ed25519PrivateKey.generate()


def write(count: int) -> None:
    with db.unit_of_work():
        for number in range(count):
            audit.record(SYSTEM, "test.done", ("things", uuid4()), after={"number": number})


def sealed(count: int) -> None:
    write(count)
    with db.unit_of_work():
        assert audit.seal(KEY) == count


@pytest.mark.parametrize("table", ["audit_entries", "audit_seals", "audit_heads"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_trail_is_append_only(database, table, change):
    audit.record(SYSTEM, "test.done", ("things", uuid4()))
    db.flush()
    audit.seal(KEY)
    db.flush()
    column = {"audit_entries": "id", "audit_seals": "position", "audit_heads": "position"}[table]
    with pytest.raises(IntegrityError, match="append-only"):
        database.execute(text(change.format(table, column, column)))


def test_sealing_goes_on_where_it_stopped(real_database):
    sealed(3)
    write(2)
    verdict = audit.verify(KEY)
    assert (verdict.sealed, verdict.unsealed, verdict.fault) == (3, 2, None)
    with db.unit_of_work():
        audit.seal(KEY)
    assert audit.verify(KEY) == audit.Verdict(sealed=5, unsealed=0, fault=None)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_entries SET body = '{}' WHERE id = (SELECT min(id) FROM audit_entries)",
        "UPDATE audit_entries SET role = 'auditor' WHERE id = (SELECT max(id) FROM audit_entries)",
        "DELETE FROM audit_seals WHERE position = 2",
        # Cutting the tail leaves a sound chain: only the signed head knows that there was more.
        "DELETE FROM audit_seals WHERE position = 4",
        "DELETE FROM audit_heads",
    ],
)
def test_any_change_to_history_is_found(real_database, as_owner, tampering):
    sealed(4)
    assert audit.verify(KEY).fault is None
    tables = ("audit_entries", "audit_seals", "audit_heads")
    as_owner(*[f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables], tampering)
    assert audit.verify(KEY).fault


def test_a_head_signed_with_another_key_is_found(real_database):
    sealed(2)
    assert "false signature" in (audit.verify(Ed25519PrivateKey.generate()).fault or "")
