"""The ceiling of intake: it pauses the call, withdrawals or an officer let it go on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.errors import DomainError, Forbidden, IllegalMove, Invalid
from marketplace.core.task_queue import BackgroundTask
from marketplace.programmes import service as programme_service
from marketplace.programmes.models import Call
from marketplace.vouchers import rules, service
from marketplace.vouchers.models import Application
from tests.factories.accounts import make_officer, make_sme
from tests.factories.programmes import earlier, make_call
from tests.factories.vouchers import make_application, make_draft

pytestmark = pytest.mark.usefixtures("database")
ALL = set(rules.DECLARATIONS)


def watched(call: Call) -> set[str]:
    """By what the checks were asked for."""
    rows = db.session.query(BackgroundTask).filter_by(name="watch_ceiling", arguments={"call_id": str(call.id)})
    return {row.key for row in rows}


def asked_by(event: str, application: Application) -> str:
    return f"application.{event}:call:{application.call_id}:application:{application.id}"


def paused_call() -> Call:
    """A call whose two applications ask for the whole of twice its budget."""
    call = make_call(vouchers=1, ceiling=200)
    for _number in range(2):
        make_application(call)
    service.watch_ceiling(call.id, actor=SYSTEM)
    assert call.status == "paused"
    return call


def test_intake_pauses_when_the_applications_ask_for_the_ceiling() -> None:
    call = make_call(vouchers=1, ceiling=200)
    first = make_application(call)
    service.watch_ceiling(call.id, actor=SYSTEM)
    assert call.status == "published"
    second, third = make_application(call), make_sme()
    draft = make_draft(call, third)
    # The one that reaches the ceiling asks for the pause; the next is refused even before it has come.
    assert watched(call) == {asked_by("submitted", first), asked_by("submitted", second)}
    with pytest.raises(DomainError, match="Intake is paused"):
        service.submit(draft.id, actor=third, declarations=ALL)
    service.watch_ceiling(call.id, actor=SYSTEM)
    assert call.status == "paused"
    assert call.paused_at is not None
    with pytest.raises(DomainError, match="Intake is paused"):
        service.submit(draft.id, actor=third, declarations=ALL)
    assert draft.status == "draft"


def test_a_withdrawal_lets_intake_go_on_by_itself() -> None:
    call = make_call(vouchers=1, ceiling=200)
    sme = make_sme()
    application = make_application(call, sme)
    make_application(call)
    service.watch_ceiling(call.id, actor=SYSTEM)
    service.withdraw(application.id, actor=sme)
    assert asked_by("withdrawn", application) in watched(call)
    service.watch_ceiling(call.id, actor=SYSTEM)
    assert call.status == "published"
    make_application(call)


def test_an_officer_lifts_the_ceiling_with_a_reason_for_good() -> None:
    call = paused_call()
    officer = make_officer(Role.PROGRAMME_OFFICER)
    with pytest.raises(Forbidden):
        programme_service.lift_ceiling(call.id, actor=make_officer(Role.BUDGET_OFFICER), reason="More money comes.")
    with pytest.raises(Invalid):
        programme_service.lift_ceiling(call.id, actor=officer, reason=" ")
    programme_service.lift_ceiling(call.id, actor=officer, reason="More money comes.")
    make_application(call)
    service.watch_ceiling(call.id, actor=SYSTEM)
    assert call.status == "published"
    with pytest.raises(IllegalMove):
        programme_service.lift_ceiling(call.id, actor=officer, reason="Again.")


def test_a_call_without_a_ceiling_counts_nothing() -> None:
    call = make_call(vouchers=1)
    for _number in range(2):
        make_application(call)
    assert watched(call) == set()


def test_a_paused_call_closes_at_its_time_and_is_allocated() -> None:
    with earlier(days=2):
        call = make_call(vouchers=1, ceiling=100, closes_in=timedelta(days=1))
        make_application(call)
        service.watch_ceiling(call.id, actor=SYSTEM)
    assert call.status == "paused"
    service.close_call(call.id, actor=SYSTEM)
    assert call.status == "closed"


def test_the_ceiling_of_a_published_call_is_frozen() -> None:
    call = make_call(vouchers=1, ceiling=200)
    statement = text("UPDATE calls SET intake_ceiling_percent = 300 WHERE id = :id")
    with pytest.raises(IntegrityError, match="frozen"), db.session.begin_nested():
        db.session.execute(statement, {"id": call.id})
