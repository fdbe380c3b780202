"""Who the agency is, where it is paid and who funds: each said by two people, from a day on."""

import io
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from pypdf import PdfReader
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, scoped_session

from marketplace.accounts import service as accounts
from marketplace.agency import queries, rules, service
from marketplace.agency.models import AgencyAccount, AgencyProfile, FunderEdition
from marketplace.agency.states import FunderKind
from marketplace.core import clock as business_clock
from marketplace.core import db, documents, files
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid
from marketplace.core.i18n import force_locale
from marketplace.notifications import service as notifications
from marketplace.notifications.models import Message
from marketplace.notifications.post import Post
from tests.conftest import MovableClock
from tests.embedded_server import OWN_ACCOUNT
from tests.factories import agency as make
from tests.factories.accounts import make_officer, sign_in_as
from tests.factories.pages import OpenForm
from tests.mail_server import MailServer

pytestmark = pytest.mark.usefixtures("database", "english")
NUMBER = "110-222-345678"


@pytest.fixture
def english() -> Iterator[None]:
    """Refusals are told in English."""
    with force_locale("en"):
        yield


def propose_account(actor: Actor, number: str = NUMBER, *, days: int = 0) -> AgencyAccount:
    valid_from = business_clock.today() + timedelta(days=days)
    return service.propose_account(actor=actor, holder="진흥원", number=number, bank="한국은행", valid_from=valid_from)


def test_two_people_change_the_account_and_money_of_the_old_one_is_still_known(clock: MovableClock) -> None:
    proposes, confirms = make.pair(Role.BUDGET_OFFICER)
    made = propose_account(proposes, days=3)
    with pytest.raises(DomainError, match="already waiting"):
        propose_account(confirms, days=3)
    with pytest.raises(DomainError, match="Another person"):
        service.confirm(AgencyAccount, made.id, actor=proposes)
    with pytest.raises(Forbidden):
        service.confirm(AgencyAccount, made.id, actor=make_officer(Role.ADMINISTRATOR))
    service.confirm(AgencyAccount, made.id, actor=confirms)
    assert queries.account().number == OWN_ACCOUNT, "it counts from its day on"
    clock.advance(days=3)
    assert queries.account().number == NUMBER
    assert queries.own_numbers() == {"110000000000", "110222345678"}
    with pytest.raises(DomainError, match="No bank account"):
        queries.account_on(date(2019, 12, 31))
    with pytest.raises(Invalid, match="today or a later day"):
        propose_account(proposes, days=-1)


def test_what_is_confirmed_last_counts_and_no_two_count_on_a_day() -> None:
    proposes, confirms = make.pair(Role.BUDGET_OFFICER)
    for number, days in (("110-222-000001", 30), ("110-222-000002", 10), ("110-222-000003", 0), ("110-222-000004", 0)):
        service.confirm(AgencyAccount, propose_account(proposes, number, days=days).id, actor=confirms)
    assert queries.account().number == "110-222-000004", "a mistake is put right on the same day"
    later = business_clock.today() + timedelta(days=40)
    assert queries.account_on(later).number == "110-222-000004"


def test_money_is_the_budget_officers_and_the_rest_the_administrators() -> None:
    administrator, budget_officer = make_officer(Role.ADMINISTRATOR), make_officer(Role.BUDGET_OFFICER)
    today = business_clock.today()
    said = {"name": make.NAME, "address": make.ADDRESS, "help_email": "a@example.com", "valid_from": today}
    for refused in (
        lambda: propose_account(administrator),
        lambda: service.propose_funder(actor=administrator, kind=FunderKind.LOCAL, name=make.NAME, valid_from=today),
        lambda: service.propose_profile(actor=budget_officer, **said),
        lambda: service.refuse(
            AgencyAccount, propose_account(budget_officer).id, actor=administrator, reason="Not mine to refuse."
        ),
    ):
        with pytest.raises(Forbidden):
            refused()


def test_what_is_confirmed_late_counts_from_that_day(clock: MovableClock) -> None:
    proposes, confirms = make.pair(Role.BUDGET_OFFICER)
    made = propose_account(proposes)
    assert queries.own_numbers() == {"110000000000"}
    clock.advance(days=2)
    service.confirm(AgencyAccount, made.id, actor=confirms)
    assert made.valid_from == business_clock.today(), "nobody paid into it before"
    assert "110222345678" in queries.own_numbers(), "known at once, in the same unit of work"


def test_who_the_agency_is_is_installed_once() -> None:
    make.profile()
    said = {"name": make.NAME, "address": make.ADDRESS, "help_email": "a@example.com"}
    assert service.install(**said) is None


