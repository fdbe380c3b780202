"""Companies, their people, mandates, and the agency's roles. ASVS 8.2.1, 8.2.2, 8.4.1."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import invitations, queries, service
from marketplace.accounts.models import AGENCY_ID, Membership
from marketplace.accounts.service import tokens
from marketplace.accounts.states import MembershipStatus
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound
from marketplace.notifications.models import Message
from tests.conftest import MovableClock
from tests.factories.accounts import (
    PASSWORD,
    make_member,
    make_officer,
    make_person,
    make_provider,
    make_sme,
    new_business_number,
    organisation_of,
    sign_in_as,
)

pytestmark = pytest.mark.usefixtures("database")

COMPANY = {
    "name": "Hanbit Precision",
    "representative_name": "Park Minseo",
    "sector": "manufacturing",
    "region": "seoul",
    "address": "12 Test Street",
    "phone": "",
    "email": "",
    "established_on": "2011-03-02",
}


def registering(**changes: str) -> dict[str, str]:
    return {**COMPANY, "business_number": new_business_number(), **changes}


@pytest.mark.parametrize(("kind", "role"), [("sme", Role.SIGNATORY), ("provider", Role.MANAGER)])
def test_who_registers_an_organisation_acts_for_it_at_once(client: FlaskClient, kind: str, role: Role) -> None:
    person = make_person()
    sign_in_as(client, Actor(person.id, Role.VISITOR))
    assert client.get("/companies/mine").status_code == 403
    assert client.post(f"/companies/new/{kind}", data=registering()).status_code == 303
    (membership,) = queries.memberships_of(person.id)
    assert (membership.role, membership.organisation.kind) == (role, kind)
    assert client.get("/companies/mine").status_code == 200


@pytest.mark.parametrize("number", ["", "1234567890", "124-81-0099", "124-81-00997", "0000000000"])
def test_a_number_without_its_check_digit_is_refused_at_the_field(client: FlaskClient, number: str) -> None:
    person = make_person()
    sign_in_as(client, Actor(person.id, Role.VISITOR))
    response = client.post("/companies/new/sme", data=registering(business_number=number))
    assert response.status_code == 422
    assert 'id="business_number-error"' in response.text
    assert not queries.memberships_of(person.id)


def test_one_business_number_registers_once(client: FlaskClient) -> None:
    taken = organisation_of(make_sme()).business_number
    sign_in_as(client, Actor(make_person().id, Role.VISITOR))
    response = client.post("/companies/new/provider", data=registering(business_number=taken or ""))
    assert response.status_code == 422
    assert 'id="business_number-error"' in response.text


def test_the_database_itself_refuses_a_second_registration() -> None:
    first, second = make_sme(), make_sme()
    organisation_of(second).business_number = organisation_of(first).business_number
    with pytest.raises(IntegrityError, match="uq_organisations_business_number"):
        db.flush()


def invited_mail() -> Message:
    return db.session.scalars(select(Message).where(Message.template == "accounts/invitation")).one()


def test_signatory_invites_a_preparer_who_opens_an_account(client: FlaskClient) -> None:
    sme = make_sme()
    sign_in_as(client, sme)
    form = {"email": "new@example.com", "role": "preparer", "locale": "en"}
    assert client.post("/companies/mine/people/invite", data=form).status_code == 303
    link = f"/account/invitation/{invited_mail().data['token']}"
    client.post("/account/sign-out")
    assert client.get(link).status_code == 200
    answer = client.post(link, data={"name": "New Person", "password": PASSWORD, "locale": "en"})
    assert answer.status_code == 303
    person = queries.find_person_by_email("new@example.com")
    assert person is not None
    assert [m.role for m in queries.memberships_of(person.id)] == ["preparer"]
    assert client.get("/companies/mine").status_code == 200
    assert client.get("/companies/mine/people/invite").status_code == 403
    assert client.get(link).text.count('<form method="post" novalidate>') == 0  # spent


def test_an_invitation_serves_the_invited_address_only(client: FlaskClient) -> None:
    secret = service.invite("new@example.com", actor=make_sme(), role=Role.SIGNATORY, locale="en")
    thief = make_sme()
    sign_in_as(client, thief)
    assert client.post(f"/account/invitation/{secret}", data={}).status_code in (409, 422)
    assert len(queries.memberships_of(thief.person_id)) == 1


@pytest.mark.parametrize(
    ("inviter", "role", "listed"),
    [
        (make_sme, Role.PREPARER, "/companies/mine"),
        (make_provider, Role.CONSULTANT, "/companies/mine"),
        (lambda: make_officer(Role.ADMINISTRATOR), Role.AUDITOR, "/people"),
    ],
)
def test_an_open_invitation_is_listed_and_withdrawn(
    client: FlaskClient, inviter: Callable[[], Actor], role: Role, listed: str
) -> None:
    actor = inviter()
    secret = service.invite("new@example.com", actor=actor, role=role, locale="en")
    client.set_cookie("lang", "en")
    sign_in_as(client, actor)
    (withdraw,) = re.findall(r'href="(/invitations/[^"]+)"', client.get(listed).text)
    asked = client.get(withdraw)
    assert "new@example.com" in asked.text
    assert client.post(withdraw, data={}).location == listed
    assert "new@example.com" not in client.get(listed).text
    assert client.get("/account/invitation/unknown").text.count("withdrawn") == 0
    for answer in (client.get(f"/account/invitation/{secret}"), client.post(f"/account/invitation/{secret}")):
        assert "This invitation was withdrawn" in answer.text
    with pytest.raises(DomainError, match=str(tokens.NOT_VALID)):
        service.accept_invitation_as_new(secret, name="New", password=PASSWORD, locale="en")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "membership.withdraw_invitation")).one()
    assert entry.person_id == actor.person_id


def test_only_invitations_that_still_let_somebody_in_are_listed(clock: MovableClock) -> None:
    first = make_sme()
    second = make_member(first, Role.SIGNATORY)
    accepted = service.invite("accepted@example.com", actor=first, role=Role.PREPARER, locale="en")
    service.accept_invitation_as_new(accepted, name="Accepted", password=PASSWORD, locale="en")
    service.invite("of-who-left@example.com", actor=second, role=Role.PREPARER, locale="en")
    service.invite("elsewhere@example.com", actor=make_sme(), role=Role.PREPARER, locale="en")
    service.invite("open@example.com", actor=first, role=Role.PREPARER, locale="en")
    service.change_role(second.membership_id, Role.PREPARER, actor=first)
    assert [row.data["email"] for row in invitations.open_in(first.organisation_id)] == ["open@example.com"]
    clock.advance(days=14, seconds=1)
    assert invitations.open_in(first.organisation_id) == []


def test_an_invitation_is_withdrawn_once_and_by_its_own_inviters() -> None:
    sme = make_sme()
    secret = service.invite("new@example.com", actor=sme, role=Role.PREPARER, locale="en")
    (invitation,) = invitations.open_in(sme.organisation_id)
    with pytest.raises(NotFound):
        service.withdraw_invitation(invitation.id, actor=make_sme())
    with pytest.raises(Forbidden):
        service.withdraw_invitation(invitation.id, actor=make_member(sme, Role.PREPARER))
    service.accept_invitation_as_new(secret, name="New", password=PASSWORD, locale="en")
    with pytest.raises(DomainError):
        service.withdraw_invitation(invitation.id, actor=sme)


def test_an_invitation_ends_with_the_right_of_who_sent_it() -> None:
    first = make_sme()
    second = make_member(first, Role.SIGNATORY)
    secret = service.invite("friend@example.com", actor=second, role=Role.SIGNATORY, locale="en")
    service.change_role(second.membership_id, Role.PREPARER, actor=first)
    with pytest.raises(DomainError, match=str(tokens.NOT_VALID)):
        service.accept_invitation_as_new(secret, name="A Friend", password=PASSWORD, locale="en")
    assert {m.person_id for m in queries.memberships_in(first.organisation_id)} == {first.person_id, second.person_id}


def test_a_preparer_cannot_invite_or_end() -> None:
    sme = make_sme()
    preparer = make_member(sme, Role.PREPARER)
    with pytest.raises(Forbidden):
        service.invite("new@example.com", actor=preparer, role=Role.SIGNATORY, locale="en")
    with pytest.raises(Forbidden):
        service.end_membership(sme.membership_id, actor=preparer)
    with pytest.raises(Forbidden):
        service.change_role(preparer.membership_id, Role.SIGNATORY, actor=preparer)


def test_people_of_another_company_are_not_found(client: FlaskClient) -> None:
    mine, theirs = make_sme(), make_sme()
    for verb in (
        lambda: service.end_membership(theirs.membership_id, actor=mine),
        lambda: service.change_role(theirs.membership_id, Role.PREPARER, actor=mine),
        lambda: service.add_membership(make_person().id, theirs.organisation_id, Role.SIGNATORY, actor=mine),
    ):
        with pytest.raises(NotFound):
            verb()
    sign_in_as(client, mine)
    assert client.get(f"/companies/mine/people/{theirs.membership_id}/end").status_code == 404
    assert client.get(f"/companies/mine/people/{theirs.membership_id}/role").status_code == 404


def test_the_last_signatory_stays() -> None:
    sme = make_sme()
    with pytest.raises(DomainError):
        service.end_membership(sme.membership_id, actor=sme)
    with pytest.raises(DomainError):
        service.change_role(sme.membership_id, Role.PREPARER, actor=sme)
    second = make_member(sme, Role.SIGNATORY)
    service.end_membership(sme.membership_id, actor=second)
    assert [m.id for m in queries.memberships_in(sme.organisation_id)] == [second.membership_id]


def test_a_helper_needs_a_named_mandate_that_ends_within_a_year() -> None:
    sme, person, today = make_sme(), make_person(), business_clock.today()
    for mandate, until in [
        (None, today),
        ("Tax office Kim", None),
        ("Tax office Kim", today - timedelta(days=1)),
        ("Tax office Kim", today + timedelta(days=400)),
    ]:
        with pytest.raises(Invalid):
            service.add_membership(
                person.id, sme.organisation_id, Role.HELPER, actor=sme, mandate=mandate, valid_until=until
            )


def test_a_mandate_ends_by_itself(clock: MovableClock) -> None:
    sme = make_sme()
    until = business_clock.today() + timedelta(days=3)
    helper = make_member(sme, Role.HELPER, mandate="Tax office Kim", valid_until=until)
    clock.advance(days=3)
    assert queries.find_actor(helper.person_id, helper.membership_id).role is Role.HELPER
    clock.advance(days=1)
    assert queries.find_actor(helper.person_id, helper.membership_id).role is Role.VISITOR
    assert service.end_expired_memberships() == 1
    assert service.end_expired_memberships() == 0
    assert queries.get_membership(helper.membership_id).status == "ended"


def test_mail_goes_to_those_who_hold_the_role_on_the_day_it_is_queued(clock: MovableClock) -> None:
    sme = make_sme()
    make_member(sme, Role.HELPER, mandate="Tax office Kim", valid_until=business_clock.today() + timedelta(days=3))
    readers = []
    for key in ("on its last day", "a day later"):
        clock.advance(days=3 if key == "on its last day" else 1)
        service.notify_organisation(
            sme.organisation_id, [Role.SIGNATORY, Role.HELPER], "accounts/password_changed", key=key
        )
        readers.append(db.session.scalar(select(func.count()).where(Message.key.contains(key))))
    assert readers == [2, 1]


@pytest.mark.parametrize("status", MembershipStatus)
def test_python_and_the_database_agree_on_what_gives_rights(status: MembershipStatus) -> None:
    membership, today = queries.get_membership(make_sme().membership_id), business_clock.today()
    membership.status, membership.ended_at = status, business_clock.now()
    answers = set()
    for begins, ends in [(-1, None), (-1, -1), (-1, 0), (0, None), (0, 0), (0, 1), (1, None), (1, 1)]:
        membership.valid_from = today + timedelta(days=begins)
        membership.valid_until = None if ends is None else today + timedelta(days=ends)
        db.flush()
        row = select(Membership.live_on(today)).where(Membership.id == membership.id)
        assert db.session.scalar(row) is membership.is_live(today), (begins, ends)
        answers.add(membership.is_live(today))
    assert answers == ({True, False} if status == MembershipStatus.ACTIVE else {False})


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER, Role.SYSTEM, Role.VISITOR])
def test_a_company_gives_its_own_roles_only(role: Role) -> None:
    sme = make_sme()
    with pytest.raises(Invalid):
        service.add_membership(make_person().id, sme.organisation_id, role, actor=sme)
    with pytest.raises(Invalid):
        service.invite("new@example.com", actor=sme, role=role, locale="en")


def test_the_database_keeps_the_agencys_roles_out_of_companies() -> None:
    membership = queries.get_membership(make_sme().membership_id)
    membership.role = Role.ADMINISTRATOR.value
    with pytest.raises(IntegrityError, match="ck_memberships_role"):
        db.flush()


def test_a_role_of_the_agency_needs_a_second_administrator() -> None:
    first, second = make_officer(Role.ADMINISTRATOR), make_officer(Role.ADMINISTRATOR)
    person = make_person()
    membership = service.propose_role(person.id, Role.BUDGET_OFFICER, actor=first)
    assert queries.find_actor(person.id, membership.id).role is Role.VISITOR
    with pytest.raises(DomainError):
        service.approve_role(membership.id, actor=first)
    service.approve_role(membership.id, actor=second)
    assert queries.find_actor(person.id, membership.id).role is Role.BUDGET_OFFICER


def test_nobody_grants_or_approves_a_role_for_themselves() -> None:
    first, second = make_officer(Role.ADMINISTRATOR), make_officer(Role.ADMINISTRATOR)
    with pytest.raises(DomainError):
        service.propose_role(first.person_id, Role.BUDGET_OFFICER, actor=first)
    membership = service.propose_role(first.person_id, Role.BUDGET_OFFICER, actor=second)
    with pytest.raises(DomainError):
        service.approve_role(membership.id, actor=first)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER])
def test_only_administrators_propose_approve_and_refuse(role: Role) -> None:
    officer = make_officer(role)
    membership = service.propose_role(make_person().id, Role.EVALUATOR, actor=make_officer(Role.ADMINISTRATOR))
    for verb in (
        lambda: service.propose_role(make_person().id, Role.EVALUATOR, actor=officer),
        lambda: service.approve_role(membership.id, actor=officer),
        lambda: service.refuse_role(membership.id, actor=officer, reason="x"),
    ):
        with pytest.raises(Forbidden):
            verb()


def proposed(**columns: object) -> Membership:
    membership = Membership(
        person_id=make_person().id,
        organisation_id=AGENCY_ID,
        organisation_kind="agency",
        role="auditor",
        status="proposed",
        valid_from=business_clock.today(),
    )
    for name, value in columns.items():
        setattr(membership, name, value)
    return membership


def test_the_database_itself_keeps_four_eyes() -> None:
    administrator = make_person().id
    now = business_clock.now()
    own = make_person().id
    for columns, constraint in [
        ({"granted_by": administrator, "approved_by": administrator}, "ck_memberships_four_eyes"),
        ({"granted_by": own, "person_id": own}, "ck_memberships_own_grant"),
        ({"granted_by": administrator, "approved_by": own, "person_id": own}, "ck_memberships_own_grant"),
        ({"granted_by": administrator, "status": "active", "activated_at": now}, "ck_memberships_approved"),
    ]:
        with pytest.raises(IntegrityError, match=constraint), db.session.begin_nested():
            db.session.add(proposed(**columns))


def test_invited_staff_wait_for_a_second_administrator(app: Flask, client: FlaskClient) -> None:
    first, second = make_officer(Role.ADMINISTRATOR), make_officer(Role.ADMINISTRATOR)
    secret = service.invite("new@example.com", actor=first, role=Role.EVALUATOR, locale="en")
    person = service.accept_invitation_as_new(secret, name="New Officer", password=PASSWORD, locale="en")
    assert queries.memberships_of(person.id) == []
    (waiting,) = queries.proposed_roles()
    approval = f"/people/roles/{waiting.id}/approve"
    newcomer = sign_in_as(app.test_client(), queries.find_actor(person.id, None))
    assert newcomer.get("/").location == "/account/roles"
    own = newcomer.get("/account/roles?lang=en").text
    assert ("Evaluator: waits for an administrator" in own, "Register your" in own) == (True, False)
    sign_in_as(client, first)
    assert client.post(approval, data={}).status_code in (409, 422)
    assert approval not in client.get("/people").text
    assert "Roles to approve" not in client.get("/?lang=en").text, "it is their own proposal"
    sign_in_as(client, second)
    assert approval in client.get("/people").text
    assert "Roles to approve" in client.get("/?lang=en").text
    assert client.post(f"/people/roles/{waiting.id}/approve", data={}).status_code == 303
    assert [m.role for m in queries.memberships_of(person.id)] == ["evaluator"]
    assert newcomer.get("/").location == "/account/roles", "the session began before the role"


def test_the_same_role_is_not_held_twice() -> None:
    sme = make_sme()
    with pytest.raises(IntegrityError, match="uq_memberships_live"):
        service.add_membership(sme.person_id, sme.organisation_id, Role.SIGNATORY, actor=SYSTEM)


def test_a_manager_may_be_a_consultant_as_well() -> None:
    manager = make_provider()
    service.add_membership(manager.person_id, manager.organisation_id, Role.CONSULTANT, actor=manager)
    assert {m.role for m in queries.memberships_of(manager.person_id)} == {"manager", "consultant"}


def test_create_staff_is_for_the_agencys_roles() -> None:
    person = service.create_staff("officer@example.com", "An Officer", Role.AUDITOR, PASSWORD, locale="ko")
    assert [m.role for m in queries.memberships_of(person.id)] == ["auditor"]
    with pytest.raises(Invalid):
        service.create_staff("x@example.com", "Somebody", Role.SIGNATORY, PASSWORD, locale="ko")
