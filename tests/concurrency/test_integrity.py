"""Two of each at once: one answer to a survey, one survey per side, one ethics check, one evaluation."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from config.settings import Settings
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.ethics import service as ethics
from marketplace.evaluations import service as evaluations
from marketplace.surveys import service as surveys
from tests import business_time
from tests.factories.accounts import make_officer
from tests.factories.integrity import answer, invite, make_finished


@pytest.fixture
def finished(app: Flask, real_database: Settings) -> Iterator[tuple[UUID, str]]:
    """A stored finished engagement and the token of its company's survey."""
    with app.app_context(), db.unit_of_work():
        _story, engagement = make_finished()
        _survey, token = invite(engagement)
        make_officer(Role.EVALUATOR)
        invited = engagement.id, token
    yield invited
    business_time.come_back()


def at_once(app: Flask, verb: Callable[[], object], times: int = 4) -> list[str]:
    """Call the verb so many times at the same moment; how each ended."""
    start = Barrier(times)

    def attempt(_number: int) -> str:
        with app.app_context():
            start.wait()
            try:
                with db.unit_of_work():
                    verb()
            except Exception as error:
                return type(error).__name__
            return "done"

    with ThreadPoolExecutor(times) as pool:
        return sorted(pool.map(attempt, range(times)))


def count(app: Flask, statement: str) -> int:
    with app.app_context(), db.unit_of_work():
        return int(db.session.scalar(text(f"SELECT count(*) FROM {statement}")) or 0)


def test_one_link_takes_one_answer(app: Flask, finished: tuple[UUID, str]) -> None:
    assert at_once(app, lambda: answer(finished[1])) == ["LinkNotValid"] * 3 + ["done"]
    assert count(app, "survey_answers") == 1
    assert count(app, "survey_links WHERE used_at IS NULL") == 0


def test_one_survey_check_and_evaluation_however_many_ask(app: Flask, finished: tuple[UUID, str]) -> None:
    engagement_id = finished[0]
    assert at_once(app, lambda: surveys.invite(engagement_id, side="provider", actor=SYSTEM)) == ["done"] * 4
    assert count(app, "surveys WHERE side = 'provider'") == 1
    assert count(app, "messages WHERE template = 'surveys/invitation'") == 2
    check = at_once(app, lambda: ethics.check_engagement(engagement_id, occasion="finish", actor=SYSTEM))
    assert check == ["done"] * 4
    assert count(app, "ethics_checks") == 1
    assert at_once(app, lambda: evaluations.open_evaluation(engagement_id, actor=SYSTEM)) == ["done"] * 4
    assert count(app, "evaluation_assignments") == 1
