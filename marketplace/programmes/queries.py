"""Reads of programmes, calls and their budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import BindParameter, Row, Select, bindparam, func, select
from sqlalchemy.orm import contains_eager, joinedload

from marketplace.agency.models import Funder
from marketplace.core import clock, db
from marketplace.core.actors import AGENCY, Actor
from marketplace.core.errors import NotFound
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.ledger.chart import Stage
from marketplace.ledger.models import Account
from marketplace.programmes import rules
from marketplace.programmes.models import (
    Amendment,
    BudgetLine,
    Call,
    CallFile,
    CallSeed,
    CostShare,
    Programme,
    WaitingRoom,
    WaitingRoomSeed,
)
from marketplace.programmes.notice import Notice, fold
from marketplace.programmes.states import BudgetLineStatus, CallStatus, ProgrammeStatus


def programmes(actor: Actor) -> Sequence[Programme]:
    """The programmes this actor may see, newest first: the agency sees drafts, others what was published."""
    query = select(Programme).order_by(Programme.created_at.desc(), Programme.code)
    if actor.role not in AGENCY:
        query = query.where(Programme.status != ProgrammeStatus.DRAFT)
    return db.session.scalars(query).all()


def get_programme(programme_id: UUID, *, actor: Actor | None = None, lock: bool = False) -> Programme:
    """The programme; for others than the agency a draft doesn't exist."""
    programme = db.get(Programme, programme_id, lock=lock)
    if actor is not None and actor.role not in AGENCY and programme.status == ProgrammeStatus.DRAFT:
        raise NotFound()
    return programme


def visible_calls(actor: Actor) -> Select[Call]:
    """The calls this actor may see: the agency sees drafts, others what was published."""
    query = select(Call)
    return query if actor.role in AGENCY else query.where(Call.status != CallStatus.DRAFT)


def calls(actor: Actor) -> Sequence[Row[UUID, str, dict[str, str], CallStatus]]:
    """Id, number, title and status of every call this actor may see, newest first."""
    query = visible_calls(actor).with_only_columns(Call.id, Call.number, Call.title, Call.status)
    return db.session.execute(query.order_by(Call.opens_at.desc(), Call.number)).all()


def calls_of(programme_id: UUID, actor: Actor) -> Sequence[Call]:
    """The calls of a programme this actor may see, newest first."""
    query = visible_calls(actor).where(Call.programme_id == programme_id)
    return db.session.scalars(query.order_by(Call.opens_at.desc(), Call.number)).all()


def open_calls() -> Sequence[Call]:
    """The calls that take applications now, the one that closes first at the top."""
    return db.session.scalars(_open_calls(), {"now": clock.now()}).all()


@cache
def _open_calls() -> Select[Call]:
    now: BindParameter[datetime] = bindparam("now")
    return (
        select(Call)
        .options(joinedload(Call.programme, innerjoin=True))
        .where(Call.status == CallStatus.PUBLISHED, Call.opens_at <= now, Call.closes_at > now)
        .order_by(Call.closes_at, Call.number)
    )


def get_call(call_id: UUID, *, actor: Actor | None = None, lock: bool = False) -> Call:
    """The call, read together with its programme unless locked; for others than the agency a draft doesn't exist."""
    call = db.get(Call, call_id, lock=lock, options=() if lock else [joinedload(Call.programme, innerjoin=True)])
    if actor is not None and actor.role not in AGENCY and call.status == CallStatus.DRAFT:
        raise NotFound()
    return call


def notice(call: Call, *, proposed: Amendment | None = None) -> Notice:
    """The notice of a call with everything that is published; with a proposed amendment, as it would read with that."""
    amendments = db.session.scalars(_amendments(), {"call_id": call.id}).all()
    if proposed is not None:
        amendments = [*amendments, proposed]
    shown = [None, *(amendment.id for amendment in amendments)]
    files = db.session.scalars(_files(), {"call_id": call.id})
    return fold(call, amendments, [file for file in files if file.amendment_id in shown])


