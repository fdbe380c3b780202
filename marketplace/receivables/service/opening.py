"""The verbs that open a debt: one officer says why and how much follows from it, another one confirms or drops it."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from dateutil.relativedelta import relativedelta

from config import recovery, repayment
from marketplace.claims import service as claims
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.money import split
from marketplace.core.reasons import check_reason
from marketplace.engagements.models import Engagement
from marketplace.ledger.chart import TransferKind
from marketplace.ledger.service import money_verb
from marketplace.receivables import queries, rules, schedule
from marketplace.receivables.models import Receivable
from marketplace.receivables.schedule import Parts
from marketplace.receivables.service import money
from marketplace.receivables.service.instalments import add_instalments
from marketplace.receivables.service.letters import notify
from marketplace.receivables.states import RECEIVABLE, ReceivableKind


@money_verb(Receivable)
def propose_repayment(engagement_id: UUID, *, actor: Actor, reason: str, key: str) -> Receivable:
    """A programme officer declares the finished work a success: its company gives a share of the aid back."""
    return _propose_repayment(engagement_id, actor, reason)


@money_verb(Receivable)
def decline_repayment(engagement_id: UUID, *, actor: Actor, reason: str, key: str) -> Receivable:
    """A programme officer says why the finished work is no success: nothing is given back, and the reason is kept."""
    receivable = _propose_repayment(engagement_id, actor, reason)
    return _drop(receivable, actor, reason)


@money_verb(Receivable)
def open_recovery(
    engagement_id: UUID, *, actor: Actor, debtor_id: UUID, ground: str, reason: str, key: str, amount: int | None = None
) -> Receivable:
    """Ask back `amount` minor units, or all, of the aid paid for an engagement that isn't asked back yet.

    The surcharge of the ground comes on top. There may be several recoveries, as long as all fit into what was paid.
    """
    rules.check_role(actor, Role.BUDGET_OFFICER, Role.ETHICS_OFFICER)
    engagement = db.get(Engagement, engagement_id, lock=True)
    rules.check_debtor(engagement, debtor_id)
    terms = recovery.terms(clock.today())
    percent = rules.check_ground(ground, clock.today()).surcharge_percent
    left = _left(engagement.id)
    principal = rules.check_part(amount, sum(left.values()))
    receivable = _new(ReceivableKind.RECOVERY, engagement, actor, reason, principal, left, terms)
    receivable.debtor_id, receivable.ground = debtor_id, ground
    receivable.surcharge = principal * percent // 100
    return _keep(receivable, actor)


@money_verb(Receivable)
def confirm(receivable_id: UUID, *, actor: Actor, key: str) -> Receivable:
    """Another officer confirms: the money is owed from now on, in instalments, and the debtor is told.

    Refused when the bank has sent a payment back meanwhile, so that more is asked back than was paid.
    """
    receivable = queries.lock_receivable(receivable_id)
    _check_decides(receivable, actor)
    rules.check_second(receivable.proposed_by, actor, rules.SECOND_OFFICER)
    rules.check_still_paid(receivable.parts, _left(receivable.engagement_id, without=receivable))
    receivable.confirmed_by = actor.person_id
    transition(receivable, RECEIVABLE, "confirm", actor=actor, amount=receivable.principal + receivable.surcharge)
    if receivable.kind == ReceivableKind.RECOVERY:
        _plan_recovery(receivable)
    else:
        _plan_repayment(receivable)
    db.flush()
    total = receivable.principal + receivable.surcharge
    money.raise_debt(receivable, total, kind=TransferKind.RAISE, actor=actor, key=f"{receivable.id}:raise")
    claims.expect_payment(receivable.number, currency=receivable.currency)
    notify(receivable, "receivables/confirmed", key=str(receivable.id), total=total)
    return receivable


def drop(receivable_id: UUID, *, actor: Actor, reason: str) -> Receivable:
    """Give a proposal up before it is confirmed, with a reason."""
    receivable = queries.lock_receivable(receivable_id)
    _check_decides(receivable, actor)
    return _drop(receivable, actor, reason)


def _propose_repayment(engagement_id: UUID, actor: Actor, reason: str) -> Receivable:
    rules.check_role(actor, Role.PROGRAMME_OFFICER)
    engagement = db.get(Engagement, engagement_id, lock=True)
    terms = rules.check_success(engagement, queries.programme_of(engagement).code, clock.today())
    left = _left(engagement.id)
    paid = sum(left.values())
    rules.check_owed(paid)
    share, _rest = split(paid, [terms.share_basis_points, schedule.WHOLE - terms.share_basis_points])
    rules.check_owed(share)
    return _keep(_new(ReceivableKind.REPAYMENT, engagement, actor, reason, share, left, terms), actor)


def _left(engagement_id: UUID, *, without: Receivable | None = None) -> dict[UUID, int]:
    """Aid paid for the engagement that isn't asked back yet, by budget line; one receivable doesn't count if asked."""
    left = queries.aid_paid(engagement_id)
    for earlier in queries.receivables_of(engagement_id):
        for line, part in (earlier.parts if earlier is not without else {}).items():
            left[UUID(line)] = max(0, left.get(UUID(line), 0) - part)
    return left


def _new(
    kind: ReceivableKind,
    engagement: Engagement,
    actor: Actor,
    reason: str,
    principal: int,
    left: Mapping[UUID, int],
    terms: recovery.Terms | repayment.Terms,
) -> Receivable:
    return Receivable(
        number=db.next_number("RCV"),
        kind=kind,
        engagement_id=engagement.id,
        debtor_id=engagement.organisation_id,
        currency=engagement.agreement.currency,
        aid_paid=sum(queries.aid_paid(engagement.id).values()),
        principal=principal,
        surcharge=0,
        parts=rules.part_by_line(principal, left),
        reason=check_reason(reason),
        days_to_pay=terms.days_to_pay,
        interest_basis_points=terms.interest_basis_points,
        reminder_days=terms.reminder_days,
        status=RECEIVABLE.initial,
        proposed_by=actor.person_id,
    )


def _keep(receivable: Receivable, actor: Actor) -> Receivable:
    db.session.add(receivable)
    db.flush()
    amounts = {"principal": receivable.principal, "surcharge": receivable.surcharge, "ground": receivable.ground}
    record(actor, "receivable.propose", receivable, after=amounts, reason=receivable.reason)
    return receivable


def _check_decides(receivable: Receivable, actor: Actor) -> None:
    others = [Role.ETHICS_OFFICER] if receivable.kind == ReceivableKind.RECOVERY else []
    rules.check_role(actor, Role.BUDGET_OFFICER, *others)


def _drop(receivable: Receivable, actor: Actor, reason: str) -> Receivable:
    receivable.drop_reason = check_reason(reason)
    transition(receivable, RECEIVABLE, "drop", actor=actor, reason=reason)
    db.flush()
    return receivable


def _plan_recovery(receivable: Receivable) -> None:
    """All of it at once; the name becomes public for a time where the ground says so."""
    today = clock.today()
    terms = recovery.terms(today)
    due_on = today + timedelta(days=receivable.days_to_pay)
    add_instalments(receivable, [Parts(receivable.principal, receivable.surcharge)], [due_on])
    if receivable.ground and rules.check_ground(receivable.ground, today).listed:
        receivable.listed_from = today + timedelta(days=terms.listed_after_days)
        receivable.listed_until = receivable.listed_from + timedelta(days=terms.listed_days)


def _plan_repayment(receivable: Receivable) -> None:
    """Equal instalments over the years of the terms that stood when success was declared."""
    declared_on = receivable.proposed_at.astimezone(clock.zone()).date()
    programme = queries.programme_of(receivable.engagement)
    terms = rules.check_success(receivable.engagement, programme.code, declared_on)
    first = clock.today() + relativedelta(months=terms.first_due_after_months)
    parts = schedule.shares(Parts(receivable.principal), terms.instalments)
    add_instalments(receivable, parts, schedule.due_dates(first, terms.instalments, terms.every_months))
