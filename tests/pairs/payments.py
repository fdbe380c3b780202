"""The lives of refunds, payment batches and their lines."""

from uuid import UUID

from sqlalchemy import select

from marketplace.claims import service
from marketplace.claims.models import PaymentBatch, PaymentLine, Refund
from marketplace.claims.states import BATCH, LINE, REFUND
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from tests.factories import engagements as make
from tests.factories.claims import new_key
from tests.pairs.claims import BANK, answer, approved, send_batch
from tests.pairs.walk import Cast, Life, Verb
from tests.pairs.work import SMALL


def begin_refund(cast: Cast) -> UUID:
    """A part of the company's share that waits to go back."""
    engagement = make.make_engagement(cast.story, SMALL)
    officer = cast.officer(Role.BUDGET_OFFICER)
    return service.request_refund(
        engagement.agreement_id, actor=officer, amount=1_000, reason="Tried", key=new_key()
    ).id


def begin_batch(cast: Cast) -> UUID:
    """A batch of one claim that hasn't left."""
    officer = cast.officer(Role.BUDGET_OFFICER)
    return service.prepare_batch(actor=officer, claim_ids=[approved(cast)], key=new_key()).id


def begin_line(cast: Cast) -> UUID:
    """The one payment of such a batch."""
    return line_of_batch(begin_batch(cast))


def line_of_batch(batch_id: UUID) -> UUID:
    """The batch's one payment."""
    return db.session.scalars(select(PaymentLine.id).where(PaymentLine.batch_id == batch_id)).one()


def paid_line(batch_id: UUID) -> UUID | None:
    """The batch's one payment, while it is in it."""
    return unless_removed(line_of_batch(batch_id))


def unless_removed(line_id: UUID) -> UUID | None:
    """The payment, while it is in its batch: the bank knows of no other one."""
    return None if db.get(PaymentLine, line_id).status == "removed" else line_id


def line_of_refund(refund_id: UUID) -> UUID | None:
    """The refund's newest payment."""
    lines = select(PaymentLine.id).join(PaymentBatch, PaymentBatch.id == PaymentLine.batch_id)
    lines = lines.where(PaymentLine.refund_id == refund_id, PaymentLine.status != "removed").order_by(
        PaymentBatch.number.desc()
    )
    return db.session.scalar(lines.limit(1))


def send_of_refund(cast: Cast, refund_id: UUID) -> None:
    """The refund's batch leaves, where there is one that hasn't left."""
    line_id = line_of_refund(refund_id)
    if line_id is not None:
        send_of_line(cast, line_id)


def send_of_line(cast: Cast, line_id: UUID) -> None:
    """The payment's batch leaves, where it hasn't left."""
    send_batch(cast, db.get(PaymentLine, line_id).batch_id)


def remove(line_id: UUID, actor: Actor) -> None:
    """A payment is taken out of its batch."""
    service.remove_line(line_id, actor=actor, reason="Tried")


REFUNDS = [
    Life(
        REFUND,
        Refund,
        begin_refund,
        [
            Verb(
                "batch",
                lambda one, by: service.prepare_batch(actor=by, refund_ids=[one], key=new_key()),
                page="claims.new_batch",
            ),
            Verb("unbatch", remove, page="claims.remove_line", aim=line_of_refund),
            Verb("pay", answer(), first=send_of_refund, aim=line_of_refund, **BANK),
            Verb("bounce", answer(returned=True), first=send_of_refund, aim=line_of_refund, **BANK),
        ],
    )
]
BATCHES = [
    Life(
        BATCH,
        PaymentBatch,
        begin_batch,
        [
            Verb("send", lambda one, by: service.send_batch(one, actor=by, key=new_key()), page="claims.send_batch"),
            Verb("settle", answer(), aim=paid_line, **BANK),
            Verb("dissolve", remove, page="claims.remove_line", aim=line_of_batch),
        ],
    )
]
LINES = [
    Life(
        LINE,
        PaymentLine,
        begin_line,
        [
            Verb("remove", remove, page="claims.remove_line"),
            Verb("pay", answer(), first=send_of_line, aim=unless_removed, **BANK),
            Verb("return", answer(returned=True), first=send_of_line, aim=unless_removed, **BANK),
        ],
    )
]
