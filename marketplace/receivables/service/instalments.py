"""The verbs of instalments: plan, notify, remind, agree others."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.i18n import _
from marketplace.core.reasons import check_reason
from marketplace.core.tasks import Queue, cancel, task
from marketplace.core.tasks import schedule as ask_for
from marketplace.ledger.chart import TransferKind
from marketplace.ledger.service import money_verb
from marketplace.receivables import queries, rules, schedule
from marketplace.receivables.models import LIVE, Instalment, Receivable
from marketplace.receivables.schedule import Parts
from marketplace.receivables.service import money
from marketplace.receivables.service.letters import notify
from marketplace.receivables.states import INSTALMENT, InstalmentStatus


@money_verb(Receivable)
def agree_instalments(
    receivable_id: UUID, *, actor: Actor, count: int, first_due_on: date, every_months: int, reason: str, key: str
) -> Receivable:
    """Replace what is still to be paid by equal instalments; interest until today is due with the first of them."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    receivable = queries.lock_receivable(receivable_id)
    rules.check_open(receivable)
    rules.check_agreement(count, first_due_on, every_months, clock.today())
    reason = check_reason(reason)
    accrue(receivable, clock.today(), actor=actor)
    left = sum((rules.owed(unpaid) for unpaid in receivable.live), Parts())
    for instalment in receivable.live:
        transition(instalment, INSTALMENT, "replace", actor=actor, reason=reason)
        for letter in (notify_instalment, remind_instalment):
            cancel(letter, instalment_id=instalment.id)
    dates = schedule.due_dates(first_due_on, count, every_months)
    add_instalments(receivable, schedule.shares(left, count), dates)
    record(actor, "receivable.agree_instalments", receivable, after={"count": count}, reason=reason)
    notify(receivable, "receivables/instalments_agreed", key=key, total=left.total, count=count, first=dates[0])
    return receivable


@task("notify_instalment", _("Send the payment notice of an instalment"), Queue.MONEY)
def notify_instalment(instalment_id: UUID, *, actor: Actor) -> None:
    """Send the payment notice of an instalment soon due; nothing if it was paid, replaced or given up before."""
    rules.check_role(actor, Role.SYSTEM)
    instalment = _lock(instalment_id)
    if instalment.status != InstalmentStatus.SCHEDULED:
        return
    transition(instalment, INSTALMENT, "notify", actor=actor)
    db.flush()
    _write_to_debtor(instalment, "receivables/payment_notice", key=str(instalment.id))


@task("remind_instalment", _("Remind of an instalment"), Queue.MONEY)
def remind_instalment(instalment_id: UUID, number: int, *, actor: Actor) -> None:
    """Remind of an instalment still to be paid, with the interest on arrears as of today."""
    rules.check_role(actor, Role.SYSTEM)
    instalment = _lock(instalment_id)
    if instalment.status in LIVE:
        _write_to_debtor(instalment, "receivables/reminder", key=f"{instalment.id}:{number}")
        record(actor, "instalment.remind", instalment, after={"number": number})


def add_instalments(receivable: Receivable, parts: Sequence[Parts], dates: Sequence[date]) -> None:
    """Plan instalments with their payment notices and reminders; what would be empty is left out."""
    position = queries.next_position(receivable.id)
    for part, due_on in zip(parts, dates, strict=True):
        if part.total:
            instalment = Instalment(
                receivable=receivable,
                position=position,
                due_on=due_on,
                principal=part.principal,
                surcharge=part.surcharge,
                interest=part.interest,
                status=INSTALMENT.initial,
            )
            db.session.add(instalment)
            db.flush()
            _plan_letters(instalment)
            position += 1


def accrue(receivable: Receivable, on: date, *, actor: Actor) -> None:
    """Book the interest on arrears until `on`: it is owed from now on like the rest."""
    for instalment in receivable.live:
        amount = rules.accrued(instalment, receivable.interest_basis_points, on)
        if amount:
            key = f"{instalment.id}:interest:{on.isoformat()}"
            money.raise_debt(receivable, amount, kind=TransferKind.INTEREST, actor=actor, key=key)
            instalment.interest += amount
            instalment.interest_until = on
    db.flush()


def _plan_letters(instalment: Instalment) -> None:
    receivable = instalment.receivable
    notice_on = instalment.due_on - timedelta(days=receivable.days_to_pay)
    ask_for(notify_instalment, instalment_id=instalment.id, run_after=_start_of(notice_on))
    for number, days in enumerate(receivable.reminder_days, start=1):
        remind_on = instalment.due_on + timedelta(days=days)
        if remind_on > clock.today():
            run_after = _start_of(remind_on)
            ask_for(remind_instalment, instalment_id=instalment.id, number=number, run_after=run_after)


def _write_to_debtor(instalment: Instalment, template: str, *, key: str) -> None:
    receivable = instalment.receivable
    points = receivable.interest_basis_points
    notify(
        receivable,
        template,
        key=key,
        position=instalment.position,
        due_on=instalment.due_on.isoformat(),
        overdue=instalment.due_on < clock.today(),
        amount=instalment.outstanding + rules.accrued(instalment, points, clock.today()),
    )


def _start_of(day: date) -> datetime:
    return clock.end_of_day(day - timedelta(days=1))


def _lock(instalment_id: UUID) -> Instalment:
    # The receivable first, as everywhere: whoever pays, replaces or gives up holds it.
    queries.lock_receivable(db.get(Instalment, instalment_id).receivable_id)
    return db.get(Instalment, instalment_id, lock=True)
