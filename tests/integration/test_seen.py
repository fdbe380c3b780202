"""What was seen is what is sent: a form about rows that have changed since is refused with both texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import select

from marketplace.core import db, seen
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.engagements import service as work
from marketplace.engagements.models import Deliverable
from marketplace.jobs import service as jobs
from marketplace.jobs.models import Job
from marketplace.vouchers import rules, service
from marketplace.vouchers.models import Application, Evidence
from tests.factories.accounts import make_member, make_sme, organisation_of, sign_in_as
from tests.factories.engagements import document, make_engagement, make_story
from tests.factories.jobs import make_bid, make_published_job, make_text, make_voucher_row, pass_deadline, score_all
from tests.factories.pages import OpenForm
from tests.factories.programmes import make_call
from tests.factories.vouchers import FACTS, make_draft

WEIGHTS = {"approach": 40, "experience": 20, "schedule": 20, "price": 20}
DECLARED = dict.fromkeys(rules.DECLARATIONS, "y")


@pytest.fixture(autouse=True)
def required(app: Flask) -> Iterator[None]:
    """Forms must carry what they showed, as they must in use."""
    app.config["SEEN_REQUIRED"] = True
    yield
    app.config["SEEN_REQUIRED"] = False


@pytest.fixture
def signatory(client: FlaskClient) -> Actor:
    client.set_cookie("lang", "en")
    actor = make_sme()
    sign_in_as(client, actor)
    return actor


@pytest.fixture
def draft(signatory: Actor) -> Application:
    return make_draft(make_call(), signatory, employees=20)


def status_of(draft: Application) -> str:
    return db.session.scalars(select(Application.status).where(Application.id == draft.id)).one()


def test_what_a_colleague_changed_after_the_check_is_not_submitted(client, signatory, draft) -> None:
    form = OpenForm(client, f"/applications/{draft.id}/check")
    colleague = make_member(signatory, Role.PREPARER)
    service.save_facts(draft.id, FACTS | {"employees": 49}, actor=colleague)
    service.save_need(draft.id, actor=colleague, service_line="operations", need="Other machines.")
    answer = form.send(**DECLARED)
    assert answer.status_code == 409
    assert status_of(draft) == "draft"
    before = answer.text.partition("<h1")[0]
    for told in ("Number of employees", "20", "49", "Shorter delivery times.", "Other machines."):
        assert told in before
    again = form.shown_again(answer)
    assert not set(DECLARED) & set(again.fields)  # what has changed is declared anew
    assert again.send(**DECLARED).status_code == 303
    assert status_of(draft) != "draft"


def test_a_file_added_after_the_check_is_told(client, signatory, draft) -> None:
    form = OpenForm(client, f"/applications/{draft.id}/check")
    (evidence,) = db.session.scalars(select(Evidence).where(Evidence.application_id == draft.id))
    name = evidence.file.name
    service.remove_evidence(evidence.id, actor=signatory)
    answer = form.send(**DECLARED)
    assert answer.status_code == 409
    assert name in answer.text.partition("<h1")[0]


@pytest.mark.parametrize("token", ["", "forged", "WyIiLHt9LFtdXQ.AAAA"])
def test_a_form_without_a_sound_mark_is_shown_anew(client, draft, token) -> None:
    form = OpenForm(client, f"/applications/{draft.id}/check")
    answer = form.send(**DECLARED, seen=token)
    assert (answer.status_code, status_of(draft)) == (409, "draft")
    assert form.shown_again(answer).send(**DECLARED).status_code == 303


def test_the_mark_of_one_row_opens_no_other(client, signatory, draft) -> None:
    mine = OpenForm(client, f"/applications/{draft.id}/check")
    other = make_draft(make_call(), signatory, employees=20)
    form = OpenForm(client, f"/applications/{other.id}/check")
    assert form.send(**DECLARED, seen=mine.fields["seen"]).status_code == 409


def test_of_two_who_edit_one_draft_the_second_sees_both_texts(client, signatory) -> None:
    job = jobs.draft_job(actor=signatory, text=make_text(title="Old title", goal="Old goal", situation="Old."))
    form = OpenForm(client, f"/jobs/{job.id}/edit")
    colleague = make_member(signatory, Role.PREPARER)
    text = make_text(title="Their title", goal="Their goal", situation="Old.")
    jobs.edit_job(job.id, actor=colleague, text=text, weights=WEIGHTS)
    answer = form.send(title="My title", situation="Mine alone.")
    assert answer.status_code == 409
    again = form.shown_again(answer)
    # Both changed the title, nobody else the situation, and the goal only the other one.
    assert again.fields["title"] == ["My title"]
    assert again.fields["situation"] == ["Mine alone."]
    assert again.fields["goal"] == ["Their goal"]
    shown = answer.text.partition("<h1")[0]
    for told in ("My title", "Their title", "Old goal", "Their goal"):
        assert told in shown
    assert "Mine alone." not in shown
    assert again.send().status_code == 303
    stored = db.session.scalars(select(Job).where(Job.id == job.id)).one()
    assert (stored.title, stored.goal, stored.situation) == ("My title", "Their goal", "Mine alone.")


def test_a_form_that_saves_minds_only_what_it_saves(client, signatory, draft) -> None:
    form = OpenForm(client, f"/applications/{draft.id}/facts")
    colleague = make_member(signatory, Role.PREPARER)
    service.save_need(draft.id, actor=colleague, service_line="operations", need="Other machines.")
    assert form.send(employees="30").status_code == 303


def test_what_can_not_be_read_is_shown_back_as_it_was_typed(client, signatory, draft) -> None:
    form = OpenForm(client, f"/applications/{draft.id}/facts")
    service.save_facts(draft.id, FACTS | {"employees": 49}, actor=signatory)
    answer = form.send(employees="about thirty")
    assert answer.status_code == 409
    assert form.shown_again(answer).fields["employees"] == ["about thirty"]


def test_a_refused_form_still_carries_what_was_seen_first(client, signatory, draft) -> None:
    form = OpenForm(client, f"/applications/{draft.id}/check")
    refused = form.send()
    assert refused.status_code == 422
    service.save_facts(draft.id, FACTS | {"employees": 49}, actor=signatory)
    assert form.shown_again(refused).send(**DECLARED).status_code == 409


def test_a_change_of_language_is_no_change(client, draft) -> None:
    form = OpenForm(client, f"/applications/{draft.id}/check")
    client.set_cookie("lang", "ko")
    assert form.send(**DECLARED).status_code == 303


def test_a_job_changed_after_the_check_is_not_published(client, signatory) -> None:
    make_voucher_row(signatory)
    job = jobs.draft_job(actor=signatory, text=make_text(goal="Old goal"))
    jobs.edit_job(job.id, actor=signatory, text=make_text(goal="Old goal"), weights=WEIGHTS)
    form = OpenForm(client, f"/jobs/{job.id}/publish")
    jobs.edit_job(job.id, actor=signatory, text=make_text(goal="Other goal"), weights=WEIGHTS)
    answer = form.send(confirmed="y")
    assert answer.status_code == 409
    assert "Old goal" in answer.text.partition("<h1")[0]
    assert form.shown_again(answer).send(confirmed="y").status_code == 303


def test_scores_changed_after_the_award_was_opened_are_told(client, signatory, clock) -> None:
    job = make_published_job(signatory)
    bids = [make_bid(job).id, make_bid(job).id]
    pass_deadline(job)
    score_all(job, signatory, {bids[0]: 80, bids[1]: 60})
    form = OpenForm(client, f"/jobs/{job.id}/award")
    choice = {"bid": str(bids[0]), "confirmed": "y", **{f"reason_{bid}": "The scores." for bid in bids}}
    jobs.score_bid(bids[0], actor=signatory, criterion="approach", points=95, reason="Seen again.")
    answer = form.send(**choice)
    assert answer.status_code == 409
    told = " ".join(html.fromstring(answer.text.partition("<h1")[0]).text_content().split())
    assert re.search(r"You saw: ₩[^:]+ · 80\.00 Now: ₩[^:]+ · 86\.00", told), told
    assert form.shown_again(answer).send(confirmed="y").status_code == 303  # the reasons stand in it still


def test_bidding_that_closes_by_itself_disturbs_nobody_who_declares(client, signatory, clock) -> None:
    job = make_published_job(signatory)
    make_bid(job)
    pass_deadline(job)
    form = OpenForm(client, f"/jobs/{job.id}/conflict")
    jobs.close_job(job.id, actor=SYSTEM)
    assert form.send(has_conflict="no").status_code == 303


def test_an_award_is_made_though_the_bidding_closes_by_itself_meanwhile(client, signatory, clock) -> None:
    job = make_published_job(signatory)
    bid = make_bid(job).id
    pass_deadline(job)
    score_all(job, signatory, {bid: 80})
    form = OpenForm(client, f"/jobs/{job.id}/award")
    jobs.close_job(job.id, actor=SYSTEM)
    assert form.send(**{"bid": str(bid), "confirmed": "y", f"reason_{bid}": "The scores."}).status_code == 303


def test_a_stage_is_handed_in_while_its_document_is_compared(client) -> None:
    client.set_cookie("lang", "en")
    story = make_story()
    engagement = make_engagement(story)
    stage = engagement.stages[0]
    added = work.upload_deliverable(
        stage.id, actor=story.manager, title="Report", stream=document("A report"), filename="report.pdf"
    )
    sign_in_as(client, story.manager)
    form = OpenForm(client, f"/engagements/stages/{stage.id}/hand-in")
    work.compare_deliverable(added.id, actor=SYSTEM)
    assert db.get(Deliverable, added.id).compared_at is not None
    assert form.send().status_code == 303


def test_a_company_edited_by_two(client, signatory) -> None:
    form = OpenForm(client, "/companies/mine/change")
    organisation_of(signatory).phone = "02-111-2222"
    answer = form.send(phone="02-333-4444")
    assert answer.status_code == 409
    assert "02-111-2222" in answer.text


def test_a_view_that_does_not_compare_is_a_fault(app: Flask, draft) -> None:
    with app.test_request_context(f"/applications/{draft.id}/check", method="POST"), pytest.raises(RuntimeError):
        seen.check_compared()


def test_a_form_that_does_not_say_what_it_is_about_stops_the_start() -> None:
    silent = Flask("silent")
    silent.add_url_rule("/silent", "silent_form", methods=["POST"])
    with pytest.raises(RuntimeError, match="silent_form"):
        seen.check_routes(silent)


def test_what_a_page_says_is_noted_for_its_form_alone(app: Flask, draft: Application) -> None:
    rows = "<tr><th>One</th><td>1</td><td></td><td>2</td></tr>" * (seen.MOST_ROWS + 1)
    with app.test_request_context(f"/applications/{draft.id}/check"):
        seen.said("Site", ["Seoul", None])
        seen.said("Site", "Busan")
        assert g.said == {"Site": "Seoul", "Site (2)": "Busan"}
        seen.said_rows("Rows", rows)
        assert (len(g.said), g.said["Rows: One"]) == (2 + seen.MOST_ROWS, "1 · 2")
    g.pop("said")
    with app.test_request_context("/help"):
        seen.said_rows("Rows", rows)
        assert "said" not in g


def test_every_form_says_what_it_is_about_or_why_not(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    about, nothing = set(app.extensions["seen"]), seen.without_rows()
    assert about | set(nothing) == routes
    assert not about & set(nothing)
    assert all(len(reason) > 8 for reason in nothing.values())


def test_every_row_that_a_form_is_about_can_be_locked(app: Flask, database: object) -> None:
    for endpoint, (row, argument) in app.extensions["seen"].items():
        rule = next(rule for rule in app.url_map.iter_rules(endpoint) if "POST" in (rule.methods or ()))
        address = re.sub(r"<uuid:\w+>", str(uuid4()), re.sub(r"<any\((\w+).*?>", r"\1", rule.rule))
        with app.test_request_context(address, method="POST"):
            if argument:
                seen.hold()
            else:
                assert row.own is not None