def test_who_proposed_takes_it_back_and_a_second_person_refuses_with_a_reason() -> None:
    proposes, confirms = make.pair(Role.BUDGET_OFFICER)
    service.refuse(AgencyAccount, propose_account(proposes).id, actor=proposes, reason="A typing error.")
    refused = service.refuse(AgencyAccount, propose_account(proposes).id, actor=confirms, reason="Not ours.")
    assert refused.status == "refused"
    assert queries.account().number == OWN_ACCOUNT


COPY = "INSERT INTO {table} SELECT (jsonb_populate_record(edition, '{change}')).* FROM {table} edition"
ANOTHER = '{"id": "00000000-0000-0000-0000-000000000001"}'
NAMELESS = '{"id": "00000000-0000-0000-0000-000000000001", "{part}": {"ko": "x", "en": " "}}'
PROPOSED, CONFIRMED = " WHERE status = 'proposed'", " WHERE status = 'confirmed'"
GUARDS = [
    ("UPDATE {table} SET proposed_at = now()" + PROPOSED, "proposed anew"),
    ("UPDATE {table} SET decided_at = now()" + CONFIRMED, "proposed anew"),
    (
        "UPDATE {table} SET status = 'confirmed', decided_by = proposed_by, decided_at = now()" + PROPOSED,
        "ck_{table}_two_people",
    ),
    ("UPDATE {table} SET status = 'confirmed', decided_at = now()" + PROPOSED, "ck_{table}_confirmed_by_somebody"),
    ("UPDATE {table} SET decided_at = now()" + PROPOSED, "ck_{table}_decided_at"),
    ("UPDATE {table} SET valid_until = valid_from - 1", "ck_{table}_valid_until"),
    (COPY.replace("{change}", ANOTHER) + CONFIRMED, "ex_{table}_overlap"),
    (COPY.replace("{change}", ANOTHER) + PROPOSED, "uq_{table}_proposed"),
    ("DELETE FROM {table}", "permission denied"),
]
TABLES = ("agency_profiles", "agency_accounts", "funder_editions")


@pytest.mark.parametrize(
    ("table", "statement", "refusal"),
    [(table, *guard) for table in TABLES for guard in GUARDS]
    + [
        (table, COPY.replace("{change}", NAMELESS.replace("{part}", part)) + CONFIRMED, f"ck_{{table}}_{part}")
        for table, part in (("agency_profiles", "name"), ("agency_profiles", "address"), ("funder_editions", "name"))
    ],
)
def test_the_database_holds_two_people_and_one_edition_a_day(table: str, statement: str, refusal: str) -> None:
    """Of each kind one edition is in force and another one waits."""
    make.profile(logo=False)
    proposes, confirms = make.pair(Role.BUDGET_OFFICER)
    today, name = business_clock.today(), make.NAME
    service.confirm(AgencyAccount, propose_account(proposes).id, actor=confirms)
    funder = service.propose_funder(actor=proposes, kind=FunderKind.LOCAL, name=name, valid_from=today)
    service.confirm(FunderEdition, funder.id, actor=confirms)
    propose_account(proposes)
    service.propose_funder_change(funder.funder_id, actor=proposes, name=name, gives=False, valid_from=today)
    said = {"name": name, "address": make.ADDRESS, "help_email": "a@example.com"}
    service.propose_profile(actor=make_officer(Role.ADMINISTRATOR), valid_from=today, **said)
    with pytest.raises(DBAPIError, match=refusal.replace("{table}", table)):
        db.session.execute(text(statement.replace("{table}", table).replace(":", "\\:")))


@pytest.fixture
def production() -> Iterator[None]:
    """Where money is real."""
    rules.configure(production=True)
    yield
    rules.configure(production=False)


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("number", ["110 000 000000", "１１０-000-000000", "DE89370400440532013000", "000-000-000000"])
def test_production_refuses_accounts_that_belong_to_nobody(number: str) -> None:
    proposes, confirms = make.pair(Role.BUDGET_OFFICER)
    with pytest.raises(Invalid, match="made up"):
        propose_account(proposes, number)
    rules.configure(production=False)
    made = propose_account(proposes, number)
    rules.configure(production=True)
    with pytest.raises(Invalid, match="made up"):
        service.confirm(AgencyAccount, made.id, actor=confirms)


@pytest.mark.parametrize("number", ["DE89370400440532013001", "12345", "계좌 없음", "110-222-34567X"])
def test_an_account_number_is_checked_for_typing_errors(number: str) -> None:
    with pytest.raises(Invalid, match="valid account number"):
        propose_account(make_officer(Role.BUDGET_OFFICER), number)


