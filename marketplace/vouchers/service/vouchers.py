"""The verbs of a voucher: end it, and give what is left back to the budget."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import BigInteger, Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import facts_of, record, transition
from marketplace.core.i18n import _
from marketplace.core.money import split
from marketplace.core.reasons import check_reason
from marketplace.core.tasks import Queue, announce, task
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger.chart import OwnerKind, Stage, TransferKind
from marketplace.ledger.service import Leg, in_words, money_verb, post
from marketplace.vouchers import events, queries, rules
from marketplace.vouchers.models import Voucher
from marketplace.vouchers.service.validity import tell_holder
from marketplace.vouchers.states import VOUCHER, VoucherStatus

log = structlog.get_logger()

EXPIRING_AT_ONCE = 200
COMMIT = select(
    func.voucher_commit(
        bindparam("voucher", type_=Uuid),
        bindparam("agreement", type_=Uuid),
        bindparam("amount", type_=BigInteger),
        bindparam("shares", type_=JSONB(none_as_null=True)),
        bindparam("facts", type_=JSONB),
        bindparam("reference", type_=Text),
        bindparam("key", type_=Text),
    )
)


def draw(
    voucher_id: UUID,
    *,
    actor: Actor,
    amount: int,
    agreement_id: UUID,
    reference: str,
    key: str,
    parts: Mapping[str, int] | None = None,
) -> None:
    """Bind part of a voucher to an agreement: reserved → committed, once per key.

    `parts` says what each budget line gives; otherwise each gives by what is left on it. Of two at once the second
    waits and then sees what is left.
    """
    values = {"shares": parts, "facts": facts_of(actor), "reference": reference, "key": key}
    db.flush()
    with in_words():
        drawn = db.session.scalar(
            COMMIT, {"voucher": voucher_id, "agreement": agreement_id, "amount": amount, **values}
        )
    rules.check_drawn(drawn)
    db.forget(Voucher, voucher_id)


def release_commitment(
    voucher_id: UUID, *, actor: Actor, amount: int, agreement_id: UUID, reference: str, key: str
) -> None:
    """Give committed money that is not needed back: to the voucher while it may hold it, otherwise to the budget."""
    voucher = queries.get_voucher(voucher_id, lock=True)
    balances = ledger_queries.balances_by_owner(agreement_id, Stage.COMMITTED)
    rules.check_remainder(amount, sum(balances.values()))
    usable = _takes_back(voucher)
    legs = []
    for line_id, part in zip(balances, split(amount, list(balances.values())), strict=True):
        if part:
            kept = chart.reserved(OwnerKind.VOUCHER, voucher.id, line_id)
            target = kept if usable else chart.available(line_id)
            legs.append(Leg(chart.committed(agreement_id, line_id), target, part, f"{key}:{line_id}"))
    post(legs, kind=TransferKind.RELEASE, currency=voucher.currency, actor=actor, reference=reference)
    record(actor, "voucher.release_commitment", voucher, after={"agreement": str(agreement_id), "amount": amount})
    if not usable:
        voucher.released += amount
        announce(events.MONEY_RELEASED, call_id=voucher.call_id, by=key)
    elif voucher.status == VoucherStatus.EXHAUSTED:
        transition(voucher, VOUCHER, "refill", actor=actor)
    db.flush()


def _takes_back(voucher: Voucher) -> bool:
    if voucher.expires_at <= clock.now() or voucher.status not in (
        VoucherStatus.ISSUED,
        VoucherStatus.SUSPENDED,
        VoucherStatus.EXHAUSTED,
    ):
        return False
    # A voucher that was used up can't come to life beside a newer one where the programme allows only one.
    newer = voucher.status == VoucherStatus.EXHAUSTED and voucher.one_active
    return not (newer and queries.active_vouchers(voucher.programme_id, [voucher.organisation_id]))


@money_verb(Voucher)
def surrender(voucher_id: UUID, *, actor: Actor, key: str) -> Voucher:
    """Give what is left of a voucher back, by the signatory; it goes to the waitlist."""
    queries.get_voucher(voucher_id, actor=actor)
    rules.check_signatory(actor)
    return _end(voucher_id, "surrender", actor, None)


@money_verb(Voucher)
def revoke(voucher_id: UUID, *, actor: Actor, reason: str, key: str) -> Voucher:
    """Take what is left of a voucher away, with a reason; it goes to the waitlist."""
    rules.check_officer(actor)
    check_reason(reason)
    voucher = _end(voucher_id, "revoke", actor, reason)
    _tell_decision(voucher, "revoke", reason)
    return voucher


def suspend(voucher_id: UUID, *, actor: Actor, reason: str) -> Voucher:
    """Stop a voucher from being drawn on, with a reason."""
    rules.check_officer(actor)
    check_reason(reason)
    voucher = queries.get_voucher(voucher_id, lock=True)
    transition(voucher, VOUCHER, "suspend", actor=actor, reason=reason)
    db.flush()
    _tell_decision(voucher, "suspend", reason)
    return voucher


def resume(voucher_id: UUID, *, actor: Actor, reason: str) -> Voucher:
    """Let a suspended voucher be drawn on again, with a reason."""
    rules.check_officer(actor)
    check_reason(reason)
    voucher = queries.get_voucher(voucher_id, lock=True)
    transition(voucher, VOUCHER, "resume", actor=actor, reason=reason)
    db.flush()
    _tell_decision(voucher, "resume", reason)
    return voucher


@money_verb(Voucher)
def expire(voucher_id: UUID, *, actor: Actor, key: str) -> Voucher:
    """End a voucher whose last day is over; what is left goes to the waitlist."""
    rules.check_system(actor)
    rules.check_over(queries.get_voucher(voucher_id, lock=True), clock.now())
    voucher = _end(voucher_id, "expire", actor, None)
    tell_holder(voucher, "expired", key=str(voucher.id), returned=voucher.released)
    return voucher


@task("expire_vouchers", _("End vouchers after their last day"), Queue.MONEY, every=timedelta(minutes=10))
def expire_vouchers(*, actor: Actor) -> int:
    """End every voucher whose last day is over; one that fails does not stop the others."""
    rules.check_system(actor)
    expired = 0
    for voucher_id in queries.expired_voucher_ids(clock.now(), limit=EXPIRING_AT_ONCE):
        try:
            with db.session.begin_nested():
                expire(voucher_id, actor=actor, key=f"expire:{voucher_id}")
            expired += 1
        except Exception:
            log.exception("voucher not expired", voucher=str(voucher_id))
    return expired


def _end(voucher_id: UUID, event: str, actor: Actor, reason: str | None) -> Voucher:
    """End a voucher and give what is left back to the budget lines it came from: reserved → available."""
    voucher = queries.get_voucher(voucher_id, lock=True)
    transition(voucher, VOUCHER, event, actor=actor, reason=reason)
    lines = queries.voucher_lines(voucher.id)
    legs = [
        Leg(
            chart.reserved(OwnerKind.VOUCHER, voucher.id, line_id),
            chart.available(line_id),
            left,
            f"{event}:{voucher.id}:{line_id}",
        )
        for line_id, left in lines.items()
        if left
    ]
    post(legs, kind=TransferKind.RELEASE, currency=voucher.currency, actor=actor, reference=voucher.number)
    voucher.released += sum(lines.values())
    announce(events.MONEY_RELEASED, call_id=voucher.call_id, by=f"voucher:{voucher.id}")
    db.flush()
    return voucher


def _tell_decision(voucher: Voucher, event: str, reason: str) -> None:
    key = f"{voucher.id}:{clock.now().isoformat()}:{event}"
    tell_holder(voucher, "voucher_decision", key=key, event=event, reason=reason, returned=voucher.released)
