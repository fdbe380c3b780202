"""Claims and payment batches on top of an engagement, made by the verbs."""

import io
from uuid import uuid4

from sqlalchemy import func, select

from marketplace.agency import queries as agency_queries
from marketplace.claims import bank, queries, service
from marketplace.claims.models import BankImport, Claim, PaymentBatch, Refund
from marketplace.claims.pain001 import Account
from marketplace.claims.rules import Cut
from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.money import exponent
from marketplace.engagements.models import Engagement
from marketplace.notifications.models import Message
from tests.factories import engagements
from tests.factories.engagements import Story

# Fifty million won: more than one person may approve, and more aid than the voucher holds.
LARGE = {"diagnosis": 40_000_000, "action-plan": 5_000_000, "execution": 5_000_000}


def new_key() -> str:
    """The one-time key that a form would bear."""
    return str(uuid4())


def submit(story: Story, engagement: Engagement) -> Claim:
    """The provider claims every accepted stage that isn't claimed yet; its invoice has 10 % tax on top."""
    stages = queries.claimable_stages(engagement.id)
    net = sum(stage.agreed.price_net for stage in stages)
    return service.submit_claim(
        engagement.id,
        actor=story.manager,
        stage_ids=[stage.id for stage in stages],
        invoice_number="INV-1",
        invoice_gross=net * 11 // 10,
    )


def finish(story: Story, prices: dict[str, int] | None = None) -> Engagement:
    """An engagement whose three stages are accepted."""
    made = engagements.make_engagement(story, prices)
    engagements.accept_all(story, made, stages=3)
    return made


def check(story: Story, claim: Claim) -> None:
    """The programme officer checks."""
    service.check_claim(claim.id, actor=story.programme_officer)


def answer(story: Story, claim: Claim) -> None:
    """The provider answers the request and hands the claim in again."""
    service.resubmit_claim(
        claim.id, actor=story.manager, answer="Here it is", invoice_number="2", invoice_gross=claim.net_amount
    )


def told(template: str) -> int:
    """How many mails were written from a template."""
    return db.session.scalar(select(func.count()).where(Message.template == template)) or 0


def approve(story: Story, claim: Claim, *lines: Cut) -> Claim:
    """The programme officer checks, the first budget officer approves."""
    service.check_claim(claim.id, actor=story.programme_officer)
    return service.approve_claim(claim.id, actor=story.budget_officers[0], lines=lines, key=new_key())


def send(story: Story, *claims: Claim) -> PaymentBatch:
    """The first budget officer prepares the batch, the second one sends it."""
    claim_ids = [claim.id for claim in claims]
    batch = service.prepare_batch(actor=story.budget_officers[0], claim_ids=claim_ids, key=new_key())
    return service.send_batch(batch.id, actor=story.budget_officers[1], key=new_key())


def bank_answer(batch: PaymentBatch, returned: dict[str, str] | None = None) -> bytes:
    """What the bank reports of a batch."""
    return bank.answer(queries.payment_file(batch), booked_at=clock.now(), returned=returned)


def co_payment_notice(reference: str, amount: int, currency: str = "KRW", bank_name: str = "") -> bytes:
    """What the bank reports when an SME pays its share."""
    agency = agency_queries.account()
    return bank.receive(
        reference,
        amount=amount,
        digits=exponent(currency),
        currency=currency,
        payer=Account("Company", "111-222", bank_name),
        account=Account(agency.holder, agency.number, agency.bank),
        booked_at=clock.now(),
    )


def take(content: bytes, actor: Actor) -> BankImport:
    """An officer imports what the bank reported."""
    return service.import_bank_file(io.BytesIO(content), actor=actor, filename="camt.xml")


def plant_refund(engagement: Engagement) -> Refund:
    """A refund that waits, put into the table past the verb: the ledger holds no money for it."""
    refund = Refund(
        number="REF-0000-000001",
        engagement_id=engagement.id,
        organisation_id=engagement.organisation_id,
        amount=1,
        currency="KRW",
        reason="Planted",
        status="awaiting",
        requested_at=clock.now(),
        holder_name="Company",
        account_number="111222",
        bank_name="Bank",
    )
    db.session.add(refund)
    db.flush()
    return refund
