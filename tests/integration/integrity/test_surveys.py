"""Surveys: asked once, answered once by a link that tells strangers nothing, and kept apart from names."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import Forbidden, Invalid
from marketplace.core.task_queue import BackgroundTask
from marketplace.engagements.models import Engagement
from marketplace.engagements.states import Side
from marketplace.notifications.models import Message
from marketplace.surveys import instruments, queries, service
from marketplace.surveys.models import Answer, Link, Survey
from marketplace.surveys.rules import LinkNotValid
from tests.conftest import MovableClock
from tests.factories.accounts import make_officer, sign_in_as
from tests.factories.engagements import Story
from tests.factories.integrity import FACTS, answer, invite, ratings, token_of

pytestmark = pytest.mark.usefixtures("database")


def form(value: int = 8) -> dict[str, str]:
    """A whole answer as the page sends it."""
    instrument = instruments.current("satisfaction", business_clock.today())
    typed = {f"item_{code}": str(given) for code, given in ratings(instrument, value).items()}
    typed |= {f"fact_{code}": str(given) for code, given in FACTS.items()}
    return typed | {"text_best": "좋았습니다", "text_improve": ""}


def counted(model: type[Survey] | type[Answer], survey: Survey) -> int:
    column = model.id if model is Survey else model.survey_id  # type: ignore[union-attr]
    return db.session.scalar(select(func.count()).where(column == survey.id)) or 0


def test_each_side_is_asked_once_ever(finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    first = service.invite(engagement.id, side="sme", actor=SYSTEM)
    assert service.invite(engagement.id, side="sme", actor=SYSTEM).id == first.id
    mails = select(func.count()).where(Message.key.like(f"surveys/%:{first.id}%"))
    assert db.session.scalar(mails) == 1
    assert service.invite(engagement.id, side="provider", actor=SYSTEM).organisation_id == engagement.provider_id


def test_the_database_refuses_a_second_survey_of_a_side(finished: tuple[Story, Engagement]) -> None:
    survey, _token = invite(finished[1])
    values = {column.key: getattr(survey, column.key) for column in Survey.__table__.columns if column.key != "id"}
    with pytest.raises(IntegrityError, match="uq_surveys_engagement_id_side_wave"), db.session.begin_nested():
        db.session.add(Survey(**values))
        db.flush()


def test_a_link_is_kept_as_a_hash_and_answers_once(finished: tuple[Story, Engagement]) -> None:
    survey, token = invite(finished[1])
    kept = db.session.scalars(select(Link.token_hash).where(Link.survey_id == survey.id)).all()
    assert kept == [queries.token_hash(token)]
    assert len(token) == 22  # 128 bits
    answer(token)
    with pytest.raises(LinkNotValid):
        answer(token)
    assert counted(Answer, survey) == 1
    assert survey.status == "answered"


def test_answering_uses_up_the_reminders_link_as_well(finished: tuple[Story, Engagement]) -> None:
    survey, token = invite(finished[1])
    service.remind(survey.id, number=1, actor=SYSTEM)
    second = token_of(f"surveys/reminder:{survey.id}:1")
    assert second != token
    answer(second)
    with pytest.raises(LinkNotValid):
        queries.get_by_link(token)


def test_unknown_used_and_expired_links_say_the_same(
    client: FlaskClient, clock: MovableClock, finished: tuple[Story, Engagement]
) -> None:
    _survey, used = invite(finished[1])
    _other, expired = invite(finished[1], "provider")
    answer(used)
    clock.advance(days=21, minutes=1)
    answers = [client.get(f"/surveys/answer/{token}") for token in ("never-was", used, expired)]
    assert [reply.status_code for reply in answers] == [404, 404, 404]
    pages = [reply.get_data(as_text=True).replace(reply.headers["X-Request-Id"], "") for reply in answers]
    assert len({page.split("<main")[1] for page in pages}) == 1


def test_looking_at_the_page_uses_nothing_up_and_sending_it_does(
    client: FlaskClient, finished: tuple[Story, Engagement]
) -> None:
    survey, token = invite(finished[1])
    db.commit()
    for _look in range(3):
        assert client.get(f"/surveys/answer/{token}").status_code == 200
    assert counted(Answer, survey) == 0
    sent = client.post(f"/surveys/answer/{token}", data=form())
    assert (sent.status_code, sent.location) == (303, "/surveys/thanks")
    assert client.get("/surveys/thanks").status_code == 200
    assert client.post(f"/surveys/answer/{token}", data=form()).status_code == 404
    kept = db.session.get(Answer, survey.id)
    assert kept is not None
    assert (kept.score, kept.facts["offered_back"]) == (80, "no")


@pytest.mark.parametrize(
    "change",
    [{"item_overall": ""}, {"item_overall": "11"}, {"fact_sessions_held": "-1"}, {"fact_share_paid_by": "x"}],
)
def test_a_wrong_answer_is_said_at_its_field_and_nothing_is_kept(
    client: FlaskClient, finished: tuple[Story, Engagement], change: dict[str, str]
) -> None:
    survey, token = invite(finished[1])
    db.commit()
    sent = client.post(f"/surveys/answer/{token}", data=form() | change)
    assert sent.status_code == 422
    assert f'href="#{next(iter(change))}' in sent.get_data(as_text=True)
    assert counted(Answer, survey) == 0


def test_no_reminder_after_the_person_asked_for_none(client: FlaskClient, finished: tuple[Story, Engagement]) -> None:
    survey, token = invite(finished[1])
    db.commit()
    assert client.get(f"/surveys/no-reminders/{token}").status_code == 200
    assert client.post(f"/surveys/no-reminders/{token}", data={}).status_code == 303
    service.remind(survey.id, number=1, actor=SYSTEM)
    assert db.session.scalar(select(func.count()).where(Message.key == f"surveys/reminder:{survey.id}:1")) == 0
    assert client.get(f"/surveys/answer/{token}").status_code == 200


def test_reminders_are_due_on_days_3_and_8_and_the_end_on_day_21(finished: tuple[Story, Engagement]) -> None:
    survey, _token = invite(finished[1])
    about = BackgroundTask.arguments["survey_id"].astext == str(survey.id)
    due = select(BackgroundTask.name, BackgroundTask.run_after).where(about)
    plan = [(name, (at - survey.invited_at).days) for name, at in db.session.execute(due.order_by("run_after"))]
    assert plan == [("remind_survey", 3), ("remind_survey", 8), ("close_survey", 21)]


def test_an_answer_ends_reminders_and_asks_for_check_and_evaluation(finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    survey, token = invite(engagement)
    answer(token)
    about = BackgroundTask.arguments["survey_id"].astext == str(survey.id)
    pending = select(BackgroundTask.name).where(about, BackgroundTask.status == "pending")
    assert db.session.scalars(pending).all() == []
    occasion = BackgroundTask.arguments["occasion"].astext
    asked = select(BackgroundTask.name, occasion).where(BackgroundTask.key.like(f"survey.%:{engagement.id}%"))
    assert set(db.session.execute(asked).all()) == {("ethics_check", "survey"), ("assign_evaluation", None)}


def test_silence_closes_the_survey_and_the_work_is_evaluated_all_the_same(finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    survey, token = invite(engagement)
    service.close(survey.id, actor=SYSTEM)
    assert survey.status == "closed"
    with pytest.raises(LinkNotValid):
        answer(token)
    asked = select(BackgroundTask.name).where(BackgroundTask.key.like(f"survey.%:{engagement.id}%"))
    assert db.session.scalars(asked).all() == ["assign_evaluation"]


def test_no_figure_below_five_answers(finished: tuple[Story, Engagement]) -> None:
    _survey, token = invite(finished[1])
    answer(token)
    assert queries.statistics()[Side.SME].answered == 1
    assert queries.statistics()[Side.SME].mean is None
    assert queries.statistics()[Side.SME].rate == 100


def test_a_providers_results_need_its_payment(clock: MovableClock, finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    _survey, token = invite(engagement)
    answer(token)
    clock.advance(days=40)
    assert queries.scores_of(engagement.provider_id) == [80]
    assert queries.results_for_provider(engagement.provider_id) == []


def test_who_was_asked_is_told_to_an_administrator_with_a_kept_reason(finished: tuple[Story, Engagement]) -> None:
    story, engagement = finished
    survey, _token = invite(engagement)
    administrator = make_officer(Role.ADMINISTRATOR)
    with pytest.raises(Invalid):
        service.read_identity(survey.id, actor=administrator, reason="why not")
    with pytest.raises(Forbidden):
        service.read_identity(survey.id, actor=make_officer(Role.ETHICS_OFFICER), reason="A long enough reason")
    person = service.read_identity(survey.id, actor=administrator, reason="The mail came back unread")
    assert person is not None
    assert person.id == story.sme.person_id
    looked = select(AuditEntry.person_id).where(AuditEntry.action == "survey.read_identity")
    assert db.session.scalars(looked).all() == [administrator.person_id]


def test_the_audit_entry_of_an_answer_names_nobody(client: FlaskClient, finished: tuple[Story, Engagement]) -> None:
    story, engagement = finished
    survey, token = invite(engagement)
    sign_in_as(client, story.sme)
    assert client.post(f"/surveys/answer/{token}", data=form()).status_code == 303
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "survey.answer")).one()
    assert (entry.subject_id, entry.person_id, entry.device_hash) == (survey.id, None, None)


def test_a_careless_answer_is_marked(finished: tuple[Story, Engagement]) -> None:
    survey, token = invite(finished[1])
    answer(token, seconds=5)
    kept = db.session.get(Answer, survey.id)
    assert kept is not None
    assert kept.signs == ["fast"]


def test_a_reminder_after_closing_changes_nothing(finished: tuple[Story, Engagement]) -> None:
    survey, _token = invite(finished[1])
    service.close(survey.id, actor=SYSTEM)
    service.remind(survey.id, number=2, actor=SYSTEM)
    assert db.session.scalar(select(func.count()).where(Message.key == f"surveys/reminder:{survey.id}:2")) == 0
    assert survey.closes_at - survey.invited_at == timedelta(days=21)
