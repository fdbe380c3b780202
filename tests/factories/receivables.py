"""Paid engagements, and debts on top of them, made by the verbs."""

from datetime import date
from itertools import count
from uuid import UUID

from sqlalchemy import func, select

from marketplace.agency import queries as agency_queries
from marketplace.claims import bank
from marketplace.claims import queries as claim_queries
from marketplace.claims.models import BankImport, Claim
from marketplace.claims.pain001 import Account
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.money import exponent
from marketplace.engagements.models import Engagement
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.ledger.models import Account as LedgerAccount
from marketplace.notifications.models import Message
from marketplace.receivables import service
from marketplace.receivables.models import Receipt, Receivable
from marketplace.reports import proof
from tests.factories import claims as make_claims
from tests.factories import engagements as make
from tests.factories.accounts import make_officer
from tests.factories.engagements import Story

REPAYABLE = "technology-consulting"
AID = 9_000_001  # 60 % of 15,000,001 won
_number = count(1)


def key() -> str:
    """A key that no other request has."""
    return f"receivables-{next(_number)}"


def make_paid(story: Story) -> Engagement:
    """A finished engagement whose stages are all paid; 9,000,001 won of aid."""
    engagement = make.make_engagement(story)
    make.accept_all(story, engagement)
    claim = make_claims.approve(story, make_claims.submit(story, engagement))
    make_claims.take(make_claims.bank_answer(make_claims.send(story, claim)), story.budget_officers[0])
    return engagement


def propose_recovery(
    story: Story,
    engagement: Engagement,
    ground: str = "breach",
    *,
    from_firm: bool = True,
    amount: int | None = None,
) -> UUID:
    """An ethics officer asks the firm, or the company, for the aid back, or for a part of it."""
    debtor_id = engagement.provider_id if from_firm else engagement.organisation_id
    officer = make_officer(Role.ETHICS_OFFICER)
    return service.open_recovery(
        engagement.id, actor=officer, debtor_id=debtor_id, ground=ground, reason="Finding", key=key(), amount=amount
    ).id


def make_recovery(
    story: Story, ground: str = "breach", *, from_firm: bool = True, paid: Engagement | None = None
) -> Receivable:
    """A confirmed recovery from the firm: the aid and twice as much on top, in one instalment."""
    proposed = propose_recovery(story, paid or make_paid(story), ground, from_firm=from_firm)
    return service.confirm(proposed, actor=story.budget_officers[0], key=key())


def make_repayment(story: Story, paid: Engagement | None = None) -> Receivable:
    """A confirmed repayment of 30 % of the aid by the company, in five yearly instalments."""
    proposed = service.propose_repayment(
        (paid or make_paid(story)).id, actor=story.programme_officer, reason="Fewer rejects", key=key()
    )
    return service.confirm(proposed.id, actor=story.budget_officers[0], key=key())


def notice(number: str, amount: int, currency: str = "KRW") -> bytes:
    """What the bank reports when somebody pays under this reference."""
    agency = agency_queries.account()
    return bank.receive(
        number,
        amount=amount,
        digits=exponent(currency),
        currency=currency,
        payer=Account("Firm", "110-222", ""),
        account=Account(agency.holder, agency.number, agency.bank),
        booked_at=clock.now().astimezone(clock.zone()),
    ).replace(f"R-{number}".encode(), f"{next(_number)}-{number}".encode())


def bounce(story: Story, claim: Claim, code: str = "MS03") -> None:
    """The bank reports later that it sent the claim's last payment back."""
    line = claim_queries.attempts(claim)[-1]
    answer = make_claims.bank_answer(claim_queries.get_batch(line.batch_id), {line.end_to_end_id: code})
    make_claims.take(answer, story.budget_officers[0])


def report(receivable: Receivable, amount: int, actor: Actor) -> BankImport:
    """The bank's report of a payment is taken; it is booked in the background."""
    return make_claims.take(notice(receivable.number, amount), actor)


def pay(story: Story, receivable: Receivable, amount: int, *, valued_on: date | None = None) -> Receipt:
    """The debtor pays and the payment is booked, with its own value date if one is given."""
    content = notice(receivable.number, amount)
    if valued_on:
        value = f"</BookgDt><ValDt><Dt>{valued_on.isoformat()}</Dt></ValDt>"
        content = content.replace(b"</BookgDt>", value.encode())
    (entry,) = make_claims.take(content, story.budget_officers[0]).entries
    assert entry.outcome == "receivable"
    receipt = service.take_receipt(entry.id, actor=SYSTEM, key=f"receipt:{entry.id}")
    db.flush()
    return receipt


def owed(receivable: Receivable) -> int:
    """What the ledger says is owed."""
    return ledger.balance(chart.receivable(receivable.id))


def check_books(receivable: Receivable) -> None:
    """The ledger's figure is the sum of the instalments, and the books balance."""
    assert owed(receivable) == receivable.outstanding
    assert proof.prove().faults == []


def total(stage: str) -> int:
    """What stands on all accounts of a stage."""
    query = select(func.coalesce(func.sum(LedgerAccount.balance), 0)).where(LedgerAccount.stage == stage)
    return int(db.session.scalar(query) or 0)


def mails(template: str) -> int:
    """How many mails were written from a template."""
    return len(db.session.scalars(select(Message).where(Message.template == template)).all())
