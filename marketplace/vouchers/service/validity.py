"""How long a voucher may be used: its one extension, and the reminders before it expires."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from config.vouchers import terms
from marketplace.accounts.service import notify_organisation
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.i18n import _
from marketplace.core.reasons import check_reason
from marketplace.core.tasks import Queue, task
from marketplace.vouchers import queries, rules
from marketplace.vouchers.models import Voucher
from marketplace.vouchers.reminders import reached
from marketplace.vouchers.states import VOUCHER, VoucherStatus

log = structlog.get_logger()

REMINDED_AT_ONCE = 200


def extend(voucher_id: UUID, *, actor: Actor, reason: str) -> Voucher:
    """Let a valid voucher run on, once, by the days its programme grants; by the signatory, with a reason."""
    queries.get_voucher(voucher_id, actor=actor)
    rules.check_signatory(actor)
    check_reason(reason)
    voucher = queries.get_voucher(voucher_id, lock=True)
    rules.check_extension(voucher, clock.now())
    last_day = voucher.last_moment.astimezone(clock.zone()).date()
    voucher.expires_at = clock.end_of_day(last_day + timedelta(days=voucher.programme.extension_days))
    voucher.extended_by, voucher.extension_reason = actor.person_id, reason
    # What the longer validity has left behind already is not said again.
    voucher.reminded_percent = _reached(voucher)
    transition(voucher, VOUCHER, "extend", actor=actor, reason=reason, last_day=last_day.isoformat())
    db.flush()
    tell_holder(voucher, "extended", key=str(voucher.id))
    return voucher


@task("remind_holders", _("Remind the holders of vouchers"), Queue.MAIL, every=timedelta(hours=1))
def remind_holders(*, actor: Actor) -> int:
    """Remind, once for each share of the validity that has passed, who has not used a voucher up; how many were."""
    rules.check_system(actor)
    reminded = 0
    percents = terms(clock.today()).reminder_percents
    for voucher_id in queries.voucher_ids_to_remind(clock.now(), percents, limit=REMINDED_AT_ONCE):
        try:
            with db.session.begin_nested():
                _remind(voucher_id, actor)
            reminded += 1
        except Exception:
            log.exception("holder not reminded", voucher=str(voucher_id))
    return reminded


def _remind(voucher_id: UUID, actor: Actor) -> None:
    voucher = queries.get_voucher(voucher_id, lock=True)
    percent = _reached(voucher)
    if voucher.status != VoucherStatus.ISSUED or percent <= voucher.reminded_percent:
        return
    record(actor, "voucher.remind", voucher, after={"percent": percent})
    voucher.reminded_percent = percent
    db.flush()
    tell_holder(voucher, "reminder", key=f"{voucher.id}:{voucher.expires_at:%Y%m%d}:{percent}")


def _reached(voucher: Voucher) -> int:
    percents = terms(clock.today()).reminder_percents
    return reached(voucher.issued_at, voucher.expires_at, percents, clock.now())


def tell_holder(voucher: Voucher, template: str, *, key: str, **data: Any) -> None:
    """Mail the company's own people about their voucher, once per key."""
    notify_organisation(
        voucher.organisation_id,
        [Role.SIGNATORY, Role.PREPARER],
        f"vouchers/{template}",
        key=key,
        voucher=voucher.number,
        remaining=queries.remaining(voucher.id),
        currency=voucher.currency,
        expires_at=voucher.last_moment,
        may_extend=rules.may_be_extended(voucher, clock.now()),
        path=f"/vouchers/{voucher.id}",
        **data,
    )
