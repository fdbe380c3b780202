"""The whole story in a browser, by everybody who has a part in it: from a programme to a published grade."""

import tomllib
from pathlib import Path

import pytest

from marketplace.demo.people import PASSWORD
from tests.architecture.source import ROOT
from tests.journeys.agency import publish_call, publish_programme
from tests.journeys.claiming import claim_and_pay
from tests.journeys.people import draft_application, join, register_company, sign_up, submit_application, verify_company
from tests.journeys.story import Story, told
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey
QUESTIONS = tomllib.loads((ROOT / "config/diagnosis/2026-01-01.toml").read_text())["questions"]
CRITERIA = ("approach", "experience", "schedule", "price")


@told("korean-desktop")
def test_the_whole_story(story: Story, short: bool) -> None:
    """In the short run to the redeemed voucher; the work, its payment and what is said of it, in the long one."""
    ask_what_is_public(story)
    open_a_call(story)
    register_a_company(story)
    apply_for_a_voucher(story)
    register_a_firm(story)
    get_the_voucher(story)
    publish_a_job(story)
    bid_for_it(story)
    award_it(story)
    sign_and_redeem(story)
    if short:
        return
    work(story)
    claim_and_pay(story)
    answer_the_surveys(story)
    look_at_flags(story)
    evaluate_and_publish(story)


def ask_what_is_public(story: Story) -> None:
    """Step 2: eligibility without an account, each rule with its source."""
    visitor = story.visitor.open(f"/?lang={story.locale}").open("/eligibility")
    visitor.open("/eligibility?standard=kr-2002&sector=manufacturing&employees=120&capital=900000000")
    assert "300" in visitor.text()
    for address in ("/how-it-works", "/programmes", "/providers", "/privacy", "/accessibility", "/help", "/demo"):
        visitor.open(address)


def open_a_call(story: Story) -> None:
    """Step 1: a programme and its call, money from two funders, appropriated by a budget officer."""
    publish_programme(story)
    publish_call(story, "call", "이야기", vouchers=10, opens=-1, closes=24 * 3)


def register_a_company(story: Story) -> None:
    """Step 3: sign-up, company by business number, a preparer beside the signatory."""
    sign_up(story.company, f"signatory@{story.domain}", "서명별", story.locale)
    register_company(story.company, story, "sme", f"이야기제작소 {story.domain}")
    join(story, story.company, story.visitor, f"preparer@{story.domain}", "작성별", "preparer")


def apply_for_a_voucher(story: Story) -> None:
    """Step 3: the preparer drafts, the signatory checks and submits, a numbered receipt."""
    base = draft_application(story, story.visitor, "call", "application")
    submit_application(story.company, base)
    verify_company(story.officer("programme1"), f"이야기제작소 {story.domain}")
    story.company.open(base)


def register_a_firm(story: Story) -> None:
    """Step 5: a firm, its consultant, pledge, training and an officer's approval."""
    sign_up(story.firm, f"manager@firm.{story.domain}", "경영별", story.locale)
    register_company(story.firm, story, "provider", f"이야기컨설팅 {story.domain}")
    story.firm.open("/providers/registration/apply").fill(
        service_lines=["operations", "technology"], sectors=["manufacturing"], regions=["seoul"], languages=["ko"],
        capacity=4, introduction_ko="작은 공장을 돕습니다.", introduction_en="We help small factories.",
        scheme="other", identifier=f"9{story.chance.randint(10**9, 10**10)}", bank_name="시범은행",
        holder_name=f"이야기컨설팅 {story.domain}", confirmed=True, file=story.document("registration"),
    ).send()  # fmt: skip
    consultant = story.visitor
    join(story, story.firm, consultant, f"consultant@firm.{story.domain}", f"상담별 {story.domain}", "consultant")
    consultant.open("/consultants/me/register").fill(
        service_lines=["operations"], languages=["ko"], experience_years=12
    ).send()
    pledge(consultant)
    verify_company(story.officer("programme1"), f"이야기컨설팅 {story.domain}")
    officer = story.officer("programme1").open("/providers/registrations?status=applied")
    page = officer.main.locator("a", has_text=f"이야기컨설팅 {story.domain}").first.get_attribute("href")
    officer.open(str(page)).fill(decision="approve").send()
    for course in ("ethics", "method"):
        officer.open("/consultants?search=상담별").follow("/consultants/[0-9a-f-]{36}$", row=story.domain)
        officer.follow("/training$")
        officer.fill(course=course, passed_on=f"{officer.business_time():%Y-%m-%d}").send()
    consultant.open("/consultants/me")


