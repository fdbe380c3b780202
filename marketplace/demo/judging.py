"""Scenes after the work: both surveys, the evaluation, its grade and an appeal."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from marketplace.core.actors import Actor, Role
from marketplace.demo import words
from marketplace.demo.story import Tale
from marketplace.engagements import queries as engagements
from marketplace.engagements.states import Side
from marketplace.evaluations import queries, rubric, service
from marketplace.evaluations.states import AssignmentStatus
from marketplace.notifications import queries as notifications
from marketplace.surveys import instruments
from marketplace.surveys import queries as surveys
from marketplace.surveys import service as surveys_service
from marketplace.surveys.states import SurveyStatus


def answer_as_company(tale: Tale) -> None:
    """The company answers the satisfaction survey by its mailed link; facts are as the plan has them."""
    facts: dict[str, str | int] = {
        "sessions_held": len(engagements.sessions_of(tale.ids["engagement"])),
        "named_consultant": "always",
        "share_paid_by": "provider" if tale.plan.twist == "provider_pays" else "us",
        "offered_back": "no",
    }
    _answer(tale, Side.SME, facts, tale.company.signatory)


def answer_as_firm(tale: Tale) -> None:
    """The firm answers its survey."""
    held = len(engagements.sessions_of(tale.ids["engagement"]))
    _answer(tale, Side.PROVIDER, {"sessions_held": held, "asked_back": "no"}, tale.provider.manager)


def _answer(tale: Tale, side: Side, facts: dict[str, str | int], actor: Actor) -> None:
    survey = surveys.find_survey(tale.ids["engagement"], side)
    if survey is None or survey.status != SurveyStatus.INVITED:
        return
    instrument = instruments.get(survey.instrument)
    mood = tale.chance.choice((6, 7, 8, 8, 9))
    surveys_service.answer(
        _token(survey.id),
        items={item.code: _rating(tale, mood, instrument, item.reversed) for item in instrument.items},
        facts=facts,
        words={instrument.texts[0][0]: words.pick(tale.chance, "comments", tale.language)},
        seconds=tale.chance.randint(90, 400),
        device_hash=actor.device_hash,
        address_hash=actor.address_hash,
    )


def _rating(tale: Tale, mood: int, instrument: instruments.Instrument, turned: bool) -> int:
    high = instrument.scale_maximum
    value = min(high, max(instrument.scale_minimum, mood * high // 10 + tale.chance.randint(-1, 1)))
    return high + instrument.scale_minimum - value if turned else value


def _token(survey_id: UUID) -> str:
    message = notifications.find_message(f"surveys/invitation:{survey_id}")
    assert message is not None
    return urlsplit(str(message.data["path"])).path.rpartition("/")[2]


def declare_evaluator(tale: Tale) -> None:
    """The evaluator who was assigned declares to have no conflict."""
    evaluation = queries.find_evaluation(tale.ids["engagement"])
    assert evaluation is not None
    tale.ids["evaluation"] = evaluation.id
    service.declare(evaluation.id, actor=_evaluator(tale), has_conflict=False, statement="")


def _evaluator(tale: Tale) -> Any:
    assignments = queries.assignments_of(tale.ids["evaluation"])
    assigned = {assignment.evaluator_id for assignment in assignments if assignment.status != AssignmentStatus.REFUSED}
    return next(actor for actor in tale.world.cast.staff[Role.EVALUATOR] if actor.person_id in assigned)


def evaluate(tale: Tale) -> None:
    """The evaluator gives a level and a reason for every criterion."""
    evaluation = queries.find_evaluation(tale.ids["engagement"])
    assert evaluation is not None
    used = rubric.get(evaluation.rubric)
    levels = {criterion.code: tale.chance.randint(used.top_level // 2, used.top_level) for criterion in used.criteria}
    reasons = {criterion.code: words.reason("approach") for criterion in used.criteria}
    service.submit(evaluation.id, actor=_evaluator(tale), levels=levels, reasons=reasons)


def publish_grade(tale: Tale) -> None:
    """An administrator confirms and publishes."""
    service.publish(tale.ids["evaluation"], actor=tale.officer(Role.ADMINISTRATOR))


def appeal_grade(tale: Tale) -> None:
    """The firm appeals."""
    grounds = "실행 단계의 성과가 반영되지 않았습니다. 다시 살펴봐 주십시오."
    service.appeal(tale.ids["evaluation"], actor=tale.provider.manager, grounds=grounds)


def settle_appeal(tale: Tale) -> None:
    """Somebody without a part in it decides."""
    service.decide_appeal(
        tale.ids["evaluation"],
        actor=tale.officer(Role.ADMINISTRATOR, 1),
        reason="제출한 자료를 다시 확인하였으나 등급은 그대로 둡니다.",
    )
