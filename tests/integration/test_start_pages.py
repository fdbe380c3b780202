"""The start page and the menu lead each role only to pages that exist and that the role may see."""

import re
from uuid import UUID

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from marketplace.accounts.forms import roles_of
from marketplace.accounts.rules import WITHOUT_WORK
from marketplace.accounts.states import OrganisationKind
from marketplace.core.actors import AGENCY, Actor, Role
from marketplace.core.auth import access_of
from marketplace.core.i18n import force_locale
from marketplace.providers import service as providers
from marketplace.reports import progress
from marketplace.reports.menu import MENUS
from marketplace.reports.queries import waiting_for
from marketplace.reports.work import WORK
from tests.conftest import MovableClock
from tests.factories import engagements as make_engagements
from tests.factories.accounts import make_member, make_officer, make_provider, make_sme, organisation_of, sign_in_as
from tests.factories.engagements import hand_in, make_award, make_engagement, make_story
from tests.factories.jobs import make_bid, make_draft, make_published_job, pass_deadline
from tests.factories.programmes import make_call
from tests.factories.providers import make_ready_provider, make_registered_provider

LINKS = {(role, endpoint) for role, menu in MENUS.items() for _words, endpoint in menu} | {
    (role, work.endpoint) for role, works in WORK.items() for work in works
}


def actor_in(role: Role) -> Actor:
    """Somebody in this role."""
    if role is Role.SIGNATORY:
        return make_sme()
    if role is Role.MANAGER:
        return make_provider()
    if role is Role.PREPARER:
        return make_member(make_sme(), role)
    return make_member(make_provider(), role) if role is Role.CONSULTANT else make_officer(role)


@pytest.mark.parametrize(("role", "endpoint"), sorted(LINKS))
def test_every_link_of_a_role_is_a_page_that_the_role_may_see(app: Flask, role: Role, endpoint: str) -> None:
    allowed = access_of(app, endpoint)
    assert allowed is not None
    assert role in allowed
    with app.test_request_context():
        assert url_for(endpoint).startswith("/")


@pytest.mark.parametrize("role", [role for role in MENUS if role not in (Role.VISITOR, Role.HELPER)])
def test_every_role_has_a_start_page_with_its_menu(client: FlaskClient, role: Role) -> None:
    answer = sign_in_as(client, actor_in(role)).get("/")
    assert answer.status_code == 200
    assert answer.text.count('aria-current="page"') == 1


def test_a_visitor_finds_where_to_begin(client: FlaskClient) -> None:
    answer = client.get("/")
    for address in ("/eligibility", "/programmes", "/providers", "/account/sign-in", "/account/sign-up"):
        assert f'href="{address}"' in answer.text


def test_work_waits_for_the_side_whose_turn_it_is(client: FlaskClient) -> None:
    story = make_story()
    engagement = make_engagement(story)
    assert counts(story.manager)["Stages under way"] == 1
    assert counts(story.consultant_actors[0])["Stages under way"] == 1
    assert "Stages under way" not in counts(story.consultant_actors[1]), "not named in the agreement"
    assert "Engagements with documents to accept or send back" not in counts(story.sme)
    hand_in(story, engagement)
    assert counts(story.sme)["Engagements with documents to accept or send back"] == 1
    assert "Stages under way" not in counts(story.manager)


def test_nobody_is_told_of_another_companys_work(client: FlaskClient) -> None:
    story = make_story()
    hand_in(story, make_engagement(story))
    assert counts(make_sme()) == {}
    assert "Stages under way" not in counts(make_provider())


def counts(actor: Actor) -> dict[str, int]:
    """What waits for this actor, by the source words."""
    return {waiting.text._args[0]: waiting.count for waiting in waiting_for(actor)}  # type: ignore[union-attr]


def test_a_role_is_offered_once_work_waits_for_it() -> None:
    assert AGENCY - set(WORK) == WITHOUT_WORK
    assert not WITHOUT_WORK & set(roles_of(OrganisationKind.AGENCY))


def test_a_manager_who_consults_is_led_to_the_code_of_ethics(client: FlaskClient) -> None:
    manager = make_registered_provider()
    assert manager.person_id is not None
    providers.register_consultant(
        manager.person_id, actor=manager, service_lines=["marketing"], languages=["ko"], experience_years=7
    )
    assert counts(manager)["Code of ethics to sign for this season"] == 1
    sign_in_as(client, manager)
    pages = [client.get(f"{path}?lang=en").text for path in ("/", "/providers/registration")]
    for page in pages:
        assert 'href="/consultants/me">' in page
    assert "What to do about it" in pages[1]
    assert 'href="/consultants/me/pledge"' in client.get("/consultants/me?lang=en").text


def test_a_consultant_finds_the_open_jobs(client: FlaskClient) -> None:
    consultant = make_member(make_provider(), Role.CONSULTANT)
    assert 'href="/jobs/open"' in sign_in_as(client, consultant).get("/").text


def test_a_count_leads_to_the_list_of_what_is_counted(client: FlaskClient) -> None:
    sme = make_sme()
    drafts = [make_draft(sme) for _number in range(2)]
    make_published_job(sme)
    page = sign_in_as(client, sme).get("/?lang=en").text
    address = re.search(r'href="([^"]+)">Jobs to publish</a></div>\s*<span class="task-count">2<', page)
    assert address
    listed = client.get(address[1]).text
    assert set(re.findall(r"JOB-\d+-\d+", listed)) == {job.number for job in drafts}


