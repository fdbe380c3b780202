"""The first day of an agency, as docs/first-day.md tells it: from an empty installation to the first voucher."""

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from marketplace.demo.people import PASSWORD
from tests.factories.agency import picture
from tests.installation import Installation
from tests.journeys.people import draft_application, register_company, submit_application, verify_company
from tests.journeys.story import TELLINGS, Story
from tests.journeys.visitor import Inspector, Visitor
from tests.mail_server import MailServer

pytestmark = [pytest.mark.journey, pytest.mark.slow]
MINUTES = 45
STAFF = {
    "programme": "programme_officer",
    "budget": "budget_officer",
    "payment": "budget_officer",
}


class FirstDay:
    """An installation without demo data, and everybody's mail."""

    def __init__(self, installation: Installation, mail: MailServer, story: Story) -> None:
        self.installation, self.mail, self.story = installation, mail, story
        self.agency, self.company = story.agency, story.company

    def sign_in(self, name: str) -> Visitor:
        return self.agency.sign_in(f"{name}@voucher.example", PASSWORD)

    def mailed(self, email: str, path: str) -> str:
        """The path of the newest mailed link of this kind to somebody; waits until the mail has come."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for message in reversed(self.mail.messages):
                link = re.search(rf"{path}\S*", message.get_content())
                if message["To"].addresses[0].addr_spec == email and link:
                    return link[0]
            time.sleep(0.5)
        raise AssertionError(f"no mail with a link to {path} to {email}")

    def accept(self, name: str) -> None:
        """Open an account by the invitation."""
        self.agency.context.clear_cookies()
        link = self.mailed(f"{name}@voucher.example", "/account/invitation/")
        self.agency.submit(link, name=f"{name} 담당", password=PASSWORD, locale=self.story.locale)


@pytest.fixture(params=[pytest.param(telling, id=name) for name, telling in TELLINGS.items()])
def first_day(
    request: pytest.FixtureRequest,
    browser: Browser,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    mail_server: MailServer,
) -> Iterator[FirstDay]:
    """Everything runs, and the database is as the migrations left it."""
    installation = Installation(tmp_path_factory.mktemp("first_day"))
    installation.start(SMTP_URL=mail_server.url, MAIL_FROM="no-reply@voucher.example")
    inspector = Inspector(*request.param)
    story = Story(browser, installation.url, inspector, tmp_path, "first-day")
    yield FirstDay(installation, mail_server, story)
    for visitor in story.everybody:
        visitor.close()
    installation.end(signal.SIGTERM)
    assert not inspector.faults


def test_from_an_empty_installation_to_the_first_voucher(first_day: FirstDay) -> None:
    began = time.monotonic()
    set_up(first_day)
    hire(first_day)
    name_funders_and_account(first_day)
    give_a_logo(first_day)
    publish_a_programme(first_day)
    publish_a_call(first_day)
    apply(first_day)
    verify_company(first_day.sign_in("programme"), "첫날제작소")
    give_the_voucher(first_day)
    assert time.monotonic() - began < MINUTES * 60


def set_up(day: FirstDay) -> None:
    """One command; then two administrators join and see what is left."""
    told = day.installation.command(
        "setup", "--name-ko", "바우처 진흥원", "--name-en", "Voucher Institute", "--address-ko", "부산시 시험로 2",
        "--address-en", "2 Siheom-ro, Busan", "--help-email", "help@voucher.example", "--locale", day.story.locale,
        "--administrator", "first@voucher.example", "--administrator", "second@voucher.example",
    )  # fmt: skip
    assert "An invitation goes to first@voucher.example by mail." in told
    day.accept("first")
    day.accept("second")
    administrator = day.sign_in("first")
    assert administrator.open("/").has_link("/checklist$")
    administrator.open("/checklist").follow("/test-mail$").send()
    day.mailed("first@voucher.example", "/checklist")


def hire(day: FirstDay) -> None:
    """One administrator invites, the other approves."""
    for name, role in STAFF.items():
        day.sign_in("first").submit(
            "/people/invite", email=f"{name}@voucher.example", role=role, locale=day.story.locale
        )
        day.accept(name)
        day.sign_in("second").open("/people").follow("/approve$", row=f"{name} 담당").send()


def name_funders_and_account(day: FirstDay) -> None:
    """One budget officer proposes, the other confirms."""
    proposes = day.sign_in("budget")
    for kind, name in (("central", "중소벤처기업부"), ("local", "부산광역시")):
        proposes.open("/funders").follow("/funders/new$").fill(kind=kind, name_ko=name, name_en=f"{name} (en)").send()
    proposes.open("/agency").follow("/accounts/new$")
    proposes.fill(holder="바우처 진흥원", bank="한국은행", number="301-2233-4455-67").send()
    confirms = day.sign_in("payment")
    for name in ("중소벤처기업부", "부산광역시"):
        confirms.open("/funders").follow("/funders/editions/", row=name).fill(decision="confirm").send()
    confirms.open("/agency").follow("/agency/accounts/").fill(decision="confirm").send()
    assert "301-2233-4455-67" in confirms.open("/agency").text()


def give_a_logo(day: FirstDay) -> None:
    """Two administrators put a logo onto every page."""
    logo = day.story.folder / "logo.png"
    logo.write_bytes(picture())
    day.sign_in("first").open("/agency").follow("/profile/new$").fill(file=logo).send()
    second = day.sign_in("second").open("/agency").follow("/agency/profiles/").fill(decision="confirm").send()
    shown = second.page.locator(".site-name img")
    second.until(lambda: shown.count() > 0, seconds=30)
    assert shown.evaluate("image => image.naturalWidth") > 0


def publish_a_programme(day: FirstDay) -> None:
    """From the one on file, as it is, with its shares."""
    officer = day.sign_in("programme").open("/programmes").follow("template=coupon-consulting")
    officer.send().send()
    day.story.remember("programme", officer)
    officer.open(f"/programmes/{day.story.ids['programme']}").follow("/publish$").send()


def publish_a_call(day: FirstDay) -> None:
    """Open at once, closed in three minutes, with money for one voucher of both funders."""
    officer = day.sign_in("programme").open(f"/programmes/{day.story.ids['programme']}").follow("/calls/new$")
    officer.fill(title_ko="첫 공고", title_en="First call", allocation_method="first_come")
    officer.fill(description_ko="컨설팅 비용을 지원합니다.", description_en="Pays for consulting.")
    officer.fill(conditions_ko="중소기업만 신청합니다.", conditions_en="Small and medium enterprises alone.")
    officer.fill(opens_at=officer.typed_time(-1 / 60), closes_at=officer.typed_time(4 / 60)).send()
    day.story.remember("call", officer)
    for number, amount in ((0, 8_000_000), (1, 4_000_000)):
        officer.open(f"/calls/{day.story.ids['call']}").follow("/budget-lines/new$")
        listed = officer.main.locator("[name=funder] option").evaluate_all("all => all.map(each => each.value)")
        officer.fill(funder=[funder for funder in listed if funder][number], amount=amount).send()
    budget = day.sign_in("budget")
    for _ in range(2):
        budget.open("/budget-lines").follow(
            "/appropriate$", row="첫 공고" if day.story.locale == "ko" else "First call"
        )
        budget.send()
    day.sign_in("programme").open(f"/calls/{day.story.ids['call']}").follow("/publish$").send()


def apply(day: FirstDay) -> None:
    """A company signs up, registers and applies."""
    email, company = f"owner@{day.story.domain}", day.company
    company.submit("/account/sign-up", name="김대표", email=email, password=PASSWORD, locale=day.story.locale)
    company.submit(day.mailed(email, "/account/confirm/"), password=PASSWORD)
    register_company(company, day.story, "sme", "첫날제작소")
    submit_application(company, draft_application(day.story, company, "call", "application"))


def give_the_voucher(day: FirstDay) -> None:
    """The call closes and the voucher comes by itself; nothing on the checklist is left."""
    company = day.company.open(f"/applications/{day.story.ids['application']}")
    company.until(lambda: company.has_link(r"/vouchers/"), seconds=400).follow(r"/vouchers/[0-9a-f-]{36}$")
    assert "12,000,000" in company.text()
    done = day.sign_in("first").open("/checklist")
    assert not done.main.locator(".bg-light-warning").count(), done.text()
