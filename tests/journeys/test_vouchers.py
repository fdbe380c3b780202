"""The life of a call's vouchers: wound down with a reason; drawn by lot and checked; extended, expired, handed on."""

import json
import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests.journeys.agency import publish_call, publish_programme
from tests.journeys.people import draft_application, register_company, sign_up, submit_application, verify_company
from tests.journeys.story import Story, told
from tests.journeys.visitor import Visitor

pytestmark = [pytest.mark.journey, pytest.mark.slow]
# Where the confirmation of winding down says how many there are of these in flight.
DRAFTS, VOUCHERS = 0, 3
REASON = "정부 예산이 줄어 이 공고를 끝냅니다."
FINGERPRINT = re.compile(r"\b[0-9a-f]{64}\b")


@told("english-phone")
def test_the_life_of_vouchers(story: Story) -> None:
    publish_programme(story, voucher_validity_days=60, extension_days=30)
    for company in (story.company, story.firm):
        sign_up(company, address(story, company), "서명별", story.locale)
        register_company(company, story, "sme", f"제작소 {address(story, company)}")
        company.submit("/verification/new", file=story.document("registration"))
        verify_company(story.officer("programme1"), f"제작소 {address(story, company)}")
    end_an_open_call(story)
    promise = announce_a_lottery(story)
    winner, other = draw(story)
    check_the_draw(story, other, promise)
    extend_and_let_expire(story, winner)
    take_over(story, other)
    wind_down(story, "lottery", other, VOUCHERS)
    assert valid(other.open(f"/vouchers/{story.ids['voucher']}"))


def address(story: Story, company: Visitor) -> str:
    """Where a company gets its mail."""
    return f"{'first' if company is story.company else 'second'}@{story.domain}"


def application(story: Story, company: Visitor) -> str:
    """A company's application in the lottery."""
    return f"/applications/{story.ids[address(story, company)]}"


def valid(company: Visitor) -> bool:
    """Whether the voucher on the page can be used."""
    return bool(company.main.locator(".krds-badge").first.evaluate("each => each.matches('.bg-light-success')"))


def until_linked(company: Visitor, link: str) -> None:
    """Wait until the page leads there, as something has happened in the background."""
    company.until(lambda: company.has_link(link))


def end_an_open_call(story: Story) -> None:
    """An open call is wound down: who drafted reads why by mail and in the application, and nobody can apply."""
    publish_call(story, "ended", "종료", vouchers=1, opens=-1, closes=72)
    draft = draft_application(story, story.company, "ended", "draft")
    wind_down(story, "ended", story.company, DRAFTS)
    story.company.open("/applications").follow(f"{draft}$").follow(f"/calls/{story.ids['ended']}$")
    for company in (story.company, story.firm):
        assert not company.open(f"/calls/{story.ids['ended']}").has_link("/apply/")
        assert not company.open(f"/apply/{story.ids['ended']}").main.locator("form").count()


def wind_down(story: Story, name: str, company: Visitor, place: int) -> None:
    """The officer sees that one right is in flight and gives a reason; it is public at once and mailed the same day."""
    call = f"/calls/{story.ids[name]}"
    officer = story.officer("programme1").open(call).follow("/wind-down$")
    in_flight = officer.main.locator(".summary-list dd").all_inner_texts()
    assert [row for row, count in enumerate(in_flight[: VOUCHERS + 1]) if not count.startswith("0")] == [place]
    officer.fill(reason=REASON).send()
    assert REASON in story.visitor.open(call).text()
    today = company.business_time().date()
    outbox = f"/demo/outbox?address={address(story, company)}"
    company.open(outbox).until(lambda: company.open(outbox).follow("/demo/outbox/").has_link(f"{call}$"))
    assert REASON in company.text()
    assert company.business_time().date() == today
    company.follow(f"{call}$")


