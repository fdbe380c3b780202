"""Keeps what a file of the bank says, and finds out which of its money is known from another file or report."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from config.payments import terms
from marketplace.claims import movements, queries, repetitions
from marketplace.claims.camt import Booking, Part, Report
from marketplace.claims.models import BankBooking, BankEntry, BankImport, BankReport
from marketplace.claims.movements import Unit, Verdict
from marketplace.claims.repetitions import Found, Span, Told
from marketplace.claims.states import Direction, EntryOutcome, ReportKind, Sum
from marketplace.core import clock, db
from marketplace.core.errors import Words
from marketplace.core.i18n import force_locale
from marketplace.core.text import plain_number

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
    for (_report, booking), row in zip(bookings, _identify(kind, bookings), strict=True):
        (repeated if row.repeats_id else rows).append((booking, row))
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
    rows = [_row(kind, report, booking) for report, booking in bookings]
    if not rows:
        return []
    same = _earlier(kind, [report for report, _booking in bookings], rows, [booking.parts for _r, booking in bookings])
    last = queries.last_occurrences(kind, {row.fingerprint for row in rows})
    for row in rows:
        if (earlier := same.get(row.id)) is not None:
            if earlier.is_doubtful:
                row.resembles_id = earlier.told.key
            else:
                row.repeats_id = earlier.told.key
        row.occurrence = last[row.fingerprint] = last.get(row.fingerprint, 0) + 1
    return rows


def _row(kind: ReportKind, report: BankReport, booking: Booking) -> BankBooking:
    return BankBooking(
        id=uuid4(),
        report_id=report.id,
        number=booking.number,
        kind=kind,
        account=booking.account,
        currency=booking.currency,
        direction=booking.direction,
        amount=booking.amount,
        booked_on=booking.booked_on,
        bank_reference=booking.bank_reference,
        is_reversal=booking.is_reversal,
        fingerprint=_fingerprint(booking),
        repeats_id=None,
    )


def _earlier(
    kind: ReportKind, reports: Sequence[BankReport], rows: Sequence[BankBooking], parts: Sequence[Sequence[Part]]
) -> dict[UUID, Found]:
    """By the id of an entry that of an earlier file which it is, or may be."""
    by_id = {report.id: report for report in reports}
    beside = {report.id: queries.same_days(report) for report in by_id.values()}
    twins = {own: [one.id for one in beside[own] if _is_same_statement(one, by_id[own])] for own in by_id}
    chains = {own: _chain(by_id[own], beside[own]) for own in by_id}
    named = {report.id: queries.same_name(report) for report in by_id.values()}
    pages = {own: [one.id for one in named[own] if one.page != by_id[own].page] for own in by_id}
    again = {own: _sent_before(by_id[own], named[own], rows) for own in by_id}

    def may_be(new: Told, old: Told) -> bool:
        """Another page of the same statement goes on, and another statement too: they repeat nothing."""
        return old.report not in pages[new.report] and not chains[new.report] & old.statements

    new = [
        queries.as_told(
            row,
            [part.bank_reference for part in inside],
            [text for part in inside for text in (part.reference, part.remittance)],
            [part.reference for part in inside],
            [part.debtor_account for part in inside],
            [(twin, "") for twin in twins[row.report_id]],
            again[row.report_id],
        )
        for row, inside in zip(rows, parts, strict=True)
    ]
    return repetitions.find(new, queries.earlier_bookings(kind, rows), may_be=may_be)


def _sent_before(report: BankReport, same_name: Sequence[BankReport], rows: Sequence[BankBooking]) -> list[UUID]:
    """Those of one name that are this report, sent before: it tells all that they told. Where a bank calls different
    reports alike, its names say nothing."""
    own = Counter((row.booked_on, row.direction, row.amount) for row in rows if row.report_id == report.id)
    same_page = [one.id for one in same_name if one.page == report.page]
    earlier = queries.entries_in(same_page[: repetitions.MOST_COMPARED])
    return [] if any(told - own for told in earlier.values()) else list(earlier)


def _is_same_statement(one: BankReport, other: BankReport) -> bool:
    """Whether the bank sent one statement twice: under one name, for the same days, with the same balances."""
    return bool(one.identification) and all(
        getattr(one, name) == getattr(other, name)
        for name in ("identification", "page", "opening", "closing", "opened_on", "closed_on")
    )


def _chain(report: BankReport, others: Sequence[BankReport]) -> set[UUID]:
    """Statements whose balances show that they hold none of this one's entries."""
    if report.sum != Sum.PROVED:
        return set()
    spans = [Span(one.id, one.opening or 0, one.closing or 0) for one in others]
    return repetitions.others_in_chain(Span(report.id, report.opening or 0, report.closing or 0), spans)


