"""The verbs of a budget line: one officer proposes the money, another appropriates it and returns what is unspent."""

from __future__ import annotations

from uuid import UUID

from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition
from marketplace.core.errors import Invalid
from marketplace.core.i18n import _
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.ledger.chart import TransferKind
from marketplace.ledger.service import Leg, money_verb, post
from marketplace.programmes import queries, rules
from marketplace.programmes.models import BudgetLine
from marketplace.programmes.states import BUDGET_LINE


def add_budget_line(call_id: UUID, *, actor: Actor, funder_id: UUID, amount: int) -> BudgetLine:
    """Propose one funder's money (minor units) for a draft call; a budget officer appropriates it."""
    rules.check_officer(actor)
    call = queries.get_call(call_id, lock=True)
    rules.check_draft(call)
    if funder_id in {line.funder_id for line in queries.budget_lines(call.id)}:
        raise Invalid(_("This funder already has a budget line in the call."), field="funder")
    programme = call.programme
    parts = rules.voucher_parts(programme, queries.cost_shares(programme.id))
    rules.check_pays_a_voucher(amount, parts.get(funder_id, 0), programme.currency)
    line = BudgetLine(call_id=call.id, funder_id=funder_id, amount=amount, created_by=actor.person_id)
    db.session.add(line)
    db.flush()
    record(actor, "budget_line.propose", line, after={"call": str(call.id), "amount": amount})
    return line


def remove_budget_line(line_id: UUID, *, actor: Actor) -> None:
    """Take a proposed line back, so that another amount can be proposed; an appropriated one stays."""
    rules.check_officer(actor)
    call = queries.get_call(queries.get_budget_line(line_id).call_id, lock=True)
    line = queries.get_budget_line(line_id, lock=True)
    BUDGET_LINE.move(line.status, "appropriate")  # a line still waits only while its call is a draft
    record(actor, "budget_line.remove", line, before={"call": str(call.id), "amount": line.amount})
    db.session.delete(line)
    db.flush()


@money_verb(BudgetLine)
def appropriate_line(line_id: UUID, *, actor: Actor, key: str) -> BudgetLine:
    """Enter a proposed line's money into the ledger: source → available; a second person's act."""
    call = queries.get_call(queries.get_budget_line(line_id).call_id, lock=True)
    line = queries.get_budget_line(line_id, lock=True)
    rules.check_appropriation(line, actor)
    line.appropriated_by = actor.person_id
    transition(line, BUDGET_LINE, "appropriate", actor=actor, amount=line.amount)
    db.flush()
    leg = Leg(chart.source(line.id), chart.available(line.id), line.amount, f"appropriate:{line.id}")
    currency = call.programme.currency
    post([leg], kind=TransferKind.APPROPRIATE, currency=currency, actor=actor, reference=call.number)
    return line


@money_verb(BudgetLine)
def return_unspent(line_id: UUID, *, actor: Actor, key: str) -> BudgetLine:
    """Give what is still available of an ending call's line back to its funder: available → returned.

    A budget officer's act, never that of who proposed the line. What is released later is returned by another one.
    """
    call = queries.get_call(queries.get_budget_line(line_id).call_id, lock=True)
    line = queries.get_budget_line(line_id, lock=True)
    rules.check_return(call, line, actor)
    unspent = ledger.balance(chart.available(line.id))
    rules.check_unspent(unspent)
    leg = Leg(chart.available(line.id), chart.returned(line.id), unspent, f"return:{line.id}:{key}")
    currency = call.programme.currency
    post([leg], kind=TransferKind.RETURN, currency=currency, actor=actor, reference=call.number)
    record(actor, "budget_line.return_unspent", line, after={"amount": unspent})
    return line
