"""The audit trail: transition() and record() write it; sealing chains it by hash; verify() proves it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    LargeBinary,
    Select,
    any_,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.db import Model
from marketplace.core.errors import Words
from marketplace.core.states import Lifecycle, Move

Plain = Mapping[str, Any]


class AuditEntry(Model):
    """Who did what to which thing, in what role and when; inserted with the change, never changed."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    person_id: Mapped[UUID | None]
    role: Mapped[str]
    organisation_id: Mapped[UUID | None]
    device_hash: Mapped[str | None]
    address_hash: Mapped[str | None]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    body: Mapped[dict[str, Any]]


class AuditSeal(Model):
    """An entry's place in the chain and the hash of it and all before it."""

    __tablename__ = "audit_seals"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(ForeignKey(AuditEntry.id), unique=True)
    hash: Mapped[bytes]


class AuditHead(Model):
    """A signed head: whoever cuts the chain's tail can't forge this."""

    __tablename__ = "audit_heads"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    signed_at: Mapped[datetime] = mapped_column(server_default=func.app_now())


class HasStatus(Protocol):
    """A row with a lifecycle."""

    __tablename__: Any
    id: Any
    status: Any


def transition(
    thing: HasStatus, lifecycle: Lifecycle[Any], event: str, *, actor: Actor, reason: str | None = None, **details: Any
) -> None:
    """Make the named move, stamp its time and write the audit entry; with transition_all() alone it sets a status."""
    before = thing.status
    move = lifecycle.move(before, event)
    thing.status = move.target
    for column, moment in _stamp(move).items():
        setattr(thing, column, moment)
    after = {"status": move.target, **details}
    record(actor, f"{lifecycle.name}.{event}", thing, before={"status": before}, after=after, reason=reason)


