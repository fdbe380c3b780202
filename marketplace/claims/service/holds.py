"""The verbs of holds: placed because of a flag, extended only with a reason, ended by themselves."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from config.payments import terms
from marketplace.accounts import service as accounts
from marketplace.claims import queries, rules
from marketplace.claims.models import Hold
from marketplace.claims.states import HOLD, HoldStatus
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.core.reasons import check_reason
from marketplace.core.tasks import Queue, task
from marketplace.engagements.models import Engagement

BATCH = 200


def place_hold(engagement_id: UUID, *, actor: Actor, reason: str, flag_id: UUID | None = None) -> Hold:
    """Hold the engagement's payments for a bounded time; the same flag again changes nothing."""
    rules.check_role(actor, Role.ETHICS_OFFICER, Role.SYSTEM)
    engagement = db.get(Engagement, engagement_id, lock=True)
    earlier = queries.find_active_hold(engagement_id, flag_id) if flag_id else None
    if earlier is not None:
        return earlier
    now = clock.now()
    hold = Hold(
        engagement_id=engagement_id,
        flag_id=flag_id,
        reason=check_reason(reason),
        status=HOLD.initial,
        placed_by=actor.person_id,
        placed_at=now,
        until_at=clock.add_working_days(now, terms(clock.today()).hold_working_days),
    )
    db.session.add(hold)
    db.flush()
    record(actor, "hold.place", hold, after={"engagement_id": engagement_id, "until_at": hold.until_at}, reason=reason)
    accounts.notify_organisation(
        engagement.provider_id,
        [Role.MANAGER],
        "claims/payments_held",
        key=str(hold.id),
        number=engagement.number,
        until_at=hold.until_at.isoformat(),
        path=f"/engagements/{engagement.id}",
    )
    return hold


def extend_hold(hold_id: UUID, *, actor: Actor, reason: str) -> Hold:
    """Hold for as long again, from its end on, because an ethics officer says why."""
    rules.check_role(actor, Role.ETHICS_OFFICER)
    hold = db.get(Hold, hold_id, lock=True)
    if not rules.is_holding(hold, clock.now()):
        raise DomainError(_("This hold has ended."))
    hold.extension_reason = check_reason(reason)
    hold.extended_by = actor.person_id
    hold.extended_at = clock.now()
    hold.until_at = clock.add_working_days(hold.until_at, terms(clock.today()).hold_working_days)
    record(actor, "hold.extend", hold, after={"until_at": hold.until_at}, reason=reason)
    db.flush()
    return hold


def lift_hold(hold_id: UUID, *, actor: Actor, reason: str) -> Hold:
    """End a hold before its time, with a reason."""
    rules.check_role(actor, Role.ETHICS_OFFICER)
    hold = db.get(Hold, hold_id, lock=True)
    hold.lift_reason = check_reason(reason)
    hold.lifted_by = actor.person_id
    transition(hold, HOLD, "lift", actor=actor, reason=reason)
    db.flush()
    return hold


@task("end_holds", _("End the holds whose time is over"), Queue.MONEY, every=timedelta(minutes=10))
def end_holds(*, actor: Actor) -> int:
    """End every hold whose time is over, each by itself; the number ended."""
    rules.check_role(actor, Role.SYSTEM)
    ended = 0
    for hold_id in queries.ended_hold_ids(limit=BATCH):
        try:
            with db.session.begin_nested():
                hold = db.get(Hold, hold_id, lock=True)
                if hold.status == HoldStatus.ACTIVE and hold.until_at <= clock.now():
                    transition(hold, HOLD, "end", actor=actor)
                    ended += 1
        except (DomainError, SQLAlchemyError):
            continue
    return ended
