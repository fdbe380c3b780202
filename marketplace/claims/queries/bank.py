"""Reads of the bank's files, and of which movements are known in the terms of the engine."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, func, select, tuple_

from marketplace.accounts import queries as accounts
from marketplace.claims.camt_details import Part
from marketplace.claims.models import BankAssignment, BankBooking, BankEntry, BankImport, BankReport
from marketplace.claims.movements import Unit
from marketplace.claims.repetitions import Told
from marketplace.claims.states import Direction, EntryOutcome, ReportKind
from marketplace.core import db
from marketplace.core.text import numbers_in, plain_number

OURS = ("COP", "RCV", "PAY", "REF")
ONE_PAYMENT = ("COP", "RCV")


def imports() -> Select[BankImport]:
    """All files taken from the bank."""
    return select(BankImport)


def get_import(import_id: UUID) -> BankImport:
    """One file of the bank; NotFound without one."""
    return db.get(BankImport, import_id)


def find_import(sha256: str) -> BankImport | None:
    """The import of a file with exactly this content."""
    return db.session.scalars(select(BankImport).where(BankImport.sha256 == sha256)).one_or_none()


def entries() -> Select[*tuple[Any, ...]]:
    """Movements that the bank reported, with the file that they came in and what an officer said, newest first."""
    said = BankAssignment.kind, BankAssignment.reason
    officer = accounts.person_name_of(BankAssignment.assigned_by).label("assigned_by")
    query = select(BankEntry, BankImport.created_at, BankImport.file_name, *said, officer)
    query = query.join(BankImport, BankImport.id == BankEntry.import_id)
    query = query.outerjoin(BankAssignment, BankAssignment.entry_id == BankEntry.id)
    return query.order_by(BankEntry.booked_on.desc(), BankEntry.id)


def outcomes_of(import_ids: Sequence[UUID]) -> dict[UUID, dict[EntryOutcome, int]]:
    """Of each bank file how many movements had which outcome."""
    outcomes: dict[UUID, dict[EntryOutcome, int]] = {}
    for import_id, outcome, number in db.session.execute(_outcomes_of(), {"import_ids": list(import_ids)}):
        outcomes.setdefault(import_id, {})[outcome] = number
    return outcomes


@cache
def _outcomes_of() -> Select[UUID, EntryOutcome, int]:
    query = select(BankEntry.import_id, BankEntry.outcome, func.count()).group_by(
        BankEntry.import_id, BankEntry.outcome
    )
    return query.where(BankEntry.import_id == any_(bindparam("import_ids", type_=ARRAY(Uuid))))


def waiting_entries(import_id: UUID, *, limit: int) -> Sequence[BankEntry]:
    """Movements of a file that are still to be booked, in its order."""
    query = select(BankEntry).where(BankEntry.import_id == import_id, BankEntry.outcome == EntryOutcome.WAITING)
    return db.session.scalars(query.order_by(BankEntry.position).limit(limit)).all()


def charges_beside(entry: BankEntry) -> Sequence[BankEntry]:
    """What the bank kept of the one transaction of an entry; nothing where there are several."""
    query = select(BankEntry).where(BankEntry.booking_id == entry.booking_id, BankEntry.id != entry.id)
    others = db.session.scalars(query.order_by(BankEntry.position)).all()
    return others if not entry.is_charge and all(other.is_charge for other in others) else []


def next_place(import_id: UUID) -> int:
    """The place after a file's last movement."""
    return (db.session.scalar(select(func.max(BankEntry.position)).where(BankEntry.import_id == import_id)) or 0) + 1


def earlier_bookings(kind: ReportKind, bookings: Collection[BankBooking]) -> list[Told]:
    """What earlier files have told by this kind of report and may be one of these entries."""
    listed = func.array_agg
    query = (
        select(
            BankBooking,
            listed(BankEntry.remittance),
            listed(BankEntry.bank_reference),
            listed(BankEntry.reference),
            listed(BankEntry.debtor_account),
        )
        .join(BankEntry, BankEntry.booking_id == BankBooking.id)
        .where(BankBooking.kind == kind, BankBooking.repeats_id.is_(None))
        .where(BankBooking.booked_on.in_({booking.booked_on for booking in bookings}))
        .where(BankBooking.amount.in_({booking.amount for booking in bookings}))
        .group_by(BankBooking.id)
        .order_by(BankBooking.report_id, BankBooking.number)
    )
    rows = db.session.execute(query).all()
    tellings = _tellings([row[0].id for row in rows])
    return [
        as_told(booking, marks, [*references, *remittances], references, payers, tellings[booking.id])
        for booking, remittances, marks, references, payers in rows
    ]