def test_a_profile_stands_on_pages_documents_and_beside_its_people(client: FlaskClient, app: Flask) -> None:
    proposes, confirms = make.pair(Role.ADMINISTRATOR)
    client = sign_in_as(client, proposes)
    typed = {f"{part}_{language}": words[language] for part, words in (("name", make.NAME), ("address", make.ADDRESS))
             for language in words}  # fmt: skip
    logo = {"file": (io.BytesIO(make.picture("jpeg")), "logo.jpg")}
    today = business_clock.today().isoformat()
    answer = client.post(
        "/agency/profile/new?lang=en", data={**typed, "help_email": "Help@Voucher.example", "valid_from": today, **logo}
    )
    assert answer.status_code == 303, answer.text
    picture = f"/agency/logo/{queries.proposed(AgencyProfile).logo_id}"
    assert app.test_client().get(picture).status_code == 404, "what is only proposed is nobody's to see"
    assert make.NAME["en"] not in client.get("/help?lang=en").text
    review = answer.location
    assert client.post(review, data={"decision": "confirm"}).status_code == 422, "it is their own"
    sign_in_as(client, confirms)
    assert picture in client.get(review).text
    assert client.post(f"{review}?lang=en", data={"decision": "refuse"}).status_code == 422, "without a reason"
    assert client.post(review, data={"decision": "confirm"}).status_code == 303

    shown = app.test_client().get("/help?lang=en").text
    for words in (make.NAME["en"], make.ADDRESS["en"], "mailto:help@voucher.example", f'src="{picture}"'):
        assert words in shown
    assert make.NAME["ko"] in app.test_client().get("/help?lang=ko").text
    with app.test_client().get(picture) as answer:
        assert answer.mimetype == "image/jpeg"
    for language, role in (("en", "Administrator"), ("ko", "관리자")):
        name = make.NAME[language]
        for address, words in (
            ("/help", f"{role} · {name}"),
            ("/people", f"{role} ({name})"),
            (f"/people/{proposes.person_id}", f"<td>{name}</td>"),
            ("/account/roles", f'<p class="muted">{name}</p>'),
        ):
            assert words in client.get(f"{address}?lang={language}").text
        told = client.post(f"/people/export?lang={language}", data={"reason": "A check.", "format": "csv"})
        assert f"{role} ({name})" in told.text
    with force_locale("en"):
        paper = documents.render("Notice", [("To", "x")], issuer=queries.issuer(), note="")
    page = PdfReader(io.BytesIO(paper)).pages[0]
    assert (make.NAME["en"] in page.extract_text(), len(page.images)) == (True, 1)
    files.path(db.get(files.StoredFile, queries.in_force(AgencyProfile).logo_id)).unlink()
    assert app.test_client().get(picture).status_code == 404, "its file is lost"


@pytest.mark.parametrize("named", [True, False])
def test_the_senders_own_name_stands_until_the_agency_has_one(mail_server: MailServer, named: bool) -> None:
    if named:
        make.profile()
    accounts.invite("new@voucher.example", actor=make_officer(Role.ADMINISTRATOR), role=Role.AUDITOR, locale="en")
    message = db.session.scalars(select(Message).where(Message.address == "new@voucher.example")).one()
    notifications.send(message.id, actor=SYSTEM, post=Post(mail_server.url, "Mailbox <m@voucher.example>", "https://x"))
    (mail,) = mail_server.messages
    assert mail["From"].addresses[0].display_name == (make.NAME["en"] if named else "Mailbox")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_mails_are_sent_in_the_agencys_name(app: Flask, mail_server: MailServer, language: str) -> None:
    make.profile()
    post = Post(mail_server.url, "Mailbox <no-reply@voucher.example>", "https://x.example")
    inviter = make_officer(Role.ADMINISTRATOR)
    secret = accounts.invite("new@voucher.example", actor=inviter, role=Role.EVALUATOR, locale=language)
    message = db.session.scalars(select(Message).where(Message.address == "new@voucher.example")).one()
    notifications.send(message.id, actor=SYSTEM, post=post)
    (mail,) = mail_server.messages
    sender = mail["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == (make.NAME[language], "no-reply@voucher.example")
    assert make.NAME[language] in mail["Subject"]
    text, footer = mail.get_content().replace("\r\n", "\n").split("\n-- \n")
    assert (make.NAME[language] in text, secret in text, footer.split("\n")[0]) == (True, True, make.NAME[language])
    invitation = app.test_client().get(f"/account/invitation/{secret}?lang={language}").text
    assert make.NAME[language] in html.fromstring(invitation).get_element_by_id("main").text_content()


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("logo.svg", b"<svg/>", "kind of file"),
        ("logo.png", make.picture("jpeg"), "not what its name says"),
        ("logo.png", make.picture()[:60], "can't be read"),
        ("logo.png", make.picture() + b"\0" * rules.LARGEST_LOGO, "larger than 1 MB"),
    ],
)
def test_a_logo_that_no_page_could_show_is_refused(name: str, content: bytes, refusal: str) -> None:
    said = {"name": make.NAME, "address": make.ADDRESS, "help_email": "a@example.com"}
    with pytest.raises(Invalid, match=refusal):
        service.propose_profile(
            actor=make_officer(Role.ADMINISTRATOR),
            valid_from=business_clock.today(),
            picture=(io.BytesIO(content), name),
            **said,
        )


