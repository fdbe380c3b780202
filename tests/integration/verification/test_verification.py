"""Companies and firms are verified before they bind anybody: by an officer, by the register, after a dispute."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import queries as accounts
from marketplace.accounts import service as account_service
from marketplace.core import db
from marketplace.core.actors import SYSTEM, VISITOR, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, IllegalMove, Invalid, NotFound
from marketplace.notifications.models import Message
from marketplace.notifications.rendering import render
from marketplace.providers import service as providers
from marketplace.verification import queries, registers, service
from marketplace.verification.states import RegisterAnswer, VerificationStatus
from tests.factories.accounts import make_member, make_officer, make_person, make_provider, make_sme, organisation_of
from tests.factories.providers import ACCOUNT, make_profile
from tests.factories.verification import hand_in, open_dispute, paper

pytestmark = pytest.mark.usefixtures("database")
REASON = "The document is of another company."


def visitor() -> Actor:
    person = make_person()
    return Actor(person.id, Role.VISITOR, name=person.name)


def mails(template: str) -> set[str]:
    """Who was told; each mail can be read in both languages."""
    sent = list(db.session.query(Message).filter_by(template=f"verification/{template}"))
    for message in sent:
        for locale in ("ko", "en"):
            assert (
                message.data["company"]
                in render(message.template, locale=locale, base_url="https://example.org", data=message.data).body
            )
    return {message.address for message in sent}


def address(actor: Actor) -> str:
    assert actor.person_id is not None
    return accounts.get_person(actor.person_id).email


def refused(verb: Callable[[], object], words: str) -> None:
    with pytest.raises(DomainError, match=words), db.session.begin_nested():
        verb()


def test_a_company_is_verified_by_what_it_hands_in() -> None:
    sme, officer = make_sme("Hanbit", verified=False), make_officer(Role.PROGRAMME_OFFICER)
    with pytest.raises(Forbidden):
        hand_in(make_member(sme, Role.PREPARER))
    first = hand_in(sme, name="Hanbit Machines")
    assert organisation_of(sme).name == "Hanbit Machines"
    second = hand_in(sme)
    assert (first.status, second.status, mails("received")) == ("withdrawn", "waiting", {address(sme)})
    with pytest.raises(Invalid):
        service.refuse(second.id, actor=officer, reason="no")
    service.refuse(second.id, actor=officer, reason=REASON)
    with pytest.raises(IllegalMove):
        service.confirm(second.id, actor=officer)
    third = hand_in(sme)
    for nobody in (sme, make_officer(Role.BUDGET_OFFICER), VISITOR):
        with pytest.raises((Forbidden, NotFound)):
            service.confirm(third.id, actor=nobody)
    service.confirm(third.id, actor=officer)
    assert queries.is_verified(sme.organisation_id)
    renamed = hand_in(sme, name="Hanbit Robots")
    assert organisation_of(sme).name == "Hanbit Machines"  # until that is verified too
    service.confirm(renamed.id, actor=officer)
    assert (organisation_of(sme).name, third.status) == ("Hanbit Robots", "ended")
    service.end(renamed.id, actor=officer, reason=REASON)
    assert not queries.is_verified(sme.organisation_id)
    assert mails("refused") == mails("confirmed") == mails("ended") == {address(sme)}


def test_nobody_verifies_a_company_of_their_own() -> None:
    person = make_person()
    sme = make_sme(person=person, verified=False)
    one = hand_in(sme)
    refused(lambda: service.confirm(one.id, actor=make_officer(Role.PROGRAMME_OFFICER, person=person)), "belong")
    with pytest.raises(IntegrityError, match="belong"), db.session.begin_nested():
        db.session.execute(
            text(
                "UPDATE verifications SET status = 'confirmed', evidence = 'document', confirmed_at = app_now(),"
                " decided_by = :person WHERE id = :id"
            ),
            {"person": person.id, "id": one.id},
        )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE verifications SET name = 'Another'",
        "UPDATE organisations SET name = 'Another' FROM verifications WHERE organisation_id = organisations.id",
        "UPDATE verifications SET status = 'confirmed', confirmed_at = app_now() WHERE status = 'waiting'",
        "DELETE FROM verifications",
    ],
)
def test_the_database_keeps_what_was_verified(change: str) -> None:
    hand_in(make_sme("Hanbit"), name="Hanbit Machines")
    with pytest.raises(Exception, match="keeps|evidence|permission"), db.session.begin_nested():
        db.session.execute(text(change))


def test_an_unverified_firm_applies_but_is_not_approved() -> None:
    manager, officer = make_provider(verified=False), make_officer(Role.PROGRAMME_OFFICER)
    firm = manager.organisation_id
    assert firm is not None
    providers.register_provider(firm, actor=manager, profile=make_profile(), account=ACCOUNT, document=paper())
    waiting = queries.find(firm, VerificationStatus.WAITING)
    assert waiting is not None  # what it handed in verifies it too
    refused(lambda: providers.approve_provider(firm, actor=officer), "Verify the firm first")
    with pytest.raises(IntegrityError, match="not verified"), db.session.begin_nested():
        db.session.execute(
            text("UPDATE providers SET status = 'approved', approved_at = app_now(), approved_by = :by WHERE id = :id"),
            {"id": firm, "by": officer.person_id},
        )
    service.confirm(waiting.id, actor=officer)
    assert providers.approve_provider(firm, actor=officer).status == "approved"


REGISTER = """\
사업자등록번호,상호,대표자명,사업자상태
{number},(주)한빛,김 대표,계속사업자
{closed},닫은집,박대표,폐업자
"""


@pytest.mark.parametrize(
    ("name", "representative", "said"),
    [
        ("주식회사 한빛", "김대표", RegisterAnswer.AGREES),
        ("한빛소프트", "김대표", RegisterAnswer.NAME),
        ("한빛", "이대표", RegisterAnswer.REPRESENTATIVE),
        ("닫은집", "박대표", RegisterAnswer.CLOSED),
        ("모름", "최대표", RegisterAnswer.UNKNOWN),
    ],
)
def test_the_register_confirms_what_agrees_and_leaves_the_rest(
    name: str, representative: str, said: RegisterAnswer, tmp_path: Path
) -> None:
    sme = make_sme(name, representative_name=representative, verified=False)
    number = organisation_of(sme).business_number or ""
    known = number if said in (RegisterAnswer.AGREES, RegisterAnswer.NAME, RegisterAnswer.REPRESENTATIVE) else "1"
    closed = f"{number[:3]}-{number[3:5]}-{number[5:]}" if said is RegisterAnswer.CLOSED else "2"
    file = tmp_path / "register.csv"
    file.write_text(REGISTER.format(number=known, closed=closed), encoding="utf-8-sig")
    registers.configure(registers.FileRegister(file))
    one = hand_in(sme)
    try:
        service.look_up(one.id, actor=SYSTEM)
        service.look_up(one.id, actor=SYSTEM)  # as after a crash
    finally:
        registers.configure(None)
    assert one.register_answer == said
    assert queries.is_verified(sme.organisation_id) == (said is RegisterAnswer.AGREES)
    assert (one.evidence, one.decided_by) == ("register" if said is RegisterAnswer.AGREES else None, None)


def test_the_register_does_not_decide_a_dispute(tmp_path: Path) -> None:
    sme = make_sme("한빛", representative_name="김대표", verified=False)
    file = tmp_path / "register.csv"
    file.write_text(REGISTER.format(number=organisation_of(sme).business_number, closed="2"))
    one = hand_in(sme)
    open_dispute(visitor(), sme)
    registers.configure(registers.FileRegister(file))
    try:
        service.look_up(one.id, actor=SYSTEM)
    finally:
        registers.configure(None)
    assert (one.status, one.register_answer) == ("waiting", "agrees")
    refused(lambda: service.confirm(one.id, actor=make_officer(Role.PROGRAMME_OFFICER)), "Decide about that first")


def test_a_company_that_was_taken_goes_to_whom_it_belongs(clock: Any) -> None:
    taker, owner = make_sme("Taken"), visitor()
    with_mandate = make_member(taker, Role.PREPARER)
    officer, administrator = make_officer(Role.PROGRAMME_OFFICER), make_officer(Role.ADMINISTRATOR)
    dispute = open_dispute(owner, taker, name="Truly Taken")
    assert (mails("disputed"), mails("dispute_opened")) == ({address(taker)}, {address(owner)})
    refused(lambda: open_dispute(visitor(), taker), "already said")
    refused(lambda: service.propose_transfer(dispute.id, actor=officer, reason=REASON), "may reply until")
    with pytest.raises(NotFound):
        service.reply(dispute.id, actor=make_sme(), reply="It is not mine, but I say so.")
    service.reply(dispute.id, actor=taker, reply="We have signed for it for years.")
    service.propose_transfer(dispute.id, actor=officer, reason=REASON)
    assert address(administrator) in mails("transfer_proposed")
    both = make_officer(Role.ADMINISTRATOR, person=accounts.get_person(officer.person_id))  # type: ignore[arg-type]
    refused(lambda: service.transfer(dispute.id, actor=both), "Another person")
    with pytest.raises(Forbidden):
        service.transfer(dispute.id, actor=officer)
    service.return_proposal(dispute.id, actor=administrator, reason=REASON)
    service.propose_transfer(dispute.id, actor=officer, reason=REASON)
    service.transfer(dispute.id, actor=administrator)
    roles = {one.person_id: one.role for one in accounts.memberships_in(taker.organisation_id)}  # type: ignore[arg-type]
    assert roles == {owner.person_id: "signatory", with_mandate.person_id: "preparer"}
    assert (mails("transferred_away"), mails("transferred")) == ({address(taker)}, {address(owner)})
    assert (organisation_of(taker).name, queries.is_verified(taker.organisation_id)) == ("Truly Taken", True)


def test_a_dispute_without_a_ground_is_dismissed(clock: Any) -> None:
    holder, stranger, officer = make_sme(verified=False), visitor(), make_officer(Role.PROGRAMME_OFFICER)
    refused(lambda: open_dispute(holder, holder), "already sign")
    one = hand_in(holder)
    dispute = open_dispute(stranger, holder)
    clock.advance(days=30)
    refused(lambda: service.reply(dispute.id, actor=holder, reply="It is ours, and always was."), "until")
    service.dismiss(dispute.id, actor=officer, reason=REASON)
    assert (mails("dispute_over"), mails("dispute_dismissed")) == ({address(holder)}, {address(stranger)})
    assert service.confirm(one.id, actor=officer).status == "confirmed"
    for _ in range(3):
        open_dispute(stranger, make_sme())
    refused(lambda: open_dispute(stranger, make_sme()), "3 disputes open")


def test_the_database_wants_two_people_for_a_transfer() -> None:
    dispute = open_dispute(visitor(), make_sme())
    officer = make_officer(Role.PROGRAMME_OFFICER)
    with pytest.raises(IntegrityError, match="two_people"), db.session.begin_nested():
        db.session.execute(
            text(
                "UPDATE disputes SET status = 'transferred', transferred_at = app_now(), proposed_at = app_now(),"
                " proposed_by = :by, decided_by = :by, reason = 'x' WHERE id = :id"
            ),
            {"id": dispute.id, "by": officer.person_id},
        )


def test_a_role_that_was_transferred_away_opens_nothing() -> None:
    taker, owner = make_sme(), visitor()
    account_service.transfer_organisation(taker.organisation_id, owner.person_id, actor=SYSTEM)  # type: ignore[arg-type]
    assert accounts.find_actor(taker.person_id, taker.membership_id).role is Role.VISITOR  # type: ignore[union-attr, arg-type]
    assert accounts.memberships_of(taker.person_id) == []  # type: ignore[arg-type]


def test_what_is_typed_wrong_is_said_at_its_field() -> None:
    for number, field in (("123", "business_number"), ("220-81-62517", "business_number")):
        with pytest.raises(DomainError) as error:
            service.open_dispute(
                actor=visitor(), business_number=number, name="X", representative_name="Y", statement=REASON,
                document=paper(),
            )  # fmt: skip
        assert error.value.field == field