def _tellings(booking_ids: Collection[UUID]) -> dict[UUID, set[tuple[UUID, str]]]:
    """The reports that each entry stands in, the first one and those that repeated it, with its reference there."""
    itself = func.coalesce(BankBooking.repeats_id, BankBooking.id)
    tellings: dict[UUID, set[tuple[UUID, str]]] = {}
    query = select(itself, BankBooking.report_id, BankBooking.bank_reference).where(itself.in_(booking_ids))
    for booking_id, report_id, reference in db.session.execute(query):
        tellings.setdefault(booking_id, set()).add((report_id, reference))
    return tellings


def as_told(
    booking: BankBooking, marks: Iterable[str], texts: Iterable[str], references: Iterable[str],
    payers: Iterable[str], tellings: Collection[tuple[UUID, str]], again: Iterable[UUID] = (),
) -> Told:  # fmt: skip
    """An entry as the engine of repetitions takes it, from what its parts say."""
    numbers = {number for text in texts for number in _ours(text)}
    said = {plain_number(one) for one in references} - {""}
    own = {booking.bank_reference, *(reference for _report, reference in tellings)} - {""}
    return Told(
        key=booking.id,
        where=(*bucket_of(booking), booking.amount),
        fingerprint=booking.fingerprint,
        numbers=frozenset(own),
        marks=frozenset(own | {*marks} - {""}),
        references=frozenset(said),
        names=frozenset(numbers | said),
        payers=frozenset({plain_number(one) for one in payers} - {""}),
        statements=frozenset(report for report, _reference in tellings),
        report=booking.report_id,
        again=frozenset(again),
    )


def same_days(report: BankReport) -> Sequence[BankReport]:
    """Other reports of its kind and account, with balances, of days that it tells of."""
    if report.opening is None or report.closing is None:
        return []
    query = select(BankReport).where(
        BankReport.id != report.id,
        BankReport.kind == report.kind,
        func.plain_number(BankReport.account) == plain_number(report.account),
        BankReport.currency == report.currency,
        BankReport.opening.is_not(None),
        BankReport.closing.is_not(None),
        BankReport.closed_on >= report.opened_on,
        BankReport.opened_on <= report.closed_on,
    )
    return db.session.scalars(query).all()


def same_name(report: BankReport) -> Sequence[BankReport]:
    """Earlier reports of its kind and name: the other pages of it that have come, or itself, sent again."""
    if not report.identification:
        return []
    query = select(BankReport).where(
        BankReport.kind == report.kind,
        BankReport.identification == report.identification,
        BankReport.id != report.id,
    )
    return db.session.scalars(query).all()


def entries_in(report_ids: Sequence[UUID]) -> dict[UUID, Counter[tuple[date, Direction, int]]]:
    """What each of these reports tells: how many entries of a day, direction and amount."""
    told: dict[UUID, Counter[tuple[date, Direction, int]]] = {report_id: Counter() for report_id in report_ids}
    query = select(BankBooking.report_id, BankBooking.booked_on, BankBooking.direction, BankBooking.amount)
    rows = db.session.execute(query.where(BankBooking.report_id.in_(report_ids)))
    for report_id, booked_on, direction, amount in rows:
        told[report_id][booked_on, direction, amount] += 1
    return told


def last_occurrences(kind: ReportKind, fingerprints: Collection[str]) -> dict[str, int]:
    """How often entries of each fingerprint have been told by this kind of report, repetitions aside."""
    last = func.max(BankBooking.occurrence)
    query = select(BankBooking.fingerprint, last).where(BankBooking.kind == kind, BankBooking.repeats_id.is_(None))
    rows = db.session.execute(query.where(BankBooking.fingerprint.in_(fingerprints)).group_by(BankBooking.fingerprint))
    return {row[0]: row[1] for row in rows}


class Bucket(NamedTuple):
    """Where the same money can be: on one account, in one currency, direction and day."""

    account: str
    currency: str
    direction: Direction
    booked_on: date


