"""Keeps what a file of the bank says, and finds out which of its money is known from another file or report."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from config.payments import terms
from marketplace.claims import movements, queries
from marketplace.claims.camt import Booking, Part, Report
from marketplace.claims.models import BankBooking, BankEntry, BankImport, BankReport
from marketplace.claims.movements import Unit, Verdict
from marketplace.claims.states import Direction, EntryOutcome, ReportKind
from marketplace.core import clock, db
from marketplace.core.errors import Words
from marketplace.core.i18n import force_locale

PORTION = 500
# An entry as the bank told it, and as it is stored.
Kept = tuple[Booking, BankBooking]


@dataclass(frozen=True)
class Row:
    """A movement to be written: a part of its entry, and from which other movement its money is known."""

    part: Part
    is_known: bool
    known_from: UUID | None = None


def keep(made: BankImport, reports: Sequence[Report]) -> list[BankEntry]:
    """Write reports, entries and movements; those that bring money or tell of some wait to be booked.

    Answers with movements that earlier files bring, as it turns out now.
    """
    place, topped = 0, []
    for kind in dict.fromkeys(report.kind for report in reports):
        kept = [_keep_report(made, number, one) for number, one in enumerate(reports) if one.kind == kind]
        bookings = [(row, booking) for row, report in kept for booking in report.bookings]
        place, late = _keep_bookings(made, kind, bookings, place)
        topped += late
    return topped


def _keep_report(made: BankImport, number: int, report: Report) -> tuple[BankReport, Report]:
    row = BankReport(
        id=uuid4(),
        import_id=made.id,
        position=number,
        kind=report.kind,
        identification=report.identification,
        page=report.page,
        account=report.account,
        currency=report.currency,
        opening=report.opening,
        closing=report.closing,
        opened_on=report.opened_on,
        closed_on=report.closed_on,
        entries=len(report.bookings),
        announced=report.announced,
        odd=[{"number": odd.number, "said": odd.said, "why": in_english(odd.why)} for odd in report.odd],
        sum=report.sum,
        difference=report.difference,
    )
    db.session.add(row)
    db.flush()
    return row, report


def in_english(words: Words) -> str:
    """As it is stored; it is translated for each reader, see rules.note_words."""
    with force_locale("en"):
        return str(words)


def _keep_bookings(
    made: BankImport, kind: ReportKind, bookings: Sequence[tuple[BankReport, Booking]], place: int
) -> tuple[int, list[BankEntry]]:
    """The place of the next movement after these, and what earlier files bring after all."""
    repeated: list[Kept] = []
    rows: list[Kept] = []
    for (report, booking), row in zip(bookings, _identify(kind, bookings), strict=True):
        (repeated if row.repeats_id else rows).append((booking, row))
        row.report_id = report.id
    _store([row for _booking, row in [*rows, *repeated]])
    told, topped = _judge(rows)
    told |= {row.id: [Row(part, is_known=True) for part in booking.parts] for booking, row in repeated}
    entries = []
    for booking, row in sorted(rows + repeated, key=lambda pair: (pair[1].report_id, pair[1].number)):
        for one in told[row.id]:
            entries.append(_entry(made.id, place, row, one, booking.valued_on))
            place += 1
    _store(entries)
    return place, topped


def _store(rows: Sequence[BankBooking] | Sequence[BankEntry]) -> None:
    """Write rows in portions, none of which keeps the database silent for long."""
    for begin in range(0, len(rows), PORTION):
        db.session.bulk_save_objects(rows[begin : begin + PORTION])


def _identify(kind: ReportKind, bookings: Sequence[tuple[BankReport, Booking]]) -> list[BankBooking]:
    """Each entry as a row, that of an earlier file noted where it is the same: within one file none is."""
    prints = [_fingerprint(booking) for _report, booking in bookings]
    earlier = queries.earlier_bookings(kind, set(prints))
    seen: Counter[str] = Counter()
    rows = []
    for (report, booking), fingerprint in zip(bookings, prints, strict=True):
        seen[fingerprint] += 1
        while (same := earlier.get((fingerprint, seen[fingerprint]))) and _is_other_page(same, report):
            seen[fingerprint] += 1
        rows.append(
            BankBooking(
                id=uuid4(),
                number=booking.number,
                kind=kind,
                account=booking.account,
                currency=booking.currency,
                direction=booking.direction,
                amount=booking.amount,
                booked_on=booking.booked_on,
                bank_reference=booking.bank_reference,
                is_reversal=booking.is_reversal,
                fingerprint=fingerprint,
                occurrence=seen[fingerprint],
                repeats_id=same.id if same else None,
            )
        )
    return rows


def _is_other_page(same: queries.Earlier, report: BankReport) -> bool:
    """Another page of the same statement goes on and repeats nothing."""
    return bool(report.identification) and same.identification == report.identification and same.page != report.page


def _fingerprint(booking: Booking) -> str:
    """Account, day, amount, direction and references; of an entry without any, its words."""
    parts = [(part.bank_reference, part.reference, part.amount, part.debtor_account) for part in booking.parts]
    said: list[Any] = [booking.account, booking.currency, booking.booked_on.isoformat(), booking.direction.value]
    said += [booking.amount, booking.bank_reference, *parts]
    if not booking.bank_reference and not any(part.bank_reference or part.reference for part in booking.parts):
        said += [(part.remittance, part.debtor) for part in booking.parts]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _judge(rows: Sequence[Kept]) -> tuple[dict[UUID, list[Row]], list[BankEntry]]:
    """What the movements of each new entry are, and what earlier entries bring after all."""
    buckets: dict[queries.Bucket, list[Kept]] = {}
    for booking, row in rows:
        buckets.setdefault(queries.bucket_of(row), []).append((booking, row))
    known = queries.units_in(buckets, apart_from={row.id for _booking, row in rows})
    tolerance = terms(clock.today()).largest_charge_percent
    told: dict[UUID, list[Row]] = {}
    late: list[BankEntry] = []
    for bucket, inside in buckets.items():
        units = {
            unit: (row, parts)
            for booking, row in inside
            for unit, parts in queries.as_units(row, [(place, part) for place, part in enumerate(booking.parts)])
        }
        verdicts, topped = movements.judge(list(units), known.get(bucket, []), tolerance=tolerance)
        for verdict in verdicts:
            row, parts = units[verdict.unit]
            told.setdefault(row.id, []).extend(_rows(verdict, row, parts))
        late += [_top_up(unit, amount) for unit, amount in topped]
    return told, late


def _rows(verdict: Verdict, booking: BankBooking, parts: Sequence[Part]) -> Iterable[Row]:
    """The parts of a unit as movements, divided by where their money is known from."""
    amount, first = verdict.unit.amount, parts[0]
    targets = [*verdict.known, *([(None, verdict.hidden)] if verdict.hidden else [])]
    if verdict.fresh == amount:
        return [Row(part, is_known=False) for part in parts]
    if len(targets) == 1 and not verdict.fresh and not verdict.excess:
        target = targets[0][0]
        return [Row(part, is_known=True, known_from=target.key if target else None) for part in parts]
    whole = replace(first, direction=booking.direction)
    if kept := _kept_of(verdict, booking):
        known = verdict.known[0][0].key
        charge = replace(whole, amount=kept, direction=Direction.DEBIT, reference="", single=False, is_charge=True)
        return [Row(replace(whole, amount=amount), True, known), Row(charge, True, known)]
    rows = [Row(replace(whole, amount=part), True, target.key if target else None) for target, part in targets]
    if verdict.fresh:
        rows.append(Row(replace(whole, amount=verdict.fresh), is_known=False))
    return rows + _difference(verdict, booking, whole)


def _kept_of(verdict: Verdict, booking: BankBooking) -> int:
    """What the bank kept of a payment that another report told by what was left: this one tells all of it."""
    kept = verdict.excess if booking.direction == Direction.CREDIT else -verdict.excess
    return max(0, kept) if booking.kind != ReportKind.STATEMENT else 0


def _difference(verdict: Verdict, booking: BankBooking, whole: Part) -> list[Row]:
    """A statement is right about an amount: what it has less of a credit, or more of a debit, the bank has kept."""
    if not verdict.excess:
        return []
    towards = booking.direction if verdict.excess > 0 else booking.direction.other
    is_new = booking.kind == ReportKind.STATEMENT
    part = replace(
        whole, amount=abs(verdict.excess), direction=towards, reference="", single=False,
        is_charge=towards == Direction.DEBIT,
    )  # fmt: skip
    return [Row(part, is_known=not is_new)]


def _top_up(unit: Unit, amount: int) -> BankEntry:
    """Money of an earlier entry was thought to be told by another report, and isn't: it is new after all."""
    first: BankEntry = db.get(BankEntry, unit.key)
    names = Part.__dataclass_fields__
    part = Part(**{**{name: getattr(first, name) for name in names}, "amount": amount})
    place = queries.next_place(first.import_id)
    made = _entry(first.import_id, place, first.booking, Row(part, is_known=False), first.valued_on)
    db.session.add(made)
    db.flush()
    return made


def _entry(import_id: UUID, place: int, booking: BankBooking, row: Row, valued_on: Any) -> BankEntry:
    part = row.part
    fields = {name: getattr(part, name) for name in Part.__dataclass_fields__}
    waits = not row.is_known or row.known_from is not None
    return BankEntry(
        id=uuid4(),
        import_id=import_id,
        position=place,
        booking_id=booking.id,
        account=booking.account,
        currency=booking.currency,
        booked_on=booking.booked_on,
        valued_on=valued_on,
        is_known=row.is_known,
        known_from_id=row.known_from,
        outcome=EntryOutcome.WAITING if waits else EntryOutcome.KNOWN,
        **fields,
    )
