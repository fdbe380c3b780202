"""Reads of the bank's files, and of which movements are known in the terms of the engine."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_

from marketplace.claims.camt_details import Part
from marketplace.claims.models import BankBooking, BankEntry, BankImport, BankReport
from marketplace.claims.movements import Unit
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


def entries() -> Select[BankEntry]:
    """Movements that the bank reported with the file that they came in, newest first."""
    query = select(BankEntry).join(BankImport, BankImport.id == BankEntry.import_id)
    return query.order_by(BankEntry.booked_on.desc(), BankEntry.id)


def outcomes_of(import_ids: Sequence[UUID]) -> dict[UUID, dict[EntryOutcome, int]]:
    """Of each bank file how many movements had which outcome."""
    rows = db.session.execute(
        select(BankEntry.import_id, BankEntry.outcome, func.count())
        .where(BankEntry.import_id.in_(import_ids))
        .group_by(BankEntry.import_id, BankEntry.outcome)
    )
    outcomes: dict[UUID, dict[EntryOutcome, int]] = {}
    for import_id, outcome, number in rows:
        outcomes.setdefault(import_id, {})[outcome] = number
    return outcomes


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


class Earlier(NamedTuple):
    """An entry of an earlier file, and the report and page that it stands in."""

    id: UUID
    identification: str
    page: int


def earlier_bookings(kind: ReportKind, fingerprints: Collection[str]) -> dict[tuple[str, int], Earlier]:
    """Entries that reports of this kind have told, by fingerprint and occurrence."""
    query = select(
        BankBooking.fingerprint, BankBooking.occurrence, BankBooking.id, BankReport.identification, BankReport.page
    ).join(BankReport, BankReport.id == BankBooking.report_id)
    rows = db.session.execute(
        query.where(
            BankBooking.kind == kind, BankBooking.fingerprint.in_(fingerprints), BankBooking.repeats_id.is_(None)
        )
    )
    return {
        (fingerprint, occurrence): Earlier(booking_id, identification, page)
        for fingerprint, occurrence, booking_id, identification, page in rows
    }


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
Told = TypeVar("Told", Part, BankEntry)


def as_units(booking: BankBooking, parts: Sequence[tuple[Any, Told]]) -> list[tuple[Unit, list[Told]]]:
    """An entry as units of the engine, each with its parts: one for each transaction, or else the whole entry.

    Each part comes with what it is known by.
    """
    apart = len(parts) > 1 and all(
        part.single and not part.is_charge and part.direction == booking.direction for _key, part in parts
    )
    if apart:
        return [(_unit(booking, key, [part], part.amount), [part]) for key, part in parts]
    return [(_unit(booking, parts[0][0], [part for _key, part in parts], booking.amount), [part for _k, part in parts])]


def _unit(booking: BankBooking, key: Any, parts: Sequence[Told], amount: int) -> Unit:
    told: list[Told] = [part for part in parts if not part.is_charge]
    numbers = [number for part in told for text in (part.reference, part.remittance) for number in _ours(text)]
    single = len(told) == 1 and (told[0].single or any(number[:3] in ONE_PAYMENT for number in numbers))
    marks = {booking.bank_reference, *(part.bank_reference for part in told)}
    reference = plain_number(told[0].reference) if single else ""
    return Unit(
        key=key,
        kind=booking.kind,
        amount=amount,
        single=single,
        numbers=frozenset(numbers),
        reference=reference,
        payer=plain_number(told[0].debtor_account) if single and booking.direction == Direction.CREDIT else "",
        marks=frozenset(marks - {""}),
    )


def _ours(text: str) -> list[str]:
    return numbers_in(text, *OURS) if text else []


def units_in(buckets: Iterable[Bucket], *, apart_from: Collection[UUID]) -> Mapping[Bucket, list[Unit]]:
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
            sign = 1 if booking.direction == Direction.CREDIT else -1
            unit.brought = sum(sign * entry.signed for entry in own if not entry.is_known)
            unit.key = next((entry.id for entry in own if not entry.is_known), unit.key)
            units.setdefault(bucket_of(booking), []).append(unit)
            holding |= {entry.id: unit for entry in own}
            told += [(unit, entry) for entry in own if entry.known_from_id]
    for unit, entry in told:
        unit.origin = unit.origin or holding.get(entry.known_from_id)  # type: ignore[arg-type]
    for unit, entry in told:
        if (origin := holding.get(entry.known_from_id)) is not None:  # type: ignore[arg-type]
            origin.claim(unit.kind, entry.amount if entry.direction == _side(entry) else -entry.amount)
    return units


def _side(entry: BankEntry) -> Direction:
    return entry.booking.direction
