"""Reads of programmes, calls and their budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager, joinedload

from marketplace.core import clock
from marketplace.core.actors import AGENCY, Actor
from marketplace.core.db import get, session
from marketplace.core.errors import NotFound
from marketplace.ledger import queries as ledger
from marketplace.programmes.models import BudgetLine, Call, CallSeed, CostShare, Funder, Programme


def funders() -> Sequence[Funder]:
    """Every funder, central ones first."""
    return session.scalars(select(Funder).order_by(Funder.kind, Funder.code)).all()


def find_funder(code: str) -> Funder | None:
    """The funder with this code, if there is one."""
    return session.scalars(select(Funder).where(Funder.code == code)).one_or_none()


def programmes(actor: Actor) -> Sequence[Programme]:
    """The programmes this actor may see, newest first: the agency sees drafts, others what was published."""
    found = select(Programme).order_by(Programme.created_at.desc(), Programme.code)
    if actor.role not in AGENCY:
        found = found.where(Programme.status != "draft")
    return session.scalars(found).all()


def get_programme(programme_id: UUID, *, actor: Actor | None = None, lock: bool = False) -> Programme:
    """The programme; for others than the agency a draft doesn't exist."""
    programme = get(Programme, programme_id, lock=lock)
    if actor is not None and actor.role not in AGENCY and programme.status == "draft":
        raise NotFound()
    return programme


def visible_calls(actor: Actor) -> Select[Call]:
    """The calls this actor may see: the agency sees drafts, others what was published."""
    found = select(Call)
    return found if actor.role in AGENCY else found.where(Call.status != "draft")


def calls(actor: Actor) -> Sequence[Call]:
    """Every call this actor may see, newest first."""
    return session.scalars(visible_calls(actor).order_by(Call.opens_at.desc(), Call.number)).all()


def calls_of(programme_id: UUID, actor: Actor) -> Sequence[Call]:
    """The calls of a programme this actor may see, newest first."""
    found = visible_calls(actor).where(Call.programme_id == programme_id)
    return session.scalars(found.order_by(Call.opens_at.desc(), Call.number)).all()


def open_calls() -> Sequence[Call]:
    """The calls that take applications now, the one that closes first at the top."""
    now = clock.now()
    return session.scalars(
        select(Call)
        .where(Call.status == "published", Call.opens_at <= now, Call.closes_at > now)
        .order_by(Call.closes_at, Call.number)
    ).all()


def get_call(call_id: UUID, *, actor: Actor | None = None, lock: bool = False) -> Call:
    """The call; for others than the agency a draft doesn't exist."""
    call = get(Call, call_id, lock=lock)
    if actor is not None and actor.role not in AGENCY and call.status == "draft":
        raise NotFound()
    return call


def seed(call: Call) -> str | None:
    """The seed of the call's lottery; None before the call closes, when nobody can read it, or without a lottery."""
    return session.scalar(select(CallSeed.seed).where(CallSeed.call_id == call.id))


def get_budget_line(line_id: UUID, *, lock: bool = False) -> BudgetLine:
    """The budget line, or NotFound."""
    return get(BudgetLine, line_id, lock=lock)


def budget_lines(call_id: UUID) -> Sequence[BudgetLine]:
    """The budget lines of a call, central funders first."""
    return session.scalars(
        select(BudgetLine)
        .join(BudgetLine.funder)
        .options(contains_eager(BudgetLine.funder))
        .where(BudgetLine.call_id == call_id)
        .order_by(Funder.kind, Funder.code)
        .execution_options(populate_existing=True)
    ).all()


def cost_shares(programme_id: UUID) -> Sequence[CostShare]:
    """Who bears which part of the cost, in basis points that sum to 10,000; the one without a funder is the SME's."""
    return session.scalars(
        select(CostShare)
        .options(joinedload(CostShare.funder))
        .where(CostShare.programme_id == programme_id)
        .order_by(CostShare.position)
    ).all()


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

    def percent(self, part: int) -> int:
        """A part of the total in whole per cent, rounded down; 0 of nothing."""
        return part * 100 // self.total if self.total else 0


def meter(call: Call) -> Meter:
    """The live budget meter of a call, from the ledger."""
    line_ids = session.scalars(select(BudgetLine.id).where(BudgetLine.call_id == call.id)).all()
    totals = ledger.totals_by_stage(line_ids)
    return Meter(currency=call.programme.currency, total=sum(totals.values()), **totals)


def lines_waiting() -> Sequence[BudgetLine]:
    """Budget lines that wait for a budget officer, oldest first."""
    return session.scalars(
        select(BudgetLine)
        .options(joinedload(BudgetLine.funder), joinedload(BudgetLine.call).joinedload(Call.programme))
        .where(BudgetLine.status == "proposed")
        .order_by(BudgetLine.created_at, BudgetLine.id)
    ).all()
