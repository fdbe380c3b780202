"""The verbs of programmes, calls and budget lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from marketplace.core import clock, db, tasks
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition
from marketplace.core.db import session
from marketplace.core.errors import Invalid
from marketplace.core.i18n import Text, _
from marketplace.ledger import service as ledger
from marketplace.programmes import queries, rules
from marketplace.programmes.models import BudgetLine, Call, CostShare, Funder, Programme
from marketplace.programmes.states import BUDGET_LINE, CALL, PROGRAMME
from marketplace.programmes.terms import Terms, funders


def add_funders(*, actor: Actor) -> None:
    """Make the funders on file known; those already known stay as they are."""
    for entry in funders():
        if queries.find_funder(entry["code"]) is None:
            funder = Funder(code=entry["code"], name=entry["name"], kind=entry["kind"])
            session.add(funder)
            db.flush()
            record(actor, "funder.add", funder, after={"code": funder.code})


def create_programme(terms: Terms, *, actor: Actor) -> Programme:
    """Write a programme's rules down as a draft."""
    rules.check_officer(actor)
    rules.check_terms(terms)
    programme = Programme(**_plain(terms), created_by=actor.person_id)
    session.add(programme)
    db.flush()
    record(actor, "programme.create", programme, after=_plain(terms))
    return programme


def change_programme(programme_id: UUID, terms: Terms, *, actor: Actor) -> Programme:
    """Write a draft's rules anew; a published programme is frozen."""
    rules.check_officer(actor)
    rules.check_terms(terms)
    programme = queries.get_programme(programme_id, lock=True)
    rules.check_draft(programme)
    before = {name: getattr(programme, name) for name in _plain(terms)}
    for name, value in _plain(terms).items():
        setattr(programme, name, value)
    db.flush()
    record(actor, "programme.change", programme, before=before, after=_plain(terms))
    return programme


def set_cost_shares(programme_id: UUID, shares: Mapping[UUID | None, int], *, actor: Actor) -> None:
    """Say who bears which part of the cost, in basis points by funder; None is the SME. A part of 0 is left out."""
    rules.check_officer(actor)
    rules.check_whole(shares)
    programme = queries.get_programme(programme_id, lock=True)
    rules.check_draft(programme)
    before = {str(share.funder_id): share.basis_points for share in programme.cost_shares}
    programme.cost_shares.clear()
    db.flush()
    programme.cost_shares = [
        CostShare(funder_id=funder_id, basis_points=points, position=position)
        for position, (funder_id, points) in enumerate(shares.items())
        if points
    ]
    db.flush()
    after = {str(funder_id): points for funder_id, points in shares.items()}
    record(actor, "programme.share_costs", programme, before=before, after=after)


def publish_programme(programme_id: UUID, *, actor: Actor) -> Programme:
    """Publish a complete programme; its rules are frozen from then on."""
    rules.check_officer(actor)
    programme = queries.get_programme(programme_id, lock=True)
    rules.check_draft(programme)
    rules.check_complete(rules.missing_in_programme(programme, programme.cost_shares))
    transition(programme, PROGRAMME, "publish", actor=actor)
    db.flush()
    return programme


def retire_programme(programme_id: UUID, *, actor: Actor) -> Programme:
    """Let no new call of the programme begin; calls and vouchers under way go on."""
    rules.check_officer(actor)
    programme = queries.get_programme(programme_id, lock=True)
    transition(programme, PROGRAMME, "retire", actor=actor)
    db.flush()
    return programme


def create_call(programme_id: UUID, *, actor: Actor, title: Text, opens_at: datetime, closes_at: datetime) -> Call:
    """Write a dated opening of a programme down as a draft."""
    rules.check_officer(actor)
    programme = queries.get_programme(programme_id)
    rules.check_not_retired(programme)
    _check_dates(opens_at, closes_at)
    call = Call(
        number=db.next_number("CALL"),
        programme=programme,
        title=dict(title),
        opens_at=opens_at,
        closes_at=closes_at,
        created_by=actor.person_id,
    )
    session.add(call)
    db.flush()
    record(actor, "call.create", call, after=_call_facts(call))
    return call