@cache
def _amendments() -> Select[Amendment]:
    published = select(Amendment).where(Amendment.call_id == bindparam("call_id"), Amendment.published_at.is_not(None))
    return published.order_by(Amendment.published_at, Amendment.id)


@cache
def _files() -> Select[CallFile]:
    query = select(CallFile).options(joinedload(CallFile.file)).where(CallFile.call_id == bindparam("call_id"))
    return query.order_by(CallFile.created_at, CallFile.id)


def files_of_amendment(amendment_id: UUID) -> Sequence[CallFile]:
    """The files that an amendment adds."""
    return db.session.scalars(select(CallFile).where(CallFile.amendment_id == amendment_id)).all()


def find_proposed_amendment(call_id: UUID) -> Amendment | None:
    """The amendment of a call that waits for a second officer, if there is one."""
    return db.session.scalars(_proposed_amendment(), {"call_id": call_id}).one_or_none()


@cache
def _proposed_amendment() -> Select[Amendment]:
    return select(Amendment).where(Amendment.call_id == bindparam("call_id"), Amendment.published_at.is_(None))


def get_amendment(amendment_id: UUID, *, lock: bool = False) -> Amendment:
    """The amendment, or NotFound."""
    return db.get(Amendment, amendment_id, lock=lock)


def get_call_file(file_id: UUID, *, actor: Actor | None = None) -> CallFile:
    """A file of a call's notice; what isn't published doesn't exist for others than the agency."""
    file = db.get(CallFile, file_id)
    hidden = file.call.status == CallStatus.DRAFT or (file.amendment and file.amendment.published_at is None)
    if actor is not None and actor.role not in AGENCY and hidden:
        raise NotFound()
    return file


def seed(call: Call) -> str | None:
    """The seed of the call's lottery; None before the call closes, when nobody can read it, or without a lottery."""
    return db.session.scalar(select(CallSeed.seed).where(CallSeed.call_id == call.id))


def get_budget_line(line_id: UUID, *, lock: bool = False) -> BudgetLine:
    """The budget line, or NotFound."""
    return db.get(BudgetLine, line_id, lock=lock)


def budget_lines(call_id: UUID) -> Sequence[BudgetLine]:
    """The budget lines of a call, central funders first."""
    return db.session.scalars(_budget_lines(), {"call_id": call_id}).all()


@cache
def _budget_lines() -> Select[BudgetLine]:
    return (
        select(BudgetLine)
        .join(BudgetLine.funder)
        .options(contains_eager(BudgetLine.funder))
        .where(BudgetLine.call_id == bindparam("call_id"))
        .order_by(Funder.kind, Funder.code)
        .execution_options(populate_existing=True)
    )


def cost_shares(programme_id: UUID) -> Sequence[CostShare]:
    """Who bears which part of each category of cost, in basis points that sum to 10,000; without a funder, the SME."""
    return db.session.scalars(_cost_shares(), {"programme_id": programme_id}).all()


@cache
def _cost_shares() -> Select[CostShare]:
    return (
        select(CostShare)
        .options(joinedload(CostShare.funder))
        .where(CostShare.programme_id == bindparam("programme_id"))
        .order_by(CostShare.category, CostShare.position)
    )


def funder_weights(programme_id: UUID) -> dict[UUID, int]:
    """In which proportion the funders bear a voucher: their shares, by what each category is planned to cost."""
    return rules.funder_weights(get_programme(programme_id), cost_shares(programme_id))


@dataclass(frozen=True)
class Meter:
    """Where the public money of a call stands, in minor units: the sums of its transfers."""

    currency: str
    total: int
    available: int
    reserved: int
    committed: int
    payable: int
    paid: int
    returned: int

    @property
    def in_flight(self) -> int:
        """What somebody has a right to and is not paid yet."""
        return self.reserved + self.committed + self.payable

    def percent(self, part: int) -> int:
        """A part of the total in whole per cent, rounded down; 0 of nothing."""
        return part * 100 // self.total if self.total else 0