def transition_all(
    model: type[Any],
    lifecycle: Lifecycle[Any],
    event: str,
    ids: Sequence[UUID],
    *,
    before: str,
    actor: Actor,
    reason: str | None = None,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Make the named move of many rows in one statement, each with its audit entry, or of none of them.

    transition() for rows that nobody loaded: every row stands at `before`, otherwise LookupError; `values` are set
    along with it.
    """
    move = lifecycle.move(before, event)
    rows = update(model).where(model.id == any_(db.array(ids)), model.status == before)
    rows = rows.values({**(values or {}), "status": move.target, **_stamp(move)}).returning(model.id)
    moved = db.session.scalars(rows, execution_options={"synchronize_session": "fetch"}).all()
    if len(moved) != len(ids):
        raise LookupError(f"{len(ids) - len(moved)} rows are no longer {before}")
    change = _body(before={"status": before}, after={"status": move.target}, reason=reason)
    subject = func.unnest(db.array(ids)).column_valued("id")
    record_all(actor, f"{lifecycle.name}.{event}", model.__tablename__, select(subject, literal(change, JSONB)))


def _stamp(move: Move[Any]) -> dict[str, datetime]:
    """The column that keeps the move's time, if the row has one, and the time."""
    return {move.stamp: clock.now()} if move.stamp else {}


def record(
    actor: Actor,
    action: str,
    subject: Any,
    *,
    before: Plain | None = None,
    after: Plain | None = None,
    reason: Words | None = None,
) -> None:
    """Write one audit entry about a row, or about a (type, id) pair, in the change's own transaction."""
    if not isinstance(subject, tuple):
        if subject.id is None:
            db.session.flush()
        subject = (subject.__tablename__, subject.id)
    kind, subject_id = subject
    body = _body(before=before, after=after, reason=reason)
    db.session.add(AuditEntry(**_facts(actor, action, kind), subject_id=subject_id, body=body))


def record_all(actor: Actor, action: str, subject_type: str, changes: Select[UUID, Any]) -> None:
    """Write one audit entry about each row of a select of (id, body) in one statement: record() for many."""
    facts = _facts(actor, action, subject_type)
    columns = AuditEntry.__table__.columns
    change = changes.subquery()
    rows = select(*(literal(value, columns[name].type) for name, value in facts.items()), *change.columns)
    db.session.execute(insert(AuditEntry).from_select([*facts, "subject_id", "body"], rows))


def _facts(actor: Actor, action: str, subject_type: str) -> dict[str, Any]:
    """The columns of an entry apart from the row it is about and what it says of it."""
    return {
        "at": clock.now(),
        "person_id": actor.person_id,
        "role": actor.role.value,
        "organisation_id": actor.organisation_id,
        "device_hash": actor.device_hash,
        "address_hash": actor.address_hash,
        "action": action,
        "subject_type": subject_type,
    }


def _body(*, before: Plain | None, after: Plain | None, reason: Words | None) -> dict[str, Any]:
    """What an entry says, without what is not known."""
    body = {"before": before, "after": after, "reason": None if reason is None else str(reason)}
    return plain({key: value for key, value in body.items() if value is not None})


def facts_of(actor: Actor) -> dict[str, Any]:
    """Who acts, as the database's own functions take it to write their audit entries."""
    names = ("person_id", "role", "organisation_id", "device_hash", "address_hash")
    return plain({name: getattr(actor, name) for name in names})


def plain(values: Plain) -> dict[str, Any]:
    """The values as JSON keeps them: ids, dates and amounts as text."""
    kept: dict[str, Any] = json.loads(_canonical(values))
    return kept


def seal(key: Ed25519PrivateKey, *, batch: int = 5000) -> int:
    """Chain the entries not yet sealed, in batches, and sign the new head; the number sealed.

    Two sealers at once are kept apart by an advisory lock; nothing waits for it but they.
    """
    if not may_seal():
        return 0
    head = db.session.scalars(select(AuditSeal).order_by(AuditSeal.position.desc()).limit(1)).first()
    position, digest = (head.position, head.hash) if head else (0, b"")
    sealed = select(AuditSeal.entry_id).where(AuditSeal.entry_id == AuditEntry.id)
    entries = db.session.scalars(select(AuditEntry).where(~sealed.exists()).order_by(AuditEntry.id).limit(batch)).all()
    for entry in entries:
        position += 1
        digest = _link(digest, position, entry)
        db.session.add(AuditSeal(position=position, entry_id=entry.id, hash=digest))
    if entries:
        db.session.add(AuditHead(position=position, hash=digest, signature=key.sign(_head(position, digest))))
    return len(entries)


def may_seal(*, wait: bool = False) -> bool:
    """Whether this unit of work seals and no other does until it ends; with `wait` once the other has."""
    lock = func.pg_advisory_xact_lock if wait else func.pg_try_advisory_xact_lock
    return db.session.scalar(select(lock(7_310_001))) is not False


def last_position() -> int:
    """The place of the newest seal; 0 without one."""
    return db.session.scalar(select(func.max(AuditSeal.position))) or 0


@dataclass(frozen=True)
class Verdict:
    """What verify() found: entries proved, entries not yet sealed, and the first fault if any."""

    sealed: int
    unsealed: int
    fault: str | None


def verify(key: Ed25519PrivateKey, *, retired: Mapping[int, Ed25519PublicKey] | None = None) -> Verdict:
    """Walk the whole chain and every signed head; any change to history is a fault.

    `retired` are keys that signed before, each by the last place that it may have signed.
    """
    hashes, fault = _walk()
    fault = fault or _head_fault(key, retired or {}, hashes)
    total = db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0
    return Verdict(sealed=len(hashes), unsealed=total - len(hashes), fault=fault)


def _walk() -> tuple[dict[int, bytes], str | None]:
    """The chain's hashes by position as far as they are sound, and the first fault."""
    chain = (
        select(AuditSeal, AuditEntry)
        .join(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
        .order_by(AuditSeal.position)
        .execution_options(yield_per=1000)
    )
    digest = b""
    hashes: dict[int, bytes] = {}
    with db.session.execute(chain) as rows:
        for position, (seal_row, entry) in enumerate(rows, start=1):
            digest = _link(digest, position, entry)
            if seal_row.position != position or seal_row.hash != digest:
                return hashes, f"entry {entry.id} at position {seal_row.position} does not match the chain"
            hashes[position] = digest
    return hashes, None


def _head_fault(
    key: Ed25519PrivateKey, retired: Mapping[int, Ed25519PublicKey], hashes: dict[int, bytes]
) -> str | None:
    heads = db.session.scalars(select(AuditHead).order_by(AuditHead.position)).all()
    for head in heads:
        signers = [public for last, public in sorted(retired.items()) if head.position <= last]
        public = signers[0] if signers else key.public_key()
        try:
            public.verify(head.signature, _head(head.position, head.hash))
        except InvalidSignature:
            return f"the head at position {head.position} bears a false signature"
        if hashes.get(head.position) != head.hash:
            return f"the chain does not reach the signed head at position {head.position}"
    if hashes and (not heads or heads[-1].position < len(hashes)):
        return "the newest seals bear no signed head"
    return None


def _head(position: int, digest: bytes) -> bytes:
    return position.to_bytes(8, "big") + digest


def _link(previous: bytes, position: int, entry: AuditEntry) -> bytes:
    facts = {
        "position": position,
        "id": entry.id,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "person_id": entry.person_id,
        "role": entry.role,
        "organisation_id": entry.organisation_id,
        "device_hash": entry.device_hash,
        "address_hash": entry.address_hash,
        "action": entry.action,
        "subject": [entry.subject_type, entry.subject_id],
        "body": entry.body,
    }
    return hashlib.sha256(previous + _canonical(facts).encode()).digest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
