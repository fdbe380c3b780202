"""Blind scoring: who is asked, conflicts, scores with reasons, and an allocation that waits for all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import queries as accounts
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, IllegalMove, Invalid, NotFound
from marketplace.notifications.models import Message
from marketplace.programmes.models import Call
from marketplace.vouchers import queries, rules, sealed_list, service
from marketplace.vouchers.models import Application, Scoring
from tests.factories.accounts import make_officer, make_sme, organisation_of, sign_in_as
from tests.factories.programmes import earlier, make_call
from tests.factories.vouchers import allocate_all, make_application, make_draft
from tests.integration.test_every_page import counted

pytestmark = pytest.mark.usefixtures("database")

REASONS = dict.fromkeys(("need", "effect", "readiness"), "The figures show it clearly.")


def closed_call(applications: int, *, vouchers: int, scorers: int = 2) -> tuple[Call, list[Application], list[Actor]]:
    """A call given by score whose time is over; its evaluators are asked."""
    evaluators = [make_officer(Role.EVALUATOR) for _number in range(scorers)]
    with earlier(days=2):
        call = make_call(closes_in=timedelta(days=1), vouchers=vouchers, method="scored")
        made = [make_application(call) for _number in range(applications)]
    service.close_call(call.id, actor=SYSTEM)
    return call, made, evaluators


def scorings(application: Application) -> list[Scoring]:
    return list(
        db.session.query(Scoring).filter_by(application_id=application.id).order_by(Scoring.assigned_at, Scoring.id)
    )


def as_scorer(scoring: Scoring) -> Actor:
    actor = next(
        accounts.find_actor(scoring.evaluator_id, membership.id)
        for membership in accounts.memberships_of(scoring.evaluator_id)
    )
    assert actor is not None
    return actor


def score(scoring: Scoring, points: int) -> None:
    actor = as_scorer(scoring)
    service.declare_conflict(scoring.id, actor=actor, has_conflict=False, statement="")
    given = dict.fromkeys(REASONS, points)
    service.hand_in_scores(scoring.id, actor=actor, points=given, reasons=REASONS)


def test_allocation_waits_for_every_score_and_the_highest_win() -> None:
    call, applications, _evaluators = closed_call(3, vouchers=1)
    assert [len(scorings(application)) for application in applications] == [2, 2, 2]
    with pytest.raises(DomainError, match="not scored yet"):
        service.start_allocation(call.id, actor=make_officer(Role.PROGRAMME_OFFICER))
    given = [scoring for application in applications for scoring in scorings(application)]
    for scoring, points in zip(given, (3, 4, 9, 8, 5, 5), strict=True):
        assert queries.find_allocation(call.id) is None
        score(scoring, points)
    allocate_all(call)
    assert [application.status for application in applications] == ["waitlisted", "allocated", "waitlisted"]
    assert [queries.waitlist_position(application) for application in applications] == [2, None, 1]
    assert sealed_list.replay(queries.sealed_file(call)).faults == []


def chase(clock: Any, days: int) -> int:
    """What the hourly sweep does so many days later."""
    clock.advance(days=days)
    return service.chase_scorers(actor=SYSTEM)


def mails(template: str) -> list[str]:
    return [mail.address for mail in db.session.query(Message).filter_by(template=f"vouchers/{template}")]


def test_whoever_does_not_score_in_time_is_reminded_once_and_then_somebody_else_is_asked(clock: Any) -> None:
    call, (application,), _evaluators = closed_call(1, vouchers=1)
    silent, busy = scorings(application)
    service.declare_conflict(busy.id, actor=as_scorer(busy), has_conflict=False, statement="")
    assert chase(clock, 6) == 0
    assert mails("scoring_reminder") == []
    assert (chase(clock, 1), chase(clock, 0)) == (0, 0)
    assert len(mails("scoring_reminder")) == 2
    assert chase(clock, 3) == 0  # the tenth day is theirs still
    assert chase(clock, 1) == 2
    assert (silent.status, busy.status) == ("lapsed", "lapsed")
    with pytest.raises(IllegalMove):
        score(silent, 5)
    # Nobody is asked again who let it lapse: the officers see that somebody is missing.
    assert queries.shortage(call.id).places == 2
    for _number in range(2):
        make_officer(Role.EVALUATOR)
    assert service.ask_more_scorers(call, actor=make_officer(Role.PROGRAMME_OFFICER)) == 2
    for scoring in scorings(application)[2:]:
        score(scoring, 7)
    assert queries.find_allocation(call.id) is not None


def test_others_are_asked_at_once_where_somebody_is_free(clock: Any) -> None:
    _call, (application,), _evaluators = closed_call(1, vouchers=1)
    first, second = scorings(application)
    score(first, 5)
    make_officer(Role.EVALUATOR)
    assert chase(clock, 11) == 1
    assert [scoring.status for scoring in scorings(application)] == ["scored", "lapsed", "assigned"]
    assert len(mails("scoring")) == 3
    assert first.status == "scored"
    assert second.evaluator_id != scorings(application)[2].evaluator_id


def test_only_the_system_ends_somebody_elses_scoring() -> None:
    with pytest.raises(Forbidden):
        service.chase_scorers(actor=make_officer(Role.PROGRAMME_OFFICER))


def test_a_conflict_is_declared_first_and_another_is_asked() -> None:
    _call, (application,), _evaluators = closed_call(1, vouchers=1, scorers=3)
    first, other = scorings(application)
    actor = as_scorer(first)
    with pytest.raises(IllegalMove):
        service.hand_in_scores(first.id, actor=actor, points={}, reasons={})
    with pytest.raises(NotFound):
        service.declare_conflict(first.id, actor=as_scorer(other), has_conflict=False, statement="")
    with pytest.raises(Invalid):
        service.declare_conflict(first.id, actor=actor, has_conflict=True, statement="so")
    service.declare_conflict(first.id, actor=actor, has_conflict=True, statement="I advise this company.")
    assert len({scoring.evaluator_id for scoring in scorings(application)}) == 3
    assert [scoring.status for scoring in scorings(application)].count("refused") == 1
    with pytest.raises(NotFound):
        queries.get_scoring(first.id, actor=actor)


def test_nobody_scores_their_own_company_by_verb_or_by_database() -> None:
    member = make_officer(Role.EVALUATOR)
    with earlier(days=2):
        call = make_call(closes_in=timedelta(days=1), vouchers=1, method="scored")
        sme = make_sme(person=accounts.get_person(member.person_id))  # type: ignore[arg-type]
        application = make_application(call, sme)
    service.close_call(call.id, actor=SYSTEM)
    assert scorings(application) == []
    assert queries.unscored(call) == 1
    assert [row.id for row in queries.short_of_scorers(call.id)] == [application.id]
    with pytest.raises(IntegrityError, match="scores a company they belong"), db.session.begin_nested():
        db.session.execute(
            text("INSERT INTO scorings (application_id, evaluator_id, status) VALUES (:id, :person, 'assigned')"),
            {"id": application.id, "person": member.person_id},
        )


def test_too_few_evaluators_are_said_to_an_officer_who_asks_again_once_one_is_appointed(client: FlaskClient) -> None:
    call, applications, _evaluators = closed_call(3, vouchers=1, scorers=1)
    assert queries.shortage(call.id) == queries.Shortage(3, 3)
    officer = make_officer(Role.PROGRAMME_OFFICER)
    sign_in_as(client, officer)
    assert "Calls that wait for evaluators" in client.get("/?lang=en").text
    assert "3 applications have too few evaluators" in client.get(f"/calls/{call.id}/allocation?lang=en").text
    for language, words in (("en", "Ask more evaluators"), ("ko", "평가위원 추가 요청")):
        assert words in client.get(f"/scorers/missing?lang={language}").text
        assert words in client.get(f"/calls/{call.id}/scorers/ask?lang={language}").text
    nobody = client.post(f"/calls/{call.id}/scorers/ask?lang=en", data={"key": "nobody"})
    assert (nobody.status_code, "Nobody was asked" in nobody.text) == (422, True)
    second = make_officer(Role.EVALUATOR)
    asked = client.post(f"/calls/{call.id}/scorers/ask", data={"key": "asked"})
    assert (asked.status_code, asked.location) == (303, f"/calls/{call.id}/allocation")
    assert {scoring.evaluator_id for one in applications for scoring in scorings(one)} >= {second.person_id}
    assert [len(scorings(application)) for application in applications] == [2, 2, 2]
    assert queries.shortage(call.id) == queries.Shortage(0, 0)
    assert "Calls that wait for evaluators" not in client.get("/?lang=en").text
    assert "No call waits for evaluators" in client.get("/scorers/missing?lang=en").text
    with pytest.raises(DomainError, match="No evaluator is missing"):
        service.ask_more_scorers(call, actor=officer)
    with pytest.raises(Forbidden):
        service.ask_more_scorers(call, actor=make_officer(Role.ADMINISTRATOR))


def test_an_evaluator_tells_applications_apart_and_an_officer_sees_whose_scores_are_open(client: FlaskClient) -> None:
    one, other = (make_officer(Role.EVALUATOR) for _number in range(2))
    with earlier(days=2):
        call, sme = make_call(closes_in=timedelta(days=1), method="scored"), make_sme()
        applications, name = [make_application(call), make_draft(call, sme)], organisation_of(sme).name
        service.save_need(applications[1].id, actor=sme, service_line="operations", need=f"{name} wants new customers.")
        service.submit(applications[1].id, actor=sme, declarations=set(rules.DECLARATIONS))
    service.close_call(call.id, actor=SYSTEM)
    done, left = (
        scoring
        for application in applications
        for scoring in scorings(application)
        if scoring.evaluator_id == one.person_id
    )
    score(done, 5)
    sign_in_as(client, one)
    page = client.get("/scorings?lang=en").text
    assert page.index("▇▇▇ wants new customers.") < page.index("Shorter delivery times."), "what is open comes first"
    assert name not in page
    assert (f"/scorings/{left.id}/declare" in page, str(done.id) in page) == (True, False)
    rows = {row.evaluator_id: row for row in queries.scorers_of(call.id)}
    counts = {who: (row.to_declare, row.to_score, row.scored, row.last_day) for who, row in rows.items()}
    assert counts == {other.person_id: (2, 0, 0, left.last_day), one.person_id: (1, 0, 1, left.last_day)}
    address = f"/calls/{call.id}/allocation?lang=en"
    assert other.name not in client.get(address).text
    assert other.name in sign_in_as(client, make_officer(Role.PROGRAMME_OFFICER)).get(address).text


def test_while_eligibility_is_open_no_evaluator_is_missing() -> None:
    with earlier(days=2):
        call = make_call(closes_in=timedelta(days=1), vouchers=1, method="scored")
        make_application(call)
        make_application(call, sector="agriculture")
    service.close_call(call.id, actor=SYSTEM)
    assert queries.shortage(call.id) == queries.Shortage(0, 0)


def test_asking_takes_as_many_statements_for_many_applications_as_for_one() -> None:
    [make_officer(Role.EVALUATOR) for _number in range(2)]
    counts = []
    for applications in (1, 6):
        with earlier(days=2):
            call = make_call(closes_in=timedelta(days=1), vouchers=1, method="scored")
            made = [make_application(call) for _number in range(applications)]
        with counted() as statements:
            service.close_call(call.id, actor=SYSTEM)
        assert all(len(scorings(applicant)) == 2 for applicant in made)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_whoever_is_asked_on_another_day_gets_another_mail(clock: Any) -> None:
    _call, (application,), evaluators = closed_call(1, vouchers=1, scorers=3)
    clock.advance(days=1)
    first = scorings(application)[0]
    service.declare_conflict(first.id, actor=as_scorer(first), has_conflict=True, statement="I advise this company.")
    assert db.session.query(Message).filter_by(template="vouchers/scoring").count() == len(evaluators)


@pytest.mark.parametrize(
    ("points", "reason"), [(11, "Long enough a reason."), (None, "Long enough a reason."), (5, "short")]
)
def test_points_stay_within_the_criterion_and_have_a_reason(points: int | None, reason: str) -> None:
    _call, (application,), _evaluators = closed_call(1, vouchers=1)
    scoring = scorings(application)[0]
    actor = as_scorer(scoring)
    service.declare_conflict(scoring.id, actor=actor, has_conflict=False, statement="")
    given = dict.fromkeys(REASONS, 5) | {"effect": points}
    with pytest.raises(Invalid):
        service.hand_in_scores(scoring.id, actor=actor, points=given, reasons=REASONS | {"effect": reason})


def test_handed_in_scores_are_never_changed() -> None:
    _call, (application,), _evaluators = closed_call(1, vouchers=1)
    score(scorings(application)[0], 7)
    for statement in ("UPDATE scores SET points = 10", "DELETE FROM scores"):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(text(statement))
    with pytest.raises(IllegalMove):
        score(scorings(application)[0], 8)


def test_an_evaluator_scores_page_by_page_without_reading_who_it_is(client: FlaskClient) -> None:
    evaluators = [make_officer(Role.EVALUATOR) for _number in range(2)]
    sme = make_sme("Hanbit Precision")
    with earlier(days=2):
        call = make_call(closes_in=timedelta(days=1), vouchers=1, method="scored")
        draft = make_draft(call, sme)
        service.save_need(draft.id, actor=sme, service_line="operations", need="Hanbit Precision wants less scrap.")
        application = service.submit(draft.id, actor=sme, declarations=set(rules.DECLARATIONS))
    service.close_call(call.id, actor=SYSTEM)
    scoring = next(row for row in scorings(application) if row.evaluator_id == evaluators[0].person_id)
    sign_in_as(client, evaluators[0])
    pages = [client.get("/scorings"), client.get(f"/scorings/{scoring.id}/declare")]
    posted: Any = client.post(f"/scorings/{scoring.id}/declare", data={"has_conflict": "no"})
    assert posted.status_code == 303
    pages.append(client.get(posted.location))
    for page in pages:
        assert page.status_code == 200
        for secret in ("Hanbit", application.number):
            assert secret not in page.get_data(as_text=True)
    assert "wants less scrap" in pages[-1].get_data(as_text=True)
    refused = client.post(f"{posted.location}?lang=en", data={"points_need": "11"})
    assert (refused.status_code, "Enter “Reason (Need)”." in refused.text) == (422, True)
    form = {f"points_{code}": "8" for code in REASONS} | {f"reason_{code}": words for code, words in REASONS.items()}
    assert client.post(posted.location, data=form).status_code == 303
    assert client.get(posted.location).status_code == 409
