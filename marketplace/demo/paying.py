"""Scenes of a claim, and the budget officers' weekly pay day."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from werkzeug.datastructures import FileStorage

from marketplace.claims import queries, service
from marketplace.claims.models import Claim, Refund
from marketplace.claims.rules import Cut
from marketplace.claims.states import ClaimStatus
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.money import Money
from marketplace.demo import bank, words
from marketplace.demo.documents import word_document
from marketplace.demo.story import Tale, World
from marketplace.demo.walk import later
from marketplace.engagements.models import Engagement

# Who does what: the one who checks also sends, the other approves and prepares, so no four-eyes rule stands in the way.
CHECKS, APPROVES, COUNTERSIGNS = 0, 1, 2


def claim(tale: Tale) -> None:
    """The firm claims for every accepted stage, with an invoice that has value added tax on top."""
    stages = queries.claimable_stages(tale.ids["engagement"])
    net = sum(stage.agreed.price_net for stage in stages)
    number = f"INV-{tale.chance.randint(1000, 9999)}"
    paper = word_document(["세금계산서", number, tale.provider.name, "시연용으로 만든 문서입니다."])
    made = service.submit_claim(
        tale.ids["engagement"],
        actor=tale.provider.manager,
        stage_ids=[stage.id for stage in stages],
        invoice_number=number,
        invoice_gross=net + net // 10,
        invoice=FileStorage(paper, filename=f"{number}.docx"),
    )
    tale.ids["claim"] = made.id


def is_held(tale: Tale) -> bool:
    """True while payments of the engagement are held; the officers wait."""
    return queries.find_hold_in_force(tale.ids["engagement"]) is not None


def check(tale: Tale) -> None:
    """A budget officer checks it, unless the system approved it already."""
    if queries.get_claim(tale.ids["claim"], actor=SYSTEM).status == ClaimStatus.SUBMITTED:
        service.check_claim(tale.ids["claim"], actor=tale.officer(Role.BUDGET_OFFICER, CHECKS))


def send_back(tale: Tale) -> None:
    """A budget officer returns it with a question."""
    reasons = [words.reason("returned")]
    service.return_claim(tale.ids["claim"], actor=tale.officer(Role.BUDGET_OFFICER, CHECKS), reasons=reasons)


def approve(tale: Tale) -> None:
    """Another budget officer approves it, less of its last stage if so planned; unless the system did already."""
    claim = queries.get_claim(tale.ids["claim"], actor=SYSTEM)
    if claim.status != ClaimStatus.CHECKED:
        return
    last = max(claim.lines, key=lambda line: line.stage.position)
    cut = Cut(last.id, (last.aid + last.co_payment) * 4 // 5, words.reason("cut"))
    service.approve_claim(
        claim.id,
        actor=tale.officer(Role.BUDGET_OFFICER, APPROVES),
        lines=[cut] if tale.plan.twist == "cut" else [],
        key=f"demo-approve:{claim.id}",
    )
    if claim.needs_two:
        second = tale.officer(Role.BUDGET_OFFICER, COUNTERSIGNS)
        service.countersign_claim(claim.id, actor=second, key=f"demo-countersign:{claim.id}")


def pay_back(tale: Tale) -> Iterator[datetime]:
    """The firm that was paid sends a part on for the company's own work: the checks ask about it."""
    engagement = db.get(Engagement, tale.ids["engagement"])
    money = Money(1_500_000, engagement.agreement.currency)
    bank.pay_astray(engagement.number, payer=tale.provider.name, account=tale.provider.account, money=money)
    yield clock.now()


def pay_days(world: World, *, last: float) -> Iterator[datetime]:
    """Every week what is approved goes to the bank and is booked the next day; the newest are left on their way."""
    while True:
        batch_id = prepare(world)
        if batch_id is not None:
            yield later(0, hour=15)
            send(world, batch_id)
            yield later(1, hour=8)
            bank.settle_batch(batch_id)
        yield later(6, hour=11)
        if clock.now() > world.walk.ago(last):
            return


def prepare(world: World) -> UUID | None:
    """Put every approved claim and refund that isn't held into a batch."""
    approved, refunds = queries.approved_claims(), queries.waiting_refunds()
    waiting: list[Claim | Refund] = [*approved, *refunds]
    held = queries.held_engagements([claim.engagement_id for claim in waiting])
    ready = [claim.id for claim in approved if claim.engagement_id not in held]
    due = [refund.id for refund in refunds if refund.engagement_id not in held]
    if not ready and not due:
        return None
    officer = world.cast.one(Role.BUDGET_OFFICER, APPROVES)
    key = f"demo:prepare:{clock.now().isoformat()}"
    return service.prepare_batch(actor=officer, claim_ids=ready, refund_ids=due, key=key).id


def send(world: World, batch_id: UUID) -> None:
    """Let the batch leave."""
    service.send_batch(batch_id, actor=world.cast.one(Role.BUDGET_OFFICER, CHECKS), key=f"demo:send:{batch_id}")


def last_batches(world: World) -> Iterator[datetime]:
    """The last week: one batch is sent and not yet answered, the next one is prepared, what comes later waits."""
    batch_id = prepare(world)
    if batch_id is not None:
        yield world.walk.ago(4.5)
        send(world, batch_id)
    yield world.walk.ago(1.5)
    prepare(world)