def change_call(call_id: UUID, *, actor: Actor, title: Text, opens_at: datetime, closes_at: datetime) -> Call:
    """Write a draft call's title and dates anew; a published call is frozen."""
    rules.check_officer(actor)
    _check_dates(opens_at, closes_at)
    call = queries.get_call(call_id, lock=True)
    rules.check_draft(call)
    before = _call_facts(call)
    call.title, call.opens_at, call.closes_at = dict(title), opens_at, closes_at
    db.flush()
    record(actor, "call.change", call, before=before, after=_call_facts(call))
    return call


def add_budget_line(call_id: UUID, *, actor: Actor, funder_id: UUID, amount: int) -> BudgetLine:
    """Propose one funder's money (minor units) for a draft call; a budget officer appropriates it."""
    rules.check_officer(actor)
    call = queries.get_call(call_id, lock=True)
    rules.check_draft(call)
    if funder_id in {line.funder_id for line in queries.budget_lines(call.id)}:
        raise Invalid(_("This funder already has a budget line in the call."), field="funder")
    line = BudgetLine(call_id=call.id, funder_id=funder_id, amount=amount, created_by=actor.person_id)
    session.add(line)
    db.flush()
    record(actor, "budget_line.propose", line, after={"call": str(call.id), "amount": amount})
    return line


def remove_budget_line(line_id: UUID, *, actor: Actor) -> None:
    """Take a proposed line back, so that another amount can be proposed; an appropriated one stays."""
    rules.check_officer(actor)
    call = queries.get_call(queries.get_budget_line(line_id).call_id, lock=True)
    line = queries.get_budget_line(line_id, lock=True)
    rules.check_draft(call)
    BUDGET_LINE.move(line.status, "appropriate")  # only a line that still waits
    record(actor, "budget_line.remove", line, before={"call": str(call.id), "amount": line.amount})
    session.delete(line)
    db.flush()


def appropriate_line(line_id: UUID, *, actor: Actor) -> BudgetLine:
    """Enter a proposed line's money into the ledger: source → available; a second person's act."""
    call = queries.get_call(queries.get_budget_line(line_id).call_id, lock=True)
    line = queries.get_budget_line(line_id, lock=True)
    rules.check_appropriation(line, actor)
    rules.check_draft(call)
    line.appropriated_by = actor.person_id
    transition(line, BUDGET_LINE, "appropriate", actor=actor, amount=line.amount)
    db.flush()
    for stage, may_be_negative in (("source", True), ("available", False)):
        ledger.open_account(
            f"{stage}:{line.id}",
            stage=stage,
            owner=("budget_line", line.id),
            currency=call.programme.currency,
            budget_line_id=line.id,
            may_be_negative=may_be_negative,
        )
    ledger.transfer(
        f"source:{line.id}",
        f"available:{line.id}",
        line.amount,
        kind="appropriate",
        actor=actor,
        reference=call.number,
        key=f"appropriate:{line.id}",
    )
    return line


def publish_call(call_id: UUID, *, actor: Actor) -> Call:
    """Publish a complete call; its rules and money are frozen, and its closing is scheduled."""
    rules.check_officer(actor)
    call = queries.get_call(call_id, lock=True)
    rules.check_draft(call)
    shares = queries.cost_shares(call.programme_id)
    rules.check_complete(rules.missing_in_call(call, queries.budget_lines(call.id), shares, clock.now()))
    call.published_by = actor.person_id
    transition(call, CALL, "publish", actor=actor)
    db.flush()
    tasks.schedule(tasks.Task.CLOSE_CALL, call.id, run_after=call.closes_at)
    return call


def close_call(call_id: UUID, *, actor: Actor) -> Call:
    """Seal the list of applications once the closing time has passed; a closed call stays as it is."""
    call = queries.get_call(call_id, lock=True)
    if call.status == "published" and call.closes_at <= clock.now():
        transition(call, CALL, "close", actor=actor)
        db.flush()
    return call


def _plain(terms: Terms) -> dict[str, object]:
    values = asdict(terms)
    return values | {"service_lines": list(terms.service_lines), "stages": list(terms.stages)}


def _call_facts(call: Call) -> dict[str, object]:
    return {"title": call.title, "opens_at": call.opens_at, "closes_at": call.closes_at}


def _check_dates(opens_at: datetime, closes_at: datetime) -> None:
    if opens_at >= closes_at:
        raise Invalid(_("The call must close after it opens."), field="closes_at")