def _fingerprint(booking: Booking) -> str:
    """Account, day, amount, direction and references; of an entry without any, its words."""
    parts = [
        (part.bank_reference, part.reference, part.amount, plain_number(part.debtor_account)) for part in booking.parts
    ]
    account = plain_number(booking.account) or booking.account
    said: list[Any] = [account, booking.currency, booking.booked_on.isoformat(), booking.direction.value]
    said += [booking.amount, booking.bank_reference, *parts]
    if not booking.bank_reference and not any(part.bank_reference or part.reference for part in booking.parts):
        said += [(part.remittance, part.debtor) for part in booking.parts]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _judge(rows: Sequence[Kept]) -> tuple[dict[UUID, list[Row]], list[BankEntry]]:
    """What the movements of each new entry are, and what earlier entries bring after all."""
    buckets: dict[queries.Bucket, dict[Unit, tuple[BankBooking, Sequence[Part]]]] = {}
    for booking, row in rows:
        for unit, inside in queries.as_units(row, list(enumerate(booking.parts))):
            bucket = queries.bucket_of(row)._replace(direction=unit.direction)
            buckets.setdefault(bucket, {})[unit] = row, inside
    wider = {near for bucket in buckets for near in (bucket, *_near(bucket))}
    known = queries.units_in(wider, apart_from={row.id for _booking, row in rows})
    own = terms(clock.today())
    judged, late = {}, []
    for bucket, units in buckets.items():
        judged[bucket], topped = movements.judge(
            list(units), known.get(bucket, []), tolerance=own.largest_charge_percent
        )
        late += [_top_up(unit, amount) for unit, amount in topped]
        known.setdefault(bucket, []).extend(verdict.noted() for verdict in judged[bucket])
    told: dict[UUID, list[Row]] = {}
    for bucket, verdicts in judged.items():
        around = (bucket, *_near(bucket))
        movements.settle(verdicts, [unit for near in around for unit in known.get(near, [])])
        for verdict in verdicts:
            row, parts = buckets[bucket][verdict.unit]
            told.setdefault(row.id, []).extend(_rows(verdict, row, parts))
    return told, late


def _near(bucket: queries.Bucket) -> list[queries.Bucket]:
    """The days around one on which a statement may tell what a notification has told, the nearest first."""
    days, left = [], terms(clock.today()).statement_after_working_days
    for way in (timedelta(days=1), timedelta(days=-1)):
        # A notification of a day off counts for the working day that follows.
        day, passed = bucket.booked_on, 0
        while passed < left:
            day += way
            passed += clock.is_working_day(day)
            days.append(day)
    days.sort(key=lambda one: abs(one - bucket.booked_on))
    return [bucket._replace(booked_on=one) for one in days]


def _rows(verdict: Verdict, booking: BankBooking, parts: Sequence[Part]) -> Iterable[Row]:
    """The parts of a unit as movements, divided by where their money is known from."""
    amount, first = verdict.unit.amount, parts[0]
    targets = [*verdict.known, *([(None, verdict.hidden)] if verdict.hidden else [])]
    if verdict.fresh == amount:
        return [Row(part, is_known=False) for part in parts]
    if len(targets) == 1 and not verdict.fresh and not verdict.excess:
        target = targets[0][0]
        return [Row(part, is_known=True, known_from=target.key if target else None) for part in parts]
    whole = replace(first, direction=verdict.unit.direction)
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
    kept = verdict.excess if verdict.unit.direction == Direction.CREDIT else -verdict.excess
    return max(0, kept) if booking.kind != ReportKind.STATEMENT else 0


def _difference(verdict: Verdict, booking: BankBooking, whole: Part) -> list[Row]:
    """A statement is right about an amount: what it has less of a credit, or more of a debit, the bank has kept."""
    if not verdict.excess:
        return []
    direction = verdict.unit.direction
    towards = direction if verdict.excess > 0 else direction.other
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
