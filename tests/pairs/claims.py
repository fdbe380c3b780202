"""The lives of claims and holds."""

import io
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.claims import service
from marketplace.claims.models import Claim, Hold, PaymentBatch, PaymentLine
from marketplace.claims.states import CLAIM, HOLD
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from tests.factories import claims as make_claims
from tests.factories import engagements as make
from tests.factories.claims import new_key
from tests.factories.receivables import make_paid
from tests.pairs.walk import Call, Cast, Life, Verb
from tests.pairs.work import SMALL

LARGE = {"diagnosis": 40_000_000, "action-plan": 5_000_000, "execution": 5_000_000}


def claimed(cast: Cast, prices: dict[str, int]) -> UUID:
    """A claim of all stages, just handed in."""
    engagement = make.make_engagement(cast.story, prices)
    make.accept_all(cast.story, engagement)
    return make_claims.submit(cast.story, engagement).id


def approved(cast: Cast) -> UUID:
    """A claim that waits for its payment batch; its officers are nobody of the cast."""
    claim_id = claimed(cast, SMALL)
    service.check_claim(claim_id, actor=cast.officer(Role.PROGRAMME_OFFICER))
    service.approve_claim(claim_id, actor=cast.officer(Role.BUDGET_OFFICER), key=new_key())
    return claim_id


def begin_trusted(cast: Cast) -> UUID:
    """A small claim of a firm that was paid before: of low risk."""
    make_paid(cast.story)
    claim_id = claimed(cast, SMALL)
    while db.get(Claim, claim_id).route != "straight_through":  # drawn for the sample
        service.withdraw_claim(claim_id, actor=cast.story.manager)
        claim_id = make_claims.submit(cast.story, db.get(Claim, claim_id).engagement).id
    return claim_id


def begin_hold(cast: Cast) -> UUID:
    """A hold on an engagement's payments."""
    engagement = make.make_engagement(cast.story, SMALL)
    return service.place_hold(engagement.id, actor=cast.officer(Role.ETHICS_OFFICER), reason="Tried").id


def line_of(claim_id: UUID) -> UUID | None:
    """The claim's newest payment."""
    lines = select(PaymentLine.id).join(PaymentBatch, PaymentBatch.id == PaymentLine.batch_id)
    lines = lines.where(PaymentLine.claim_id == claim_id, PaymentLine.status != "removed").order_by(
        PaymentBatch.number.desc()
    )
    return db.session.scalar(lines.limit(1))


def send(cast: Cast, claim_id: UUID) -> None:
    """The claim's batch leaves, where there is one that hasn't left."""
    line_id = line_of(claim_id)
    if line_id is not None:
        send_batch(cast, db.get(PaymentLine, line_id).batch_id)


def send_batch(cast: Cast, batch_id: UUID) -> None:
    """A batch leaves that hasn't left."""
    if db.get(PaymentBatch, batch_id).status == "prepared":
        service.send_batch(batch_id, actor=cast.officer(Role.BUDGET_OFFICER), key=new_key())


def answer(*, returned: bool = False) -> Call:
    """The bank's report of the batch that a payment is in: paid, or sent back."""

    def verb(line_id: UUID, actor: Actor) -> None:
        line = db.get(PaymentLine, line_id)
        batch = db.get(PaymentBatch, line.batch_id)
        report = make_claims.bank_answer(batch, {line.end_to_end_id: "AC04"} if returned else None)
        service.import_bank_file(io.BytesIO(report), actor=actor, filename="camt.xml")

    return verb


def prepare(claim_id: UUID, actor: Actor) -> None:
    """A batch of this claim alone."""
    service.prepare_batch(actor=actor, claim_ids=[claim_id], key=new_key())


BANK = {"page": "claims.new_import", "system": True, "aside": True}
PEOPLE = [
    Verb("check", lambda one, by: service.check_claim(one, actor=by), page="claims.check_claim"),
    Verb("return", lambda one, by: service.return_claim(one, actor=by, reasons=["Tried"]), page="claims.return_claim"),
    Verb(
        "resubmit",
        lambda one, by: service.resubmit_claim(one, actor=by, answer="Tried", invoice_number="2", invoice_gross=10**9),
        page="claims.resubmit_claim",
    ),
    Verb("withdraw", lambda one, by: service.withdraw_claim(one, actor=by), page="claims.withdraw_claim"),
    Verb(
        "refuse",
        lambda one, by: service.refuse_claim(one, actor=by, reason="Tried", key=new_key()),
        page="claims.refuse_claim",
    ),
]
APPROVE = Verb(
    "approve",
    lambda one, by: service.approve_claim(one, actor=by, key=new_key()),
    page="claims.approve_claim",
)
LARGE_ONES = [
    Verb(
        "approve_first",
        lambda one, by: service.approve_claim(one, actor=by, key=new_key()),
        page="claims.approve_claim",
    ),
    Verb(
        "countersign",
        lambda one, by: service.countersign_claim(one, actor=by, key=new_key()),
        page="claims.countersign_claim",
    ),
    Verb(
        "reconsider",
        lambda one, by: service.reconsider_claim(one, actor=by, reason="Tried"),
        page="claims.reconsider_claim",
    ),
]
PAYMENT = [
    Verb("batch", prepare, page="claims.new_batch"),
    Verb(
        "unbatch",
        lambda one, by: service.remove_line(one, actor=by, reason="Tried"),
        page="claims.remove_line",
        aim=line_of,
    ),
    Verb("pay", answer(), first=send, aim=line_of, **BANK),
    Verb("bounce", answer(returned=True), first=send, aim=line_of, **BANK),
]
CLAIMS = [
    Life(CLAIM, Claim, lambda cast: claimed(cast, SMALL), [*PEOPLE, APPROVE, *PAYMENT]),
    Life(CLAIM, Claim, lambda cast: claimed(cast, LARGE), [*PEOPLE, *LARGE_ONES]),
    Life(
        CLAIM,
        Claim,
        begin_trusted,
        [
            Verb("pass", lambda one, by: service.pass_claim(one, actor=by, key=new_key()), aside=True),
            *PEOPLE,
            APPROVE,
        ],
    ),
]
HOLDS = [
    Life(
        HOLD,
        Hold,
        begin_hold,
        [
            Verb(
                "end",
                lambda _one, by: service.end_holds(actor=by),
                first=lambda _cast, _one: db.move_clock(timedelta(days=60)),
                aside=True,
            ),
            Verb(
                "lift",
                lambda one, by: service.lift_hold(one, actor=by, reason="Tried"),
                page="claims.lift_hold",
            ),
        ],
    )
]