def bucket_of(booking: BankBooking) -> Bucket:
    """The bucket of an entry."""
    return Bucket(plain_number(booking.account), booking.currency, booking.direction, booking.booked_on)


# A part of a report, or a stored movement.
Piece = TypeVar("Piece", Part, BankEntry)


def as_units(booking: BankBooking, parts: Sequence[tuple[Any, Piece]]) -> list[tuple[Unit, list[Piece]]]:
    """An entry as units of the engine, each with its parts: one for each transaction, or else the whole entry.

    Each part comes with what it is known by.
    """
    is_net = any(part.direction != booking.direction for _key, part in parts)
    if len(parts) > 1 and all((part.single or is_net) and not part.is_charge for _key, part in parts):
        return [(_unit(booking, key, [part], part.amount, part.direction), [part]) for key, part in parts]
    inside = [part for _key, part in parts]
    return [(_unit(booking, parts[0][0], inside, booking.amount, booking.direction), inside)]


def _unit(booking: BankBooking, key: Any, parts: Sequence[Piece], amount: int, direction: Direction) -> Unit:
    told: list[Piece] = [part for part in parts if not part.is_charge]
    numbers = [number for part in told for text in (part.reference, part.remittance) for number in _ours(text)]
    single = len(told) == 1 and (told[0].single or any(number[:3] in ONE_PAYMENT for number in numbers))
    marks = {booking.bank_reference, *(part.bank_reference for part in told)}
    reference = plain_number(told[0].reference) if single else ""
    return Unit(
        key=key,
        kind=booking.kind,
        direction=direction,
        booked_on=booking.booked_on,
        amount=amount,
        single=single,
        numbers=frozenset(numbers),
        reference=reference,
        payer=plain_number(told[0].debtor_account) if single and direction == Direction.CREDIT else "",
        marks=frozenset(marks - {""}),
    )


def _ours(text: str) -> list[str]:
    return numbers_in(text, *OURS) if text else []


def units_in(buckets: Iterable[Bucket], *, apart_from: Collection[UUID]) -> dict[Bucket, list[Unit]]:
    """What is stored in these buckets, besides these entries, with what each unit brought and who has told of it."""
    days = {(bucket.currency, bucket.booked_on) for bucket in buckets}
    rows = db.session.execute(
        select(BankBooking, BankEntry)
        .join(BankEntry, BankEntry.booking_id == BankBooking.id)
        .where(tuple_(BankBooking.currency, BankBooking.booked_on).in_(days), BankBooking.repeats_id.is_(None))
        .order_by(BankBooking.id, BankEntry.position)
    )
    stored: dict[BankBooking, list[BankEntry]] = {}
    for booking, entry in rows:
        if booking.id not in apart_from:
            stored.setdefault(booking, []).append(entry)
    units: dict[Bucket, list[Unit]] = {}
    holding: dict[UUID, Unit] = {}
    told: list[tuple[Unit, BankEntry]] = []
    for booking, inside in stored.items():
        for unit, own in as_units(booking, [(entry.id, entry) for entry in inside]):
            sign = 1 if unit.direction == Direction.CREDIT else -1
            unit.brought = sum(sign * entry.signed for entry in own if not entry.is_known)
            unit.key = next((entry.id for entry in own if not entry.is_known), unit.key)
            units.setdefault(bucket_of(booking)._replace(direction=unit.direction), []).append(unit)
            holding |= {entry.id: unit for entry in own}
            told += [(unit, entry) for entry in own if entry.known_from_id]
    for unit, entry in told:
        unit.origin = unit.origin or holding.get(entry.known_from_id)  # type: ignore[arg-type]
    for unit, entry in told:
        if (origin := holding.get(entry.known_from_id)) is not None:  # type: ignore[arg-type]
            amount = entry.amount if entry.direction == unit.direction else -entry.amount
            origin.claim(unit.kind, amount)
            _note_told_by(origin, unit, amount)
    return units


def _note_told_by(origin: Unit | None, unit: Unit, amount: int) -> None:
    """What a unit is known from has told of it by its own kind of report: another one of that kind is other money."""
    while origin is not None:
        unit.claimed[origin.kind] = unit.claimed.get(origin.kind, 0) + amount
        origin = origin.origin
