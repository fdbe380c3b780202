"""Evaluations: conflicts refused, nobody reviews their own, a grade that shrinks and can be appealed."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.errors import DomainError, IllegalMove, Invalid, NotFound
from marketplace.engagements.models import Engagement
from marketplace.evaluations import queries, service
from marketplace.providers import queries as providers
from tests.conftest import MovableClock
from tests.factories.accounts import make_member, make_officer, sign_in_as
from tests.factories.engagements import Story
from tests.factories.integrity import (
    LONG_REASON,
    answer,
    assigned_to,
    invite,
    make_evaluation,
    make_finished,
    make_submitted,
    submit,
)

pytestmark = pytest.mark.usefixtures("database")


def test_one_evaluation_per_engagement_and_no_score_before_the_declaration(finished: tuple[Story, Engagement]) -> None:
    evaluation, (evaluator, *_rest) = make_evaluation(finished[1])
    assert service.open_evaluation(finished[1].id, actor=SYSTEM).id == evaluation.id
    with pytest.raises(DomainError, match="이해충돌"):
        submit(evaluation, evaluator)


def test_a_conflict_is_refused_and_the_next_evaluator_asked(finished: tuple[Story, Engagement]) -> None:
    evaluation, (first, second) = make_evaluation(finished[1], evaluators=2)
    service.declare(evaluation.id, actor=first, has_conflict=True, statement="I worked for the firm last year")
    assert assigned_to(evaluation) == second.person_id
    with pytest.raises(NotFound):
        queries.get_evaluation(evaluation.id, actor=first)
    with pytest.raises(IllegalMove):
        submit(evaluation, first)


def test_who_belongs_to_a_side_is_never_asked(finished: tuple[Story, Engagement]) -> None:
    story, engagement = finished
    evaluator = make_officer(Role.EVALUATOR)
    person = db.get(type(queries.accounts.get_person(evaluator.person_id)), evaluator.person_id)  # type: ignore[arg-type]
    make_member(story.manager, Role.CONSULTANT, person=person)
    evaluation = service.open_evaluation(engagement.id, actor=SYSTEM)
    assert assigned_to(evaluation) is None


def test_every_criterion_needs_a_level_and_a_reason(finished: tuple[Story, Engagement]) -> None:
    evaluation, (evaluator, *_rest) = make_evaluation(finished[1])
    service.declare(evaluation.id, actor=evaluator, has_conflict=False, statement="")
    with pytest.raises(Invalid):
        service.submit(evaluation.id, actor=evaluator, levels={"diagnosis": 4}, reasons={"diagnosis": LONG_REASON})


def test_the_grade_is_computed_confirmed_and_shown_in_the_register(finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    _survey, token = invite(engagement)
    answer(token)
    evaluation, _evaluator = make_submitted(engagement, level=4)
    # 80 shrunk to (8 x 70 + 80) / 9 = 71; plan kept 100; (40 x 100 + 30 x 71 + 15 x 100) / 85 = 89.8
    assert (evaluation.evaluator_score, evaluation.satisfaction, evaluation.plan) == (100, 71, 100)
    assert evaluation.proposed_grade == 90
    service.publish(evaluation.id, actor=make_officer(Role.ADMINISTRATOR))
    provider = providers.get_provider(engagement.provider_id)
    # one grade of 90 stays near the mean: (8 x 70 + 90) / 9 = 72.2
    assert (provider.grade_value, provider.grade_count, provider.grade_provisional) == (72, 1, True)


def test_an_evaluator_never_reviews_their_own_work(finished: tuple[Story, Engagement]) -> None:
    evaluation, evaluator = make_submitted(finished[1])
    person = queries.accounts.get_person(evaluator.person_id)  # type: ignore[arg-type]
    both = make_officer(Role.ADMINISTRATOR, person=person)
    with pytest.raises(DomainError, match="검토할 수 없습니다"):
        service.publish(evaluation.id, actor=both)
    with pytest.raises(DomainError, match="검토할 수 없습니다"):
        service.return_to_evaluator(evaluation.id, actor=both, reason=LONG_REASON)
    with pytest.raises(IntegrityError, match="ck_evaluations_four_eyes"), db.session.begin_nested():
        db.session.execute(
            text("UPDATE evaluations SET reviewed_by = :person WHERE id = :id"),
            {"person": evaluator.person_id, "id": evaluation.id},
        )


def test_a_returned_evaluation_is_scored_again(finished: tuple[Story, Engagement]) -> None:
    evaluation, evaluator = make_submitted(finished[1])
    administrator = make_officer(Role.ADMINISTRATOR)
    service.return_to_evaluator(evaluation.id, actor=administrator, reason=LONG_REASON)
    assert evaluation.status == "returned"
    with pytest.raises(IllegalMove):
        service.publish(evaluation.id, actor=administrator)
    assert submit(evaluation, evaluator, level=2).evaluator_score == 50


def test_another_grade_needs_a_reason(finished: tuple[Story, Engagement]) -> None:
    evaluation, _evaluator = make_submitted(finished[1])
    administrator = make_officer(Role.ADMINISTRATOR)
    with pytest.raises(Invalid):
        service.publish(evaluation.id, actor=administrator, grade=10)
    assert service.publish(evaluation.id, actor=administrator, grade=10, reason=LONG_REASON).grade == 10
    with pytest.raises(IntegrityError, match="ck_evaluations_override"), db.session.begin_nested():
        db.session.execute(text("UPDATE evaluations SET override_reason = NULL WHERE id = :id"), {"id": evaluation.id})


def test_an_appeal_is_decided_by_somebody_without_a_part_in_the_grade(finished: tuple[Story, Engagement]) -> None:
    story, engagement = finished
    evaluation, evaluator = make_submitted(engagement)
    reviewer = make_officer(Role.ADMINISTRATOR)
    service.publish(evaluation.id, actor=reviewer)
    appeal = service.appeal(evaluation.id, actor=story.manager, grounds="The plan was kept to the day")
    with pytest.raises(DomainError, match="관여하지 않은"):
        service.decide_appeal(evaluation.id, actor=reviewer, reason=LONG_REASON)
    for involved in (reviewer, evaluator):
        with pytest.raises(IntegrityError, match="ck_grade_appeals_third_person"), db.session.begin_nested():
            db.session.execute(
                text("UPDATE grade_appeals SET decided_by = :person WHERE id = :id"),
                {"person": involved.person_id, "id": appeal.id},
            )
    service.decide_appeal(evaluation.id, actor=make_officer(Role.ETHICS_OFFICER), reason=LONG_REASON, grade=95)
    assert (evaluation.status, evaluation.grade, appeal.status) == ("settled", 95, "changed")


def test_an_appeal_comes_once_and_in_time(clock: MovableClock, finished: tuple[Story, Engagement]) -> None:
    story, engagement = finished
    evaluation, _evaluator = make_submitted(engagement)
    service.publish(evaluation.id, actor=make_officer(Role.ADMINISTRATOR))
    clock.advance(days=15)
    with pytest.raises(DomainError, match="기간이 지났습니다"):
        service.appeal(evaluation.id, actor=story.manager, grounds="The plan was kept to the day")


def test_each_violation_costs_twenty_points_until_it_is_withdrawn(finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    evaluation, _evaluator = make_submitted(engagement)
    service.publish(evaluation.id, actor=make_officer(Role.ADMINISTRATOR))
    before = providers.get_provider(engagement.provider_id).grade_value
    assert before is not None
    service.record_violation(evaluation.id, provider_id=engagement.provider_id, actor=SYSTEM)
    service.record_violation(evaluation.id, provider_id=engagement.provider_id, actor=SYSTEM)
    assert providers.get_provider(engagement.provider_id).grade_value == before - 20
    service.withdraw_violation(evaluation.id, actor=SYSTEM)
    assert providers.get_provider(engagement.provider_id).grade_value == before


def test_evaluator_pages_show_no_name_and_no_free_text(client: FlaskClient, finished: tuple[Story, Engagement]) -> None:
    story, engagement = finished
    _survey, token = invite(engagement)
    answer(token, offered_back="goods")
    evaluation, (evaluator, *_rest) = make_evaluation(engagement)
    sign_in_as(client, evaluator)
    address = f"/evaluations/{evaluation.id}"
    assert "만족도" not in client.get(address).get_data(as_text=True)
    sent = client.post(f"{address}/declare", data={"has_conflict": "no", "statement": ""})
    assert sent.status_code == 303
    shown = client.get(address).get_data(as_text=True)
    assert "물품" in shown or "goods" in shown
    assert "The plan" not in shown
    assert story.sme.name not in shown
    assert client.get(f"{address}/score").status_code == 200


def test_a_provider_sees_its_own_published_grade_only(client: FlaskClient, finished: tuple[Story, Engagement]) -> None:
    story, engagement = finished
    evaluation, _evaluator = make_submitted(engagement)
    sign_in_as(client, story.manager)
    assert client.get(f"/evaluations/{evaluation.id}/grade").status_code == 404
    service.publish(evaluation.id, actor=make_officer(Role.ADMINISTRATOR))
    db.commit()
    assert client.get(f"/evaluations/{evaluation.id}/grade").status_code == 200
    assert client.get("/evaluations/grades").status_code == 200
    assert client.get(f"/evaluations/{evaluation.id}").status_code == 403
    other, _engagement = make_finished()
    sign_in_as(client, other.manager)
    assert client.get(f"/evaluations/{evaluation.id}/grade").status_code == 404
    assert client.post(f"/evaluations/{evaluation.id}/appeal", data={"grounds": LONG_REASON}).status_code == 404