@pytest.mark.parametrize("role", WORK)
def test_no_two_counts_of_a_role_share_a_list(role: Role) -> None:
    links = [(work.endpoint, work.anchor, *sorted(work.filter.items())) for work in WORK[role]]
    assert len(set(links)) == len(links)


def test_an_officer_finds_by_the_name_of_a_company_or_firm(client: FlaskClient) -> None:
    story = make_story()
    number = make_engagement(story).number
    sign_in_as(client, make_officer(Role.PROGRAMME_OFFICER))
    for actor in (story.sme, story.manager):
        name = organisation_of(actor).name
        for path in ("/engagements", "/agreements"):
            found = client.get(path, query_string={"search": name, "lang": "en"}).text
            assert "Nothing matches this filter." not in found
        assert number in client.get("/engagements", query_string={"search": name}).text
    for path in ("/engagements", "/agreements", "/claims", "/jobs"):
        missed = client.get(f"{path}?search=nobody-of-this-name&lang=en").text
        assert "Nothing matches this filter." in missed
        assert "here yet" not in missed
        assert f'href="{path}">Clear the filter' in missed


def test_a_company_sees_the_calls_that_it_can_apply_in(client: FlaskClient) -> None:
    call = make_call()
    for actor, shown in ((make_sme(), True), (make_officer(Role.BUDGET_OFFICER), False)):
        page = sign_in_as(client, actor).get("/?lang=en").text
        _before, *offered = page.split("<h2>Calls open now</h2>")
        assert [f'href="/calls/{call.id}"' in part for part in offered] == [True] * shown


def test_what_is_owed_has_one_name_for_officers_and_one_for_debtors() -> None:
    words = {(role in AGENCY, str(text)) for role, menu in MENUS.items() for text, to in menu if "receivables" in to}
    assert len(words) == 2


def steps(actor: Actor) -> dict[str, tuple[str, str]]:
    """What is under way for this actor: by title, what comes next and who acts."""
    with force_locale("en"):
        return {step.title: (str(step.next), str(step.turn)) for step in progress.under_way(actor)}


@pytest.mark.usefixtures("database")
def test_what_is_under_way_is_told_to_both_sides_from_the_bid_to_the_claim(client: FlaskClient) -> None:
    story = make_story()
    agreement = make_engagements.service.draft_agreement(make_award(story).id, actor=story.sme)
    title = agreement.title
    assert steps(story.sme)[title] == ("sign the agreement", "both sides")
    make_engagements.service.sign(agreement.id, actor=story.sme)
    assert steps(story.sme)[title] == ("sign the agreement", "the consulting firm")
    assert steps(story.manager)[title] == ("sign the agreement", "your firm")
    make_engagements.service.sign(agreement.id, actor=story.manager)
    assert steps(story.manager)[title] == ("redeem the voucher for the agreement", "the company")
    make_engagements.redeem(story, agreement)
    assert steps(story.sme)[title] == ("pay the own share into the agency’s account", "your company")
    make_engagements.pay_share(agreement)
    handing_in = "hold the sessions and hand in the documents of this stage"
    for actor, firm in ((story.sme, "the consulting firm"), (story.consultant_actors[0], "your firm")):
        assert steps(actor)[title] == (handing_in, firm)
    assert steps(story.consultant_actors[1]) == {}, "not named in the agreement"
    engagement = make_engagements.queries.find_engagement(agreement.id)
    assert engagement is not None
    hand_in(story, engagement)
    assert steps(story.sme)[title] == ("accept the documents or ask for a correction", "your company")
    assert steps(make_sme()) == {}
    assert steps(make_provider()) == {}
    page = sign_in_as(client, story.sme).get("/?lang=en").text
    assert f'href="/engagements/{engagement.id}">{title}</a>' in page


def test_a_job_is_told_until_its_bids_are_opened_though_its_task_comes_later(clock: MovableClock) -> None:
    sme, manager = make_sme(), make_ready_provider()
    job = make_published_job(sme)
    make_bid(job, manager)
    assert steps(sme)[job.title] == ("firms bid, then the bids are opened", "the consulting firm")
    assert steps(manager)[job.title] == ("the bids are opened", "by itself")
    pass_deadline(job)
    assert steps(sme)[job.title] == ("compare the bids and choose one", "your company")
    assert steps(manager)[job.title] == ("the company compares the bids and chooses one", "the company")


@pytest.mark.parametrize("role", [role for role in MENUS if role not in (Role.VISITOR, Role.HELPER)])
def test_nothing_waits_never_stands_alone(client: FlaskClient, role: Role) -> None:
    page = sign_in_as(client, actor_in(role)).get("/?lang=en").text
    _before, under_way = page.split("<h2>Under way</h2>")
    assert re.search(r"<p>[A-Z][^<]+", under_way.split("<h2>")[0])


@pytest.mark.parametrize("kind", progress.Kind)
def test_every_kind_leads_to_a_page(app: Flask, kind: progress.Kind) -> None:
    endpoint, argument = progress.PAGES[kind]
    with app.test_request_context():
        assert url_for(endpoint, **({argument: UUID(int=1)} if argument else {}))
    allowed = access_of(app, endpoint)
    tellers = [role for role, parts in progress.PARTS.items() if any(f"'{kind}'" in str(part) for part in parts())]
    assert tellers
    assert allowed is None or set(tellers) <= set(allowed)
