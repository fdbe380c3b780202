"""The two registers: who registers, approves, pledges, is trained; and what hides a firm."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Text, func, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session, scoped_session

from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, IllegalMove, Invalid, NotFound
from marketplace.notifications.models import Message
from marketplace.providers import ethics_code, queries, service, training
from marketplace.providers.models import Affiliation, Consultant
from marketplace.providers.rules import find_obstacle
from tests.conftest import MovableClock
from tests.factories.accounts import actor_of, make_member, make_officer, make_person, make_provider, make_sme
from tests.factories.providers import (
    ACCOUNT,
    consultants_of,
    make_applicant,
    make_consultant,
    make_profile,
    make_ready_provider,
    make_registered_provider,
)

Database = scoped_session[Session]
IBAN = service.AccountDetails("iban", "DE89 3704 0044 0532 0130 00", "Test Bank", "Test Firm")


def listed() -> list[str]:
    return [provider.name for provider in db.session.execute(queries.listed())]


def test_a_firm_registers_with_its_account_and_an_officer_approves_both(database: Database) -> None:
    manager = make_applicant()
    assert manager.organisation_id is not None
    provider = queries.get_provider(manager.organisation_id)
    assert (provider.status, queries.active_bank_account(provider.id)) == ("applied", None)
    officer = make_officer(Role.PROGRAMME_OFFICER)
    service.approve_provider(provider.id, actor=officer)
    account = queries.active_bank_account(provider.id)
    assert provider.status == "approved"
    assert account is not None
    assert (account.identifier, account.approved_by) == ("110123456789", officer.person_id)
    with pytest.raises(IllegalMove):
        service.approve_provider(provider.id, actor=officer)


def test_only_a_manager_of_the_firm_registers_it_once(database: Database) -> None:
    manager, stranger, sme = make_provider(), make_provider(), make_sme()
    assert manager.organisation_id is not None
    for actor, refusal in ((stranger, NotFound), (sme, Forbidden), (make_member(manager, Role.CONSULTANT), Forbidden)):
        with pytest.raises(refusal):
            service.register_provider(manager.organisation_id, actor=actor, profile=make_profile(), account=ACCOUNT)
    service.register_provider(manager.organisation_id, actor=manager, profile=make_profile(), account=ACCOUNT)
    with pytest.raises(DomainError, match="already applied"):
        service.register_provider(manager.organisation_id, actor=manager, profile=make_profile(), account=ACCOUNT)


def test_nobody_approves_the_firm_they_registered(database: Database) -> None:
    manager = make_applicant()
    assert manager.organisation_id is not None
    assert manager.person_id is not None
    officer = Actor(manager.person_id, Role.PROGRAMME_OFFICER, make_officer(Role.PROGRAMME_OFFICER).organisation_id)
    with pytest.raises(DomainError, match="Somebody else"):
        service.approve_provider(manager.organisation_id, actor=officer)
    past_the_rule = "UPDATE providers SET status = 'approved', approved_at = app_now(), approved_by = submitted_by"
    with pytest.raises(IntegrityError, match="four_eyes"), db.session.begin_nested():
        db.session.execute(text(past_the_rule))


@pytest.mark.parametrize("role", [Role.BUDGET_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR])
def test_only_a_programme_officer_approves(database: Database, role: Role) -> None:
    manager = make_applicant()
    assert manager.organisation_id is not None
    with pytest.raises(Forbidden):
        service.approve_provider(manager.organisation_id, actor=make_officer(role))


def test_a_refused_firm_reads_why_and_may_apply_again(database: Database) -> None:
    manager, officer = make_applicant(), make_officer(Role.PROGRAMME_OFFICER)
    assert manager.organisation_id is not None
    with pytest.raises(Invalid):
        service.refuse_provider(manager.organisation_id, actor=officer, reason=" ")
    service.refuse_provider(manager.organisation_id, actor=officer, reason="The account is not the firm's.")
    mail = db.session.scalars(select(Message).where(Message.template == "providers/refused")).one()
    assert mail.data["reason"] == "The account is not the firm's."
    assert service.apply_again(manager.organisation_id, actor=manager).status == "applied"


def test_another_account_needs_a_second_person_and_the_firm_is_told(database: Database) -> None:
    manager = make_registered_provider()
    assert manager.organisation_id is not None
    account = service.propose_bank_account(manager.organisation_id, actor=manager, details=IBAN)
    before = queries.active_bank_account(manager.organisation_id)
    assert before is not None
    assert before.id != account.id
    with pytest.raises(DomainError, match="already waiting"):
        service.propose_bank_account(manager.organisation_id, actor=manager, details=IBAN)
    with pytest.raises(Forbidden):
        service.approve_bank_account(account.id, actor=manager)
    assert manager.person_id is not None
    same_person = Actor(manager.person_id, Role.BUDGET_OFFICER, make_officer(Role.BUDGET_OFFICER).organisation_id)
    with pytest.raises(DomainError, match="Somebody else"):
        service.approve_bank_account(account.id, actor=same_person)
    service.approve_bank_account(account.id, actor=make_officer(Role.BUDGET_OFFICER))
    assert queries.active_bank_account(manager.organisation_id) is account
    assert before.status == "retired"
    templates = set(db.session.scalars(select(Message.template)))
    assert {"providers/bank_account_proposed", "providers/bank_account_changed"} <= templates
    bodies = str(list(db.session.scalars(select(Message.data))))
    assert "DE89370400440532013000" not in bodies


def test_the_database_keeps_one_active_account_and_four_eyes(database: Database) -> None:
    manager = make_registered_provider()
    assert manager.organisation_id is not None
    service.propose_bank_account(manager.organisation_id, actor=manager, details=IBAN)
    second = (
        "UPDATE bank_accounts SET status = 'active', active_at = app_now(), approved_by = {by}"
        " WHERE status = 'proposed'"
    )
    with pytest.raises(IntegrityError, match="uq_bank_accounts_active"), db.session.begin_nested():
        db.session.execute(text(second.format(by=f"'{make_person().id}'")))
    with pytest.raises(IntegrityError, match="four_eyes"), db.session.begin_nested():
        db.session.execute(text(second.format(by="proposed_by")))


def test_a_consultant_enters_themselves_and_nobody_else(database: Database) -> None:
    manager = make_registered_provider()
    consultant = make_member(manager, Role.CONSULTANT)
    other = make_member(manager, Role.CONSULTANT)
    stranger = make_registered_provider()
    facts = {"service_lines": ["hrd"], "languages": ["ko"], "experience_years": 3}
    assert consultant.person_id is not None
    assert other.person_id is not None
    with pytest.raises(Forbidden):
        service.register_consultant(other.person_id, actor=consultant, **facts)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        service.register_consultant(other.person_id, actor=stranger, **facts)  # type: ignore[arg-type]
    service.register_consultant(consultant.person_id, actor=consultant, **facts)  # type: ignore[arg-type]
    service.register_consultant(other.person_id, actor=manager, **facts)  # type: ignore[arg-type]
    with pytest.raises(DomainError, match="already in the register"):
        service.register_consultant(other.person_id, actor=manager, **facts)  # type: ignore[arg-type]
    assert len(consultants_of(manager)) == 2


def test_a_consultant_belongs_to_one_firm_at_a_time(database: Database) -> None:
    manager, next_firm = make_ready_provider(), make_registered_provider()
    (consultant,) = consultants_of(manager)
    insert = "INSERT INTO affiliations (consultant_id, provider_id, from_on) VALUES (:consultant, :firm, '2026-01-01')"
    values = {"consultant": consultant.id, "firm": next_firm.organisation_id}
    with pytest.raises(IntegrityError, match="uq_affiliations_open"), db.session.begin_nested():
        db.session.execute(text(insert), values)
    person = queries.db.get(Consultant, consultant.id)
    joining = make_member(next_firm, Role.CONSULTANT, person=_person_of(person))
    with pytest.raises(IllegalMove):
        service.join_provider(actor=joining)
    service.end_affiliation(consultant.id, actor=manager)
    assert service.join_provider(actor=joining).provider_id == next_firm.organisation_id
    rows = db.session.scalars(select(Affiliation).order_by(Affiliation.until_on)).all()
    assert [row.provider_id for row in rows] == [manager.organisation_id, next_firm.organisation_id]


def _person_of(consultant: Consultant) -> "object":
    from marketplace.accounts import queries as accounts

    return accounts.get_person(consultant.person_id)


def test_the_code_is_signed_by_oneself_once_a_season_in_its_present_version(database: Database) -> None:
    manager = make_registered_provider()
    consultant = make_consultant(manager, pledged=False)
    membership_actor = _actor(consultant, manager)
    old = ethics_code.EDITIONS.all[0].version
    with pytest.raises(DomainError, match="newer code"):
        service.sign_pledge(actor=membership_actor, version=old)
    current = ethics_code.current(business_clock.today()).version
    with pytest.raises(NotFound):
        service.sign_pledge(actor=make_provider(), version=current)
    service.sign_pledge(actor=membership_actor, version=current)
    with pytest.raises(DomainError, match="already signed"):
        service.sign_pledge(actor=membership_actor, version=current)
    with pytest.raises(ProgrammingError, match="permission denied"), db.session.begin_nested():
        db.session.execute(text("UPDATE pledges SET season = 2030"))


def _actor(consultant: Consultant, manager: Actor) -> Actor:
    from marketplace.accounts import queries as accounts

    assert manager.organisation_id is not None
    members = accounts.memberships_in(manager.organisation_id)
    return actor_of(next(row for row in members if row.person_id == consultant.person_id))


def test_training_is_recorded_by_the_agency_and_never_in_the_future(database: Database) -> None:
    manager = make_registered_provider()
    consultant = make_consultant(manager, trained=False)
    officer, today = make_officer(Role.PROGRAMME_OFFICER), business_clock.today()
    with pytest.raises(Forbidden):
        service.record_training(consultant.id, actor=manager, course="ethics", passed_on=today)
    for course, day in (("magic", today), ("ethics", today + timedelta(days=1))):
        with pytest.raises(Invalid):
            service.record_training(consultant.id, actor=officer, course=course, passed_on=day)
    entry = service.record_training(consultant.id, actor=officer, course="ethics", passed_on=today)
    assert entry.expires_on == training.expires_on("ethics", today)
    with pytest.raises(Invalid, match="already recorded"):
        service.record_training(consultant.id, actor=officer, course="ethics", passed_on=today)


def test_the_public_list_hides_the_unapproved_the_suspended_the_lapsed_and_the_dormant(
    database: Database, clock: MovableClock
) -> None:
    make_applicant("Applicant")
    make_registered_provider("Without Consultants")
    make_consultant(make_registered_provider("Not Trained"), trained=False)
    suspended = make_ready_provider("Suspended")
    assert suspended.organisation_id is not None
    service.suspend_provider(suspended.organisation_id, actor=make_officer(Role.ETHICS_OFFICER), reason="A finding.")
    ready = make_ready_provider("Ready")
    assert ready.organisation_id is not None
    assert listed() == ["Ready"]
    clock.advance(days=4 * 365)
    (consultant,) = consultants_of(ready)
    officer = make_officer(Role.PROGRAMME_OFFICER)
    for course in training.required():
        service.record_training(consultant.id, actor=officer, course=course, passed_on=business_clock.today())
    actor = _actor(consultant, ready)
    service.sign_pledge(actor=actor, version=ethics_code.current(business_clock.today()).version)
    assert listed() == []
    service.change_load(ready.organisation_id, 1, actor=SYSTEM)
    assert listed() == ["Ready"]


def test_readiness_is_the_same_in_python_and_in_both_functions_of_the_database(database: Database) -> None:
    manager = make_registered_provider()
    provider_id = manager.organisation_id
    assert provider_id is not None
    today, first = business_clock.today(), training.required()[0]
    for pledged, trained in ((True, True), (True, False), (False, True)):
        make_consultant(manager, pledged=pledged, trained=trained)
    half = make_consultant(manager, trained=False)
    service.record_training(half.id, actor=make_officer(Role.PROGRAMME_OFFICER), course=first, passed_on=today)
    last = training.expires_on(first, today)
    seen = set()
    for on in (today, date(today.year, 12, 31), date(today.year + 1, 1, 1), last):
        ready = queries.ready_counts(on).get(provider_id, 0)
        members = consultants_of(manager)
        assert ready == sum(find_obstacle(consultant, provider_id, on) is None for consultant in members), on
        for consultant in members:
            single = func.consultant_obstacle(consultant.id, provider_id, on, db.array(training.required(), Text))
            assert database.scalar(select(single)) == find_obstacle(consultant, provider_id, on), on
        seen.add(ready)
    assert seen == {0, 1}


def test_the_public_list_filters_by_service_region_and_language(database: Database) -> None:
    make_ready_provider("North", service_lines=["hrd"], regions=["jeju"], languages=["en"])
    make_ready_provider("South", service_lines=["marketing"], regions=["busan"], languages=["ko"])
    for facts in ({"service_line": "hrd"}, {"region": "jeju"}, {"language": "en"}, {"search": "nor"}):
        names = [row.name for row in db.session.execute(queries.listed(**facts))]
        assert names == ["North"], facts
    assert list(db.session.scalars(queries.listed(search="%"))) == []


def test_what_higher_areas_tell_is_kept(database: Database) -> None:
    manager, sme = make_registered_provider(), make_sme()
    assert manager.organisation_id is not None
    assert sme.organisation_id is not None
    provider = queries.get_provider(manager.organisation_id)
    service.set_grade(provider.id, 72, 3, True)
    service.record_conflict(provider.id, sme.organisation_id, "The same owner.")
    service.record_conflict(provider.id, sme.organisation_id, "Told twice.")
    assert (
        provider.grade_value,
        provider.grade_count,
        provider.grade_provisional,
    ) == (72, 3, True)
    assert queries.conflicting_providers(sme.organisation_id) == {provider.id}
    with pytest.raises(IntegrityError), db.session.begin_nested():
        service.set_grade(provider.id, 101, 3, True)
        db.flush()


def test_only_an_ethics_officer_suspends_and_only_with_a_reason(database: Database) -> None:
    manager = make_registered_provider()
    assert manager.organisation_id is not None
    with pytest.raises(Forbidden):
        service.suspend_provider(manager.organisation_id, actor=make_officer(Role.ADMINISTRATOR), reason="x")
    with pytest.raises(Invalid):
        service.suspend_provider(manager.organisation_id, actor=make_officer(Role.ETHICS_OFFICER), reason="")


def test_a_filter_ignores_what_it_does_not_know(client: FlaskClient) -> None:
    make_ready_provider("Ready")
    for address in ("/providers?lang=en", "/providers?sort=-newest", "/providers?region=moon&search=Ready"):
        page = client.get(address)
        assert page.status_code == 200
        assert "Ready" in page.text
    assert "field-error" not in client.get("/providers?lang=en").text
    assert client.get("/providers?format=csv").text.splitlines()[1].startswith("Ready,")
    for unseen in ("%00", "%E2%80%AE"):
        assert "Ready" in client.get(f"/providers?search={unseen}Rea{unseen}dy&after={unseen}").text
