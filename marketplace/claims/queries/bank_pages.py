"""What the pages of bank files show: reports with their proof, movements, and what a movement may be."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Date, Row, Select, Uuid, and_, any_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from marketplace.accounts.queries import person_name_of
from marketplace.claims.models import (
    BankAssignment,
    BankBooking,
    BankEntry,
    BankImport,
    BankProposal,
    BankReport,
    PaymentBatch,
    PaymentLine,
)
from marketplace.claims.queries.unmatched import SHOWN
from marketplace.claims.states import AssignmentKind, BatchStatus, Direction, EntryOutcome, LineStatus, ReportKind
from marketplace.core import db
from marketplace.core.text import plain_number

MOVEMENT = (*SHOWN, BankEntry.position, BankEntry.outcome, BankAssignment.kind, BankAssignment.reason)
MONTH = 31


def movements_shown(import_id: UUID) -> Select[*tuple[Any, ...]]:
    """What a file's page says of each of its movements."""
    shown = select(*MOVEMENT).outerjoin(BankAssignment, BankAssignment.entry_id == BankEntry.id)
    return shown.where(BankEntry.import_id == import_id)


class Progress(NamedTuple):
    """How far a file is: whether it was read, and how many of its movements are booked."""

    is_read: bool
    movements: int
    booked: int

    @property
    def percent(self) -> int | None:
        """Of its movements; None until it was read, when nobody knows how many there are."""
        if not self.is_read:
            return None
        return 100 * self.booked // self.movements if self.movements else 100


def progress(import_id: UUID) -> Progress:
    """How far the file is; NotFound without one."""
    counted = select(func.count(), func.count().filter(BankEntry.outcome != EntryOutcome.WAITING))
    movements, booked = db.session.execute(counted.where(BankEntry.import_id == import_id)).one()
    return Progress(db.get(BankImport, import_id).read_at is not None, movements, booked)


class Proof(NamedTuple):
    """A report, the statement before it, and the days on which the books say something else than the statements."""

    report: BankReport
    before: BankReport | None
    apart: Sequence[tuple[date, int, int]]

    @property
    def goes_on(self) -> bool:
        """Whether it opens with what the one before it closed with."""
        return self.before is None or self.before.closing == self.report.opening


def proofs(reports: Sequence[BankReport]) -> list[Proof]:
    """Of each report what proves it."""
    return [Proof(report, _before(report), _apart(report)) for report in reports]


def _before(report: BankReport) -> BankReport | None:
    """The statement before: of its day the one that closed as this one opens, or else the last one before its day."""
    if report.kind != ReportKind.STATEMENT or report.closed_on is None:
        return None
    fits = BankReport.closing == report.opening
    query = select(BankReport).where(
        BankReport.id != report.id,
        BankReport.kind == ReportKind.STATEMENT,
        func.plain_number(BankReport.account) == plain_number(report.account),
        BankReport.currency == report.currency,
        or_(BankReport.closed_on < report.closed_on, and_(BankReport.closed_on == report.closed_on, fits)),
        BankReport.closing.is_not(None),
    )
    query = query.order_by(BankReport.closed_on.desc(), fits.desc(), BankReport.id).limit(1)
    return db.session.scalars(query).one_or_none()


def _apart(report: BankReport) -> Sequence[tuple[date, int, int]]:
    """Of the report's days those on which all statements, and the books, moved by different sums."""
    if report.kind != ReportKind.STATEMENT:
        return []
    given = {"report_id": report.id, "account": report.account, "currency": report.currency}
    return [(day, int(told), int(booked)) for day, told, booked in db.session.execute(_days(), given)]


@cache
def _days() -> Select[*tuple[Any, ...]]:
    days = select(BankBooking.booked_on).where(BankBooking.report_id == bindparam("report_id")).distinct()
    plain, account = func.plain_number, func.plain_number(bindparam("account"))
    sign = case((BankBooking.direction == Direction.CREDIT, 1), else_=-1)
    told = (
        select(BankBooking.booked_on.label("day"), func.sum(sign * BankBooking.amount).label("told"))
        .where(BankBooking.kind == ReportKind.STATEMENT, BankBooking.repeats_id.is_(None))
        .where(plain(BankBooking.account) == account, BankBooking.currency == bindparam("currency"))
        .where(BankBooking.booked_on.in_(days))
        .group_by(BankBooking.booked_on)
        .subquery()
    )
    signed = case((BankEntry.direction == Direction.CREDIT, 1), else_=-1) * BankEntry.amount
    # What a statement tells on a later day than a notification did counts on the statement's, with its charges.
    later, stated, holder = aliased(BankEntry), aliased(BankBooking), aliased(BankEntry)
    day = func.coalesce(
        select(func.min(later.booked_on))
        .join(stated, stated.id == later.booking_id)
        .join(holder, holder.id == later.known_from_id)
        .where(stated.kind == ReportKind.STATEMENT, holder.booking_id == BankEntry.booking_id)
        .where(or_(holder.id == BankEntry.id, BankEntry.is_charge))
        .scalar_subquery(),
        BankEntry.booked_on,
    )
    first, last = (select(end(days.subquery().c.booked_on)).scalar_subquery() for end in (func.min, func.max))
    twice = exists().where(BankAssignment.entry_id == BankEntry.id, BankAssignment.kind == AssignmentKind.KNOWN)
    booked = (
        select(day.label("day"), func.sum(signed).label("booked"))
        .where(~BankEntry.is_known, BankEntry.outcome != EntryOutcome.WAITING, ~twice)
        .where(plain(BankEntry.account) == account, BankEntry.currency == bindparam("currency"))
        .where(BankEntry.booked_on.between(first - MONTH, last + MONTH), day.in_(days))
        .group_by(day)
        .subquery()
    )
    both = func.coalesce(booked.c.booked, 0)
    query = select(told.c.day, told.c.told, both).outerjoin(booked, booked.c.day == told.c.day)
    return query.where(told.c.told != both).order_by(told.c.day)


