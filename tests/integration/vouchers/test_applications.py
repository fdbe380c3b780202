"""Applications: complete, by the signatory, in time, sealed; eligibility kept with everything it rests on."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.core import clock, db
from marketplace.core.actors import Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound
from marketplace.notifications.models import Message
from marketplace.vouchers import queries, rules, service
from tests.factories.accounts import make_member, make_officer, make_sme
from tests.factories.programmes import earlier, make_call
from tests.factories.vouchers import PDF, make_application, make_draft

pytestmark = pytest.mark.usefixtures("database")
ALL = set(rules.DECLARATIONS)


def test_submitting_takes_the_next_ticket_and_tells_the_company() -> None:
    call = make_call()
    first, second = make_application(call), make_application(call)
    assert first.ticket is not None
    assert second.ticket is not None
    assert first.ticket < second.ticket
    assert first.status == "accepted"
    mails = db.session.query(Message).filter(Message.key.startswith(f"vouchers/receipt:{first.id}")).all()
    assert [mail.template for mail in mails] == ["vouchers/receipt"]


def test_only_the_signatory_submits() -> None:
    sme = make_sme()
    draft = make_draft(make_call(), sme)
    preparer = make_member(sme, Role.PREPARER)
    with pytest.raises(Forbidden):
        service.submit(draft.id, actor=preparer, declarations=ALL)
    assert draft.ticket is None


def test_everything_missing_is_said_at_once() -> None:
    sme = make_sme(sector=None)
    draft = service.start_application(make_call().id, actor=sme)
    with pytest.raises(Invalid) as refused:
        service.submit(draft.id, actor=sme, declarations=ALL - {"truthful"})
    assert str(refused.value).count(".") >= 4


def test_another_company_does_not_find_the_application() -> None:
    draft = make_draft(make_call())
    with pytest.raises(NotFound):
        service.save_facts(draft.id, {}, actor=make_sme())


def test_one_live_application_per_company_and_call() -> None:
    sme, call = make_sme(), make_call()
    draft = make_draft(call, sme)
    with pytest.raises(DomainError):
        service.start_application(call.id, actor=sme)
    service.withdraw(draft.id, actor=sme)
    service.start_application(call.id, actor=sme)
    insert = (
        "INSERT INTO applications (number, call_id, organisation_id, status, facts, declarations)"
        " SELECT number || 'x', call_id, organisation_id, 'draft', facts, declarations FROM applications"
        " WHERE status = 'draft' AND organisation_id = :id"
    )
    with pytest.raises(IntegrityError, match="uq_applications_live"), db.session.begin_nested():
        db.session.execute(text(insert), {"id": sme.organisation_id})


def test_nothing_is_taken_after_closing() -> None:
    sme = make_sme()
    with earlier(days=3):
        draft = make_draft(make_call(closes_in=timedelta(days=1)), sme)
    with pytest.raises(DomainError, match="does not take applications"):
        service.submit(draft.id, actor=sme, declarations=ALL)


def test_a_submitted_application_is_sealed_by_the_database() -> None:
    application = make_application(make_call())
    statement = "UPDATE applications SET facts = '{}' WHERE id = :id"
    with pytest.raises(IntegrityError) as error, db.session.begin_nested():
        db.session.execute(text(statement), {"id": application.id})
    assert "sealed" in str(error.value)


def test_what_the_standard_clearly_refuses_is_not_taken_in() -> None:
    sme = make_sme()
    draft = make_draft(make_call(), sme, employees=300, capital=8_000_000_001)
    with pytest.raises(Invalid, match="not a small or medium"):
        service.submit(draft.id, actor=sme, declarations=ALL)


@pytest.mark.parametrize("facts", [{"sector": "agriculture"}, {"employees": 300, "capital": None}])
def test_what_the_standard_leaves_open_goes_to_an_officer(facts: dict[str, Any]) -> None:
    application = make_application(make_call(), **facts)
    assert application.status == "in_review"
    officer = make_officer(Role.PROGRAMME_OFFICER)
    with pytest.raises(Invalid):
        service.decide_eligibility(application.id, actor=officer, eligible=True, reason="  ")
    with pytest.raises(Forbidden):
        service.decide_eligibility(application.id, actor=make_sme(), eligible=True, reason="ours")
    service.decide_eligibility(application.id, actor=officer, eligible=True, reason="A family farm of four people.")
    assert application.status == "accepted"
    taken = service.reassess(application.id, occasion="allocation", actor=officer)
    assert taken.result == "undetermined"
    assert taken.evidence["employees"]["level"] == "verified"


def test_what_is_decided_is_not_decided_again() -> None:
    officer, accepted = make_officer(Role.PROGRAMME_OFFICER), make_application(make_call())
    assert accepted.status == "accepted"
    with pytest.raises(DomainError):
        service.decide_eligibility(accepted.id, actor=officer, eligible=False, reason="On second thoughts")


def test_an_assessment_keeps_its_inputs_rules_and_evidence_and_is_never_changed() -> None:
    application = make_application(make_call(), employees=299, capital=9_000_000_000)
    taken = queries.newest_assessment(application.id)
    assert taken is not None
    assert (taken.occasion, taken.standard, taken.result) == ("submission", "kr-2002", "eligible")
    assert taken.inputs == {"sector": "manufacturing", "employees": 299, "capital": 9_000_000_000}
    assert [rule["passed"] for rule in taken.rules] == [True, False]
    assert taken.evidence["sector"]["level"] == "documented"
    assert taken.evidence["employees"]["level"] == "declared"
    statement = "UPDATE assessments SET result = 'not_eligible' WHERE id = :id"
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(text(statement), {"id": taken.id})


def test_a_file_that_is_not_what_its_name_says_is_refused() -> None:
    sme = make_sme()
    draft = make_draft(make_call(), sme)
    with pytest.raises(Invalid) as refused:
        service.attach_evidence(draft.id, actor=sme, stream=io.BytesIO(b"MZ"), filename="a.pdf", kind="other")
    assert refused.value.field == "file"
    evidence = service.attach_evidence(
        draft.id, actor=sme, stream=io.BytesIO(PDF), filename="staff.pdf", kind="employees"
    )
    with pytest.raises(NotFound):
        queries.get_evidence(evidence.id, actor=make_sme())


def test_tickets_are_in_the_order_of_submission_not_of_drafting() -> None:
    call = make_call()
    early, late = make_sme(), make_sme()
    first, second = make_draft(call, early), make_draft(call, late)
    service.submit(second.id, actor=late, declarations=ALL)
    service.submit(first.id, actor=early, declarations=ALL)
    assert second.ticket is not None
    assert first.ticket is not None
    assert second.ticket < first.ticket
    assert clock.now() >= first.submitted_at  # type: ignore[operator]


def test_an_outside_helper_is_disclosed_on_the_application() -> None:
    sme = make_sme()
    draft = make_draft(make_call(), sme)
    assert queries.helper_name(draft) is None
    until = clock.today() + timedelta(days=30)
    helper = make_member(sme, Role.HELPER, mandate="Tax office", valid_until=until)
    service.save_need(draft.id, actor=helper, service_line="hrd", need="Training.")
    assert queries.helper_name(draft) == helper.name
    with pytest.raises(Forbidden):
        service.submit(draft.id, actor=helper, declarations=ALL)