def announce_a_lottery(story: Story) -> str:
    """A lottery with one voucher is published before it opens; the fingerprint of its number, which nobody sees yet."""
    publish_call(story, "lottery", "추첨", vouchers=1, opens=2, closes=26, method="lottery")
    text = story.visitor.open(f"/calls/{story.ids['lottery']}").text()
    shown = FINGERPRINT.findall(text)
    assert len(shown) == 1
    assert FINGERPRINT.findall(story.visitor.open(f"/calls/{story.ids['lottery']}/allocation").text()) == shown
    return str(shown[0])


def draw(story: Story) -> tuple[Visitor, Visitor]:
    """Two companies apply, the call closes, the lots are drawn: who has the voucher, and who waits."""
    story.visitor.advance("3h")
    for company in (story.company, story.firm):
        submit_application(company, draft_application(story, company, "lottery", address(story, company)))
    story.visitor.advance("25h")
    for company in (story.company, story.firm):
        until_linked(company.open(application(story, company)), "/allocation$")
    won = story.company.has_link("/vouchers/[0-9a-f-]{36}$")
    assert won != story.firm.has_link("/vouchers/[0-9a-f-]{36}$")
    return (story.company, story.firm) if won else (story.firm, story.company)


def check_the_draw(story: Story, company: Visitor, promise: str) -> None:
    """Who waits reads their own line, downloads the sealed list and works through it at home, with the same result."""
    company.follow("/allocation$")
    own = company.main.locator(".summary-list dd").all_inner_texts()
    with company.page.expect_download() as download:
        company.main.locator("a[href$='/sealed-list']").click()
    file = story.folder / download.value.suggested_filename
    download.value.save_as(file)
    assert f"marketplace allocation replay {file.name}" in company.text()
    told = replay(file)
    assert told.returncode == 0, told.stderr
    assert "2 tickets replayed, 0 faults" in told.stdout
    sealed = json.loads(file.read_bytes())
    assert sha256(sealed["seed"].encode()).hexdigest() == promise
    assert {promise, sealed["seed"], sealed["list_hash"]} <= set(own)
    (line,) = [row for row in sealed["results"] if row["number"] in own]
    assert (line["outcome"], line["position"]) == ("waitlisted", 1)
    line["outcome"] = "allocated"
    file.write_text(json.dumps(sealed))
    assert replay(file).returncode == 1


def replay(file: Path) -> "subprocess.CompletedProcess[str]":
    """What anybody does at home: the command alone, without settings, server or database."""
    program = Path(sys.executable).with_name("marketplace")
    command = [str(program), "allocation", "replay", file.name]
    return subprocess.run(command, env={"PATH": os.environ["PATH"]}, cwd=file.parent, capture_output=True, text=True)


def extend_and_let_expire(story: Story, company: Visitor) -> None:
    """A voucher runs on once for a reason, outlives its first last day, and ends after the new one."""
    company.open(application(story, company)).follow("/vouchers/[0-9a-f-]{36}$").follow("/extend$")
    company.fill(reason="공장 이전으로 컨설팅을 두 달 뒤에 시작합니다.").send()
    assert "공장 이전" in company.text()
    assert not company.has_link("/extend$")
    company.follow("/verify/")
    company.advance("75d")
    company.open("/vouchers").follow("/vouchers/[0-9a-f-]{36}$")
    assert valid(company)
    company.advance("16d")
    voucher = company.open("/vouchers").main.locator("th a").first.get_attribute("href")
    company.open(str(voucher)).until(lambda: not valid(company))
    assert company.has_link("/programmes$")


def take_over(story: Story, company: Visitor) -> None:
    """What came back is offered to the next in line by itself; the company follows its mail, accepts, has a voucher."""
    until_linked(company.open(application(story, company)), "/offer/accept$")
    company.open(company.mailed_link(address(story, company), application(story, company)))
    company.follow("/offer/accept$").send()
    story.remember("voucher", company)
    assert valid(company)
