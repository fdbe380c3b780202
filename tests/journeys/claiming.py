"""A claim, told from both sides: returned with questions, corrected, approved, paid, reconciled."""

from tests.journeys.story import Story

CLASSES = "all => all.map(each => each.className)"


def claim_and_pay(story: Story) -> None:
    """Step 10: after each act of the agency the firm sees how far its claim is, and what comes next by when."""
    claim = hand_in(story)
    done = stands(story, claim, 1)
    story.officer("programme1").open(claim).follow("/return$").fill(
        reasons="거래명세서의 날짜가 계약 기간과 다릅니다.\n담당 컨설턴트의 이름을 적어 주십시오."
    ).send()
    stands(story, claim, done)
    done = correct(story, claim)
    story.officer("budget1").open(claim).follow("/check$").fill(agreed=True).send()
    done = stands(story, claim, done + 1)
    story.officer("budget2").open(claim).follow("/approve$").fill(agreed=True).send()
    approver, done = "budget2", stands(story, claim, done + 1)
    if story.large:
        approver = "budget3"
        story.officer(approver).open(claim).follow("/countersign$").fill(agreed=True).send()
        done = stands(story, claim, done + 1)
    pay(story, claim, approver, done)


def hand_in(story: Story) -> str:
    """Claim every accepted stage; the claim's address."""
    firm = story.firm.open("/claims").follow(f"/engagements/{story.ids['engagement']}/claim$")
    stages = firm.main.locator("[name=stage_ids]").evaluate_all("all => all.map(each => each.value)")
    firm.fill(stage_ids=stages, invoice_number="INV-1", invoice_gross=4 * story.price).send()
    story.remember("claim", firm)
    return f"/claims/{story.ids['claim']}"


def stands(story: Story, claim: str, done: int, *, ended: bool = False) -> int:
    """The firm reads: so many steps are done, one is under way until a day, the rest is to come; how many are done."""
    firm = story.firm.open(claim)
    states = firm.main.locator(".timeline li").evaluate_all(CLASSES)
    now = [] if ended else ["now"]
    assert states == ["done"] * done + now + ["next"] * (len(states) - done - len(now)), firm.text()
    assert ended or firm.main.locator(".timeline .now .timeline-when").inner_text()
    return done


def correct(story: Story, claim: str) -> int:
    """The firm follows the mail, reads both questions, answers them and hands in again; how many steps are done."""
    firm = story.firm.open(story.firm.mailed_link(f"manager@firm.{story.domain}", claim)).follow("/resubmit$")
    assert firm.main.locator(".notice li").count() == 2
    firm.fill(answer="날짜를 고쳤습니다.\n담당 컨설턴트의 이름도 적었습니다.", invoice_number="INV-1a").send()
    assert not firm.has_link("/resubmit$")
    return stands(story, claim, 3)


def pay(story: Story, claim: str, approver: str, done: int) -> None:
    """A batch by the approver is sent by another, booked by the bank and reconciled; the firm reads it by mail too."""
    budget = story.officer(approver).open("/payment-batches").follow("/new$").send()
    story.remember("batch", budget)
    batch = f"/payment-batches/{story.ids['batch']}"
    done = stands(story, claim, done + 1)
    sender = story.officer("budget1").open(batch).follow("/send$").send()
    sender.open("/demo/bank").send(f"/demo/bank/batches/{story.ids['batch']}")
    sender.open("/bank-imports").follow("/bank-imports/[0-9a-f-]{36}$")
    assert sender.main.locator("tr .bg-light-success").count(), sender.text()
    sender.open(batch).follow(f"{claim}$")
    stands(story, claim, done + 1, ended=True)
    story.firm.open(story.firm.mailed_link(f"manager@firm.{story.domain}", claim))
    story.show(story.firm, "10-claim")
    story.visitor.open(f"/calls/{story.ids['call']}/money")
    story.show(story.visitor, "13-money")