def meter(call: Call) -> Meter:
    """The live budget meter of a call, from the ledger."""
    totals = ledger.totals_by_stage(select(BudgetLine.id).where(BudgetLine.call_id == call.id))
    return Meter(currency=call.programme.currency, total=sum(totals.values()), **totals)


def hold_call(call_id: UUID) -> Call:
    """The call as it is now, with its programme, held in share mode: it neither closes nor ends meanwhile."""
    held = select(Call).options(joinedload(Call.programme, innerjoin=True)).where(Call.id == call_id)
    held = held.with_for_update(read=True, of=Call)
    return db.session.scalars(held.execution_options(populate_existing=True)).one()


def ceiling(call: Call) -> int | None:
    """What applications may ask for together before intake pauses, in minor units; None without a ceiling."""
    if call.intake_ceiling_percent is None or call.ceiling_lifted_at is not None:
        return None
    budget = db.session.scalar(select(func.sum(BudgetLine.amount)).where(BudgetLine.call_id == call.id)) or 0
    return int(budget) * call.intake_ceiling_percent // 100


def ending_call_ids() -> Sequence[UUID]:
    """The calls that are winding down, the longest first."""
    query = select(Call.id).where(Call.status == CallStatus.WINDING_DOWN).order_by(Call.winding_down_at, Call.id)
    return db.session.scalars(query).all()


def find_waiting_room(call_id: UUID, *, lock: bool = False, hold: bool = False) -> WaitingRoom | None:
    """The waiting room of a call, if it has one; `hold` keeps it from being drawn meanwhile."""
    query = _waiting_room()
    if lock or hold:
        query = query.with_for_update(read=hold, key_share=not hold).execution_options(populate_existing=True)
    return db.session.scalars(query, {"call_id": call_id}).one_or_none()


@cache
def _waiting_room() -> Select[WaitingRoom]:
    return select(WaitingRoom).where(WaitingRoom.call_id == bindparam("call_id"))


def find_seed(call_id: UUID) -> str | None:
    """The seed of a waiting room's draw; the database shows none before the call opens."""
    return db.session.scalar(select(WaitingRoomSeed.seed).where(WaitingRoomSeed.call_id == call_id))


def unspent(call: Call) -> dict[UUID, int]:
    """What is still available on each budget line of a call, in minor units."""
    line_ids = [line.id for line in budget_lines(call.id)]
    balances = {line_id: ledger.balance(chart.available(line_id)) for line_id in line_ids}
    return {line_id: balance for line_id, balance in balances.items() if balance}


def lines_to_return() -> Sequence[tuple[BudgetLine, int]]:
    """Budget lines of ending calls with money that is still available, in minor units; the longest ending first."""
    rows = db.session.execute(
        select(BudgetLine, Account.balance)
        .join(BudgetLine.call)
        .join(Account, Account.budget_line_id == BudgetLine.id)
        .options(joinedload(BudgetLine.funder), contains_eager(BudgetLine.call).joinedload(Call.programme))
        .where(Call.winding_down_at.is_not(None), Account.stage == Stage.AVAILABLE, Account.balance > 0)
        .order_by(Call.winding_down_at, BudgetLine.id)
    )
    return [(row[0], row[1]) for row in rows]


def lines_waiting() -> Sequence[BudgetLine]:
    """Budget lines that wait for a budget officer, oldest first."""
    return db.session.scalars(
        select(BudgetLine)
        .options(joinedload(BudgetLine.funder), joinedload(BudgetLine.call).joinedload(Call.programme))
        .where(BudgetLine.status == BudgetLineStatus.PROPOSED)
        .order_by(BudgetLine.created_at, BudgetLine.id)
    ).all()
