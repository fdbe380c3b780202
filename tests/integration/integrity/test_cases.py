"""Flags and cases: bounded holds, a right of reply, another officer decides, a third decides the appeal."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.claims import queries as claims
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, IllegalMove, Invalid, NotFound
from marketplace.engagements.models import Engagement
from marketplace.ethics import queries, service
from marketplace.ethics.models import Case, Flag
from marketplace.evaluations import queries as evaluations
from marketplace.providers import queries as providers
from tests.conftest import MovableClock
from tests.factories.accounts import make_officer, sign_in_as
from tests.factories.engagements import Story
from tests.factories.integrity import LONG_REASON, answer, invite, make_finished, rename_representative

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def flagged(finished: tuple[Story, Engagement]) -> tuple[Story, Engagement, Flag]:
    """A finished engagement whose check found the same representative on both sides, and so holds its payments."""
    story, engagement = finished
    rename_representative("Same Name", engagement.organisation_id, engagement.provider_id)
    service.check_engagement(engagement.id, occasion="finish", actor=SYSTEM)
    (flag,) = queries.flags_of(engagement.id)
    return story, engagement, flag


def officers(count: int = 3) -> list[Actor]:
    return [make_officer(Role.ETHICS_OFFICER) for _one in range(count)]


def open_case(engagement: Engagement, flag: Flag, officer: Actor) -> Case:
    return service.open_case(
        engagement.id, actor=officer, flag_ids=[flag.id], question="How are the two firms related?"
    )


def hold_status(engagement: Engagement) -> list[str]:
    return [hold.status for hold in claims.holds_of(engagement.id)]


def test_dismissing_a_flag_needs_a_reason_and_ends_its_hold(flagged: tuple[Story, Engagement, Flag]) -> None:
    _story, engagement, flag = flagged
    (officer,) = officers(1)
    with pytest.raises(Invalid):
        service.dismiss(flag.id, actor=officer, kind="explained", reason="short")
    with pytest.raises(Forbidden):
        service.dismiss(flag.id, actor=make_officer(Role.ADMINISTRATOR), kind="explained", reason=LONG_REASON)
    service.dismiss(flag.id, actor=officer, kind="explained", reason="Two people of the same name")
    assert (flag.status, hold_status(engagement)) == ("dismissed", ["lifted"])
    assert queries.precision()["E01"].percent == 0
    with pytest.raises(DomainError):
        service.hold(flag.id, actor=officer, reason=LONG_REASON)


def test_a_hold_is_extended_and_lifted_with_reasons(flagged: tuple[Story, Engagement, Flag]) -> None:
    _story, engagement, flag = flagged
    (officer,) = officers(1)
    (hold,) = claims.holds_of(engagement.id)
    before = hold.until_at
    service.extend_hold(flag.id, actor=officer, reason=LONG_REASON)
    assert hold.until_at > before
    service.lift_hold(flag.id, actor=officer, reason=LONG_REASON)
    assert (hold.status, flag.status) == ("lifted", "raised")
    with pytest.raises(DomainError):
        service.extend_hold(flag.id, actor=officer, reason=LONG_REASON)
    service.hold(flag.id, actor=officer, reason=LONG_REASON)
    assert sorted(hold_status(engagement)) == ["active", "lifted"]


def test_a_flag_of_another_engagement_is_not_there(flagged: tuple[Story, Engagement, Flag]) -> None:
    _story, engagement, _flag = flagged
    (officer,) = officers(1)
    with pytest.raises(NotFound):
        service.open_case(engagement.id, actor=officer, flag_ids=[UUID(int=1)], question=LONG_REASON)


def test_the_provider_replies_once_and_in_time(clock: MovableClock, flagged: tuple[Story, Engagement, Flag]) -> None:
    story, engagement, flag = flagged
    (officer,) = officers(1)
    case = open_case(engagement, flag, officer)
    with pytest.raises(NotFound):
        service.reply(case.id, actor=make_finished()[0].manager, words="Not my case at all")
    service.reply(case.id, actor=story.manager, words="We are not related")
    with pytest.raises(IllegalMove):
        service.reply(case.id, actor=story.manager, words="One more word about it")


def test_without_a_reply_the_case_goes_on_after_the_deadline(
    clock: MovableClock, flagged: tuple[Story, Engagement, Flag]
) -> None:
    story, engagement, flag = flagged
    opener, other = officers(2)
    case = open_case(engagement, flag, opener)
    with pytest.raises(IllegalMove):
        service.decide(case.id, actor=other, violation=True, reason=LONG_REASON, sanction="warning")
    service.close_reply(case.id, actor=SYSTEM)
    assert case.status == "awaiting_reply"
    clock.advance(days=10, minutes=1)
    with pytest.raises(DomainError):
        service.reply(case.id, actor=story.manager, words="We are not related")
    service.close_reply(case.id, actor=SYSTEM)
    assert case.status == "unanswered"


def test_nobody_decides_the_case_they_opened(flagged: tuple[Story, Engagement, Flag]) -> None:
    story, engagement, flag = flagged
    opener, _other = officers(2)
    case = open_case(engagement, flag, opener)
    service.reply(case.id, actor=story.manager, words="We are not related")
    with pytest.raises(DomainError, match="다른 윤리"):
        service.decide(case.id, actor=opener, violation=False, reason=LONG_REASON)
    with pytest.raises(IntegrityError, match="ck_cases_four_eyes"), db.session.begin_nested():
        db.session.execute(
            text("UPDATE cases SET decided_by = :person WHERE id = :id"), {"person": opener.person_id, "id": case.id}
        )


def test_a_violation_confirms_flags_costs_points_and_prevents_awards(flagged: tuple[Story, Engagement, Flag]) -> None:
    story, engagement, flag = flagged
    opener, other, _third = officers()
    case = open_case(engagement, flag, opener)
    service.reply(case.id, actor=story.manager, words="We are not related")
    with pytest.raises(Invalid):
        service.decide(case.id, actor=other, violation=True, reason=LONG_REASON)
    service.decide(case.id, actor=other, violation=True, reason=LONG_REASON, sanction="suspension")
    assert (case.status, flag.status) == ("violation", "confirmed")
    assert providers.get_provider(engagement.provider_id).status == "suspended"
    assert evaluations.violations_of(engagement.provider_id) == 1
    assert engagement.provider_id in providers.conflicting_providers(engagement.organisation_id)
    assert queries.precision()["E01"].percent == 100


def test_no_violation_clears_flags_and_lifts_holds(flagged: tuple[Story, Engagement, Flag]) -> None:
    story, engagement, flag = flagged
    opener, other = officers(2)
    case = open_case(engagement, flag, opener)
    service.reply(case.id, actor=story.manager, words="We are not related")
    service.decide(case.id, actor=other, violation=False, reason=LONG_REASON)
    assert (case.status, flag.status, hold_status(engagement)) == ("no_violation", "cleared", ["lifted"])
    assert evaluations.violations_of(engagement.provider_id) == 0


def test_a_third_officer_decides_the_appeal_and_can_undo_it_all(flagged: tuple[Story, Engagement, Flag]) -> None:
    story, engagement, flag = flagged
    opener, other, third = officers()
    case = open_case(engagement, flag, opener)
    service.reply(case.id, actor=story.manager, words="We are not related")
    service.decide(case.id, actor=other, violation=True, reason=LONG_REASON, sanction="suspension")
    service.appeal(case.id, actor=story.manager, grounds="Two people of the same name")
    for involved in (opener, other):
        with pytest.raises(DomainError, match="제3의"):
            service.decide_appeal(case.id, actor=involved, uphold=True, reason=LONG_REASON)
        with pytest.raises(IntegrityError, match="ck_cases_third_person"), db.session.begin_nested():
            db.session.execute(
                text("UPDATE cases SET appeal_decided_by = :person WHERE id = :id"),
                {"person": involved.person_id, "id": case.id},
            )
    service.decide_appeal(case.id, actor=third, uphold=False, reason=LONG_REASON)
    assert (case.status, flag.status) == ("overturned", "cleared")
    assert providers.get_provider(engagement.provider_id).status == "approved"
    assert evaluations.violations_of(engagement.provider_id) == 0


def test_an_appeal_after_its_time_is_refused(clock: MovableClock, flagged: tuple[Story, Engagement, Flag]) -> None:
    story, engagement, flag = flagged
    opener, other = officers(2)
    case = open_case(engagement, flag, opener)
    service.reply(case.id, actor=story.manager, words="We are not related")
    service.decide(case.id, actor=other, violation=True, reason=LONG_REASON, sanction="warning")
    clock.advance(days=15)
    with pytest.raises(DomainError, match="기한이 지났습니다"):
        service.appeal(case.id, actor=story.manager, grounds="Two people of the same name")


def test_the_pages_of_officer_and_provider(client: FlaskClient, flagged: tuple[Story, Engagement, Flag]) -> None:
    story, engagement, flag = flagged
    opener, other = officers(2)
    sign_in_as(client, opener)
    for address in ("/flags", "/flags?status=raised&rule=E01", "/flags?status=nonsense", "/cases", f"/flags/{flag.id}"):
        assert client.get(address).status_code == 200
    assert flag.number in client.get("/flags?format=csv").get_data(as_text=True)
    for verb in ("dismiss", "hold", "extend-hold", "lift-hold"):
        assert client.get(f"/flags/{flag.id}/{verb}").status_code == 200
        assert client.post(f"/flags/{flag.id}/{verb}", data={"reason": ""}).status_code == 422
    opening = f"/engagements/{engagement.id}/open-case"
    assert client.get(opening).status_code == 200
    sent = client.post(opening, data={"flags": [str(flag.id)], "question": "How are the two firms related?"})
    assert sent.status_code == 303
    case = sent.location
    sign_in_as(client, story.manager)
    assert client.get("/cases/mine").status_code == 200
    assert client.get(f"{case}/reply").status_code == 200
    assert client.post(f"{case}/reply", data={"words": "We are not related"}).status_code == 303
    sign_in_as(client, other)
    assert client.get(case).status_code == 200
    assert client.post(f"{case}/decide", data={"finding": "violation", "reason": LONG_REASON}).status_code == 422
    decided = client.post(f"{case}/decide", data={"finding": "violation", "sanction": "warning", "reason": LONG_REASON})
    assert decided.status_code == 303
    sign_in_as(client, story.manager)
    assert client.post(f"{case}/appeal", data={"grounds": "Two people of the same name"}).status_code == 303
    assert client.get("/ethics-rules").status_code == 200


def test_a_flags_page_lists_the_other_flags_of_its_engagement_alone(
    client: FlaskClient, flagged: tuple[Story, Engagement, Flag]
) -> None:
    _story, engagement, flag = flagged
    _survey, token = invite(engagement)
    answer(token, offered_back="money")
    service.check_engagement(engagement.id, occasion="survey", actor=SYSTEM)
    (other,) = [row for row in queries.flags_of(engagement.id) if row.id != flag.id]
    sign_in_as(client, *officers(1))
    for shown, listed in ((flag, other), (other, flag)):
        page = client.get(f"/flags/{shown.id}").get_data(as_text=True)
        assert f'href="/flags/{listed.id}"' in page
        assert f'href="/flags/{shown.id}"' not in page


def test_the_provider_never_reads_what_the_company_answered(
    client: FlaskClient, finished: tuple[Story, Engagement]
) -> None:
    story, engagement = finished
    _survey, token = invite(engagement)
    answer(token, offered_back="money")
    service.check_engagement(engagement.id, occasion="survey", actor=SYSTEM)
    (flag,) = queries.flags_of(engagement.id)
    (officer,) = officers(1)
    case = service.open_case(engagement.id, actor=officer, flag_ids=[flag.id], question="Did you give anything back?")
    sign_in_as(client, story.manager)
    shown = client.get(f"/cases/{case.id}/reply").get_data(as_text=True)
    assert "Did you give anything back?" in shown
    assert "E18" not in shown
    assert "제안받았다고" not in shown