def test_a_new_profile_keeps_the_logo_unless_it_is_left_out() -> None:
    before = make.profile()
    assert make.profile(logo=False).logo_id == before.logo_id
    actor = make_officer(Role.ADMINISTRATOR)
    said = {"name": make.NAME, "address": make.ADDRESS, "help_email": "a@example.com"}
    made = service.propose_profile(actor=actor, valid_from=business_clock.today(), keep_logo=False, **said)
    assert made.logo_id is None


def test_two_people_name_a_funder_and_later_call_it_otherwise(clock: MovableClock) -> None:
    proposes, confirms = make.pair(Role.BUDGET_OFFICER)
    name, today = {"ko": "부산광역시", "en": "Busan"}, business_clock.today()
    made = service.propose_funder(actor=proposes, kind=FunderKind.LOCAL, name=name, valid_from=today)
    assert made.funder_id not in {funder.id for funder in queries.funders()}
    with pytest.raises(DomainError, match="Another person"):
        service.confirm(FunderEdition, made.id, actor=proposes)
    service.confirm(FunderEdition, made.id, actor=confirms)
    db.session.expire_all()
    assert queries.get_funder(made.funder_id).name == name
    change = service.propose_funder_change(
        made.funder_id,
        actor=proposes,
        name={"ko": "새 이름", "en": "New"},
        gives=False,
        valid_from=today + timedelta(1),
    )
    service.confirm(FunderEdition, change.id, actor=confirms)
    assert made.funder_id in {funder.id for funder in queries.funders()}
    clock.advance(days=1)
    db.session.expire_all()
    assert queries.get_funder(made.funder_id).name["en"] == "New"
    assert made.funder_id not in {funder.id for funder in queries.funders()}, "new programmes name it no more"
    another = service.propose_funder(
        actor=proposes, kind=FunderKind.LOCAL, name=name, valid_from=business_clock.today()
    )
    assert queries.get_funder(another.funder_id).code != queries.get_funder(made.funder_id).code


def test_what_came_into_force_meanwhile_is_shown_before_anybody_decides(
    client: FlaskClient, clock: MovableClock
) -> None:
    proposes, confirms = make.pair(Role.BUDGET_OFFICER)
    today, name = business_clock.today(), make.NAME

    def propose(days: int) -> FunderEdition:
        later = today + timedelta(days=days)
        return service.propose_funder_change(funder, actor=proposes, name=name, gives=True, valid_from=later)

    first = service.propose_funder(actor=proposes, kind=FunderKind.LOCAL, name=name, valid_from=today)
    funder = service.confirm(FunderEdition, first.id, actor=confirms).funder_id
    service.confirm(FunderEdition, propose(days=1).id, actor=confirms)
    sign_in_as(client, confirms)
    change = OpenForm(client, f"/funders/{funder}/change")
    decision = OpenForm(client, f"/funders/editions/{propose(days=2).id}")
    clock.advance(days=1)
    assert decision.send(decision="confirm").status_code == 409
    assert change.send().status_code == 409


def test_a_programme_from_a_template_begins_with_its_shares(
    client: FlaskClient, database: scoped_session[Session]
) -> None:
    proposes, confirms = make.pair(Role.BUDGET_OFFICER)
    today = business_clock.today()
    for kind in FunderKind:
        name = {"ko": kind.value, "en": kind.value}
        made = service.propose_funder(actor=proposes, kind=kind, name=name, valid_from=today)
        service.confirm(FunderEdition, made.id, actor=confirms)
    sign_in_as(client, make_officer(Role.PROGRAMME_OFFICER))
    form = client.get("/programmes/new?template=coupon-consulting&lang=en")
    assert 'value="coupon-consulting"' in form.text
    from marketplace.programmes.forms import typed_terms
    from marketplace.programmes.terms import templates

    typed = {key: value for key, value in typed_terms(templates()["coupon-consulting"][0]).items() if value is not None}
    typed = {key: "y" if value is True else value for key, value in typed.items() if value is not False}
    answer = client.post("/programmes/new?template=coupon-consulting", data=typed)
    assert answer.status_code == 303, answer.text
    shares = client.get(answer.location).text
    assert [f'value="{percent}"' in shares for percent in (40, 20)] == [True, True]