def pledge(consultant: Visitor) -> None:
    """Sign this season's code of ethics."""
    consultant.open("/consultants/me/pledge")
    for box in consultant.main.locator("form input[type=checkbox]").all():
        box.check(force=True)
    consultant.send()


def get_the_voucher(story: Story) -> None:
    """Step 4: the call closes, tickets are answered, a voucher with its public proof."""
    story.company.advance("4d")
    company = story.company.open(f"/applications/{story.ids['application']}")
    company.until(lambda: company.has_link(r"/vouchers/"))
    company.follow(r"/vouchers/[0-9a-f-]{36}$")
    story.remember("voucher", company)
    with company.page.expect_download() as download:
        company.main.locator("a[href$='/document']").first.click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    story.officer("programme1").open(f"/calls/{story.ids['call']}").open(f"/calls/{story.ids['call']}/allocation")
    if company.has_link("/verify/"):
        company.follow("/verify/")


def publish_a_job(story: Story) -> None:
    """Step 6: the self-diagnosis drafts the job; the company edits and publishes it."""
    company = story.company.open("/jobs/diagnosis")
    company.fill(**{statement["code"]: 1 if statement["line"] == "operations" else 4 for statement in QUESTIONS}).send()
    company.fill(service_line="operations").send()
    company.fill(title=f"납기 개선 {story.domain}").send()
    story.remember("job", company)
    company.open(f"/jobs/{story.ids['job']}/publish").fill(voucher=story.ids["voucher"], confirmed=True)
    closes_on = company.typed_time(24 * 8).partition("T")[0]
    company.fill(closes_on=closes_on).send()
    company.open(f"/jobs/{story.ids['job']}/providers")


def bid_for_it(story: Story) -> None:
    """Step 6: a public question and its answer, and a sealed bid."""
    job = f"/jobs/{story.ids['job']}"
    story.firm.open("/jobs/open").open(job)
    story.firm.open(f"{job}/ask").fill(text="현재 쓰는 프로그램이 있습니까?").send()
    story.company.open(job).follow("/questions/").fill(text="표 계산 프로그램만 씁니다.").send()
    story.firm.open(f"{job}/bid")
    boxes = story.firm.main.locator("[name=consultants]").evaluate_all("all => all.map(each => each.value)")
    statements = story.firm.main.locator("[name=attestations]").evaluate_all("all => all.map(each => each.value)")
    story.firm.fill(
        **{f"price_{stage}": story.price for stage in ("diagnosis", "action-plan", "execution")},
        **{f"days_{stage}": 5 for stage in ("diagnosis", "action-plan", "execution")},
        approach="현장에서 함께 일합니다.", consultants=boxes, attestations=statements,
    ).send()  # fmt: skip
    assert f"{story.price:,}" in story.firm.text()
    for name in ("programme1", "admin1", "auditor1"):
        assert f"{story.price:,}" not in story.officer(name).open(job).page.content()
    assert f"{story.price:,}" not in story.company.open(job).page.content()


def award_it(story: Story) -> None:
    """Step 7: after the deadline bids side by side, scores with reasons, a conflict declaration, one winner."""
    story.company.advance("9d")
    company, job = story.company, f"/jobs/{story.ids['job']}"
    company.open(f"{job}/conflict").fill(has_conflict="no").send()
    company.open(f"{job}/bids").follow("/score$")
    for criterion in CRITERIA:
        company.fill(**{f"points_{criterion}": 80, f"reason_{criterion}": "우리 회사의 문제를 잘 이해하였습니다."})
    company.send()
    story.show(company.open(f"{job}/bids"), "07-bids")
    company.open(f"{job}/award")
    bid = company.main.locator("[name=bid]").first.get_attribute("value")
    company.fill(
        **{"bid": bid, f"reason_{bid}": "우리 회사의 문제를 가장 잘 이해하였습니다.", "confirmed": True}
    ).send()
    story.firm.open("/bids").follow("/bids/[0-9a-f-]{36}$")


def sign_and_redeem(story: Story) -> None:
    """Step 8: agreement, both signatures, redemption, and the company's share at the bank."""
    company = story.company.open("/agreements").follow("/agreements/new/")
    company.fill(starts_on=company.typed_time(0).partition("T")[0]).send()
    story.remember("agreement", company)
    base = f"/agreements/{story.ids['agreement']}"
    company.open(f"{base}/sign").fill(agreed=True).send()
    story.firm.open(f"{base}/sign").fill(agreed=True).send()
    company.open(f"{base}/redeem").fill(agreed=True)
    company.send()
    company.open(f"{base}/co-payment")
    company.open("/demo/bank").follow(f"/demo/bank/shares/{story.ids['agreement']}").send()