class LikelyBatch(NamedTuple):
    """A batch whose payments wait for the bank: how many, and their sum."""

    id: UUID
    number: str
    payments: int
    total: int


def likely_batches(entry: BankEntry) -> list[LikelyBatch]:
    """Batches that a debit may be, the one of its amount first."""
    total = func.sum(PaymentLine.amount)
    query = (
        select(PaymentBatch.id, PaymentBatch.number, func.count(), total)
        .join(PaymentLine, PaymentLine.batch_id == PaymentBatch.id)
        .where(PaymentBatch.status == BatchStatus.SENT, PaymentBatch.currency == entry.currency)
        .where(PaymentLine.status == LineStatus.PENDING)
        .group_by(PaymentBatch.id, PaymentBatch.number)
        .order_by(func.abs(total - entry.amount), PaymentBatch.number)
    )
    return [LikelyBatch(*row[:3], int(row[3])) for row in db.session.execute(query)]


def proposal_shown(proposal_id: UUID) -> tuple[BankProposal, str]:
    """What is proposed of a movement, and who proposed it; NotFound without one."""
    name = person_name_of(BankProposal.proposed_by).label("proposer")
    row = db.one_row(select(BankProposal, name).where(BankProposal.id == proposal_id))
    return row.BankProposal, row.proposer


def proposals_of(entry_ids: Sequence[UUID]) -> dict[UUID, BankProposal]:
    """What is proposed of these movements and neither confirmed nor refused, by movement."""
    proposals = db.session.scalars(_proposals_of(), {"entry_ids": list(entry_ids)})
    return {proposal.entry_id: proposal for proposal in proposals}


@cache
def _proposals_of() -> Select[BankProposal]:
    these = BankProposal.entry_id == any_(bindparam("entry_ids", type_=ARRAY(Uuid)))
    return select(BankProposal).where(these, BankProposal.refused_at.is_(None))


def counterparts(entry: BankEntry) -> Sequence[Row[*tuple[Any, ...]]]:
    """Movements that may be the same money in another kind of report, or that make this one good."""
    given = {
        "entry_id": entry.id,
        "account": entry.account,
        "currency": entry.currency,
        "amount": entry.amount,
        "direction": entry.direction,
        "kind": entry.booking.kind,
        "resembles": entry.booking.resembles_id,
        "booked_on": entry.booked_on,
    }
    return db.session.execute(_counterparts(), given).all()


@cache
def _counterparts() -> Select[*tuple[Any, ...]]:
    other, booking, assigned = aliased(BankEntry), aliased(BankBooking), aliased(BankAssignment)
    direction = bindparam("direction", type_=other.direction.type)
    elsewhere = (booking.kind != bindparam("kind")) | (booking.id == bindparam("resembles", type_=Uuid))
    same = (other.direction == direction) & ~other.is_known & elsewhere
    opposite = (other.direction != direction) & (other.outcome == EntryOutcome.UNMATCHED) & assigned.id.is_(None)
    query = (
        select(other.id, other.booked_on, other.direction, other.amount, other.currency, other.reference, other.debtor)
        .join(booking, booking.id == other.booking_id)
        .outerjoin(assigned, assigned.entry_id == other.id)
        .where(
            other.id != bindparam("entry_id"),
            func.plain_number(other.account) == func.plain_number(bindparam("account")),
        )
        .where(other.currency == bindparam("currency"), other.amount == bindparam("amount"))
        .where(or_(same, opposite))
        .where(func.abs(other.booked_on - bindparam("booked_on", type_=Date)) <= MONTH)
    )
    return query.order_by(other.booked_on.desc(), other.id).limit(20)