def work(story: Story) -> None:
    """Step 9: three stages, each with a session, a document and its acceptance; one correction."""
    story.company.open("/engagements").follow("/engagements/[0-9a-f-]{36}$")
    story.remember("engagement", story.company)
    base = f"/engagements/{story.ids['engagement']}"
    consultant = story.visitor.sign_in(f"consultant@firm.{story.domain}", PASSWORD)
    for number in range(1, 4):
        story.company.advance("1d")
        consultant.open(f"{base}/sessions/new").fill(
            starts_at=consultant.typed_time(-3),
            ends_at=consultant.typed_time(-1),
            place="공장",
            summary="함께 보았습니다.",
        )
        if consultant.main.locator("[name=consultant_id]").count():
            consultant.main.locator("[name=consultant_id]").first.check(force=True)
        consultant.send()
        story.company.open(base).follow("/sessions/.*/confirm$").send()
        hand_in(story, consultant, base, f"{number}")
        if number == 2:
            story.company.open(base).follow("/correction$").fill(
                reason="원가 계산표에 외주 비용을 더해 주십시오."
            ).send()
            consultant.open(base).follow("replaces=").fill(title="고친 보고서", file=story.document("again")).send()
            consultant.open(base).follow("/hand-in$").send()
        story.company.open(base)
        if number == 2:
            story.show(story.company, "09-engagement")
        story.company.follow("/accept$").fill(agreed=True).send()
    story.company.open(base)


def hand_in(story: Story, consultant: Visitor, base: str, number: str) -> None:
    """Upload the stage's document and say that the stage is done."""
    consultant.open(base).follow("/deliverables/new$")
    consultant.fill(title=f"보고서 {number}", file=story.document(f"report-{number}")).send()
    consultant.open(base).follow("/hand-in$").send()


def answer_the_surveys(story: Story) -> None:
    """Step 11: both sides answer by the single-use link in their mail."""
    for side, email in (("sme", f"signatory@{story.domain}"), ("provider", f"manager@firm.{story.domain}")):
        visitor = story.visitor
        visitor.context.clear_cookies()
        visitor.open(visitor.mailed_link(email, "/surveys/answer/"))
        for name in dict.fromkeys(
            visitor.main.locator("[name^=item_]").evaluate_all("all => all.map(each => each.name)")
        ):
            visitor.fill(**{name: 8})
        visitor.fill(fact_sessions_held=3)
        choices = {"fact_named_consultant": "always", "fact_share_paid_by": "us", "fact_offered_back": "no"}
        visitor.fill(**(choices if side == "sme" else {"fact_asked_back": "no"})).send()


def look_at_flags(story: Story) -> None:
    """Step 11: the ethics officer's queue; a flag is dismissed with a reason."""
    officer = story.officer("ethics1").open("/flags")
    officer.follow("/flags/[0-9a-f-]{36}$")
    story.show(officer, "11-flag")
    if officer.has_link("/dismiss$"):
        officer.follow("/dismiss$").fill(
            kind="explained", reason="기업과 은행에 확인하였으며 정상적인 거래입니다."
        ).send()
    officer.open("/cases").open("/ethics-rules")


def evaluate_and_publish(story: Story) -> None:
    """Step 11: an evaluator scores by rubric, an administrator publishes, the grade is public."""
    evaluator = None
    for name in ("evaluator1", "evaluator2"):
        evaluator = story.officer(name).open("/evaluations?status=open")
        mine = evaluator.main.locator("tr", has_text=f"이야기컨설팅 {story.domain}").locator("a")
        if mine.count():
            evaluator.open(str(mine.first.get_attribute("href")))
            break
    story.remember("evaluation", story.agency)
    base = f"/evaluations/{story.ids['evaluation']}"
    story.agency.open(f"{base}/declare").fill(has_conflict="no").send()
    story.agency.open(f"{base}/score")
    for code in ("diagnosis", "plan", "execution", "transfer", "report"):
        story.agency.fill(**{f"level_{code}": 3, f"reason_{code}": "제출한 자료와 방문 기록으로 확인하였습니다."})
    story.agency.send()
    story.officer("admin1").open(f"{base}/review").fill(decision="confirm").send()
    visitor = story.visitor.open("/providers?search=이야기컨설팅")
    visitor.page.locator("#main a", has_text=f"이야기컨설팅 {story.domain}").first.click()
    visitor.page.wait_for_load_state()
    visitor.inspector.look(visitor.page)
    story.firm.open(f"{base}/grade")
