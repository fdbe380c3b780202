"""The pages after the deadline: declare conflicts, compare and score bids, award."""

from typing import Any
from uuid import UUID

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from marketplace.core import clock
from marketplace.core.actors import SME, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import NotFound
from marketplace.core.i18n import _
from marketplace.core.web import done, page
from marketplace.jobs import queries, rules, scoring, service
from marketplace.jobs.forms import DeclarationForm, award_form, score_form
from marketplace.jobs.models import Job
from marketplace.jobs.states import JobStatus
from marketplace.jobs.views.blueprint import blueprint, job_words, stage_words
from marketplace.jobs.views.lists import READERS
from marketplace.providers import queries as providers

JUDGES = (Role.SIGNATORY, Role.PREPARER)


@blueprint.get("/jobs/<uuid:job_id>/bids")
@requires(*JUDGES, *READERS)
def compare_bids(job_id: UUID) -> ResponseReturnValue:
    """Bids side by side; sealed before the deadline, and hidden from whoever has not declared or has a conflict."""
    actor = current_actor()
    job = queries.get_job(job_id, actor=actor)
    if not rules.is_unsealed(job, clock.now()):
        return page("jobs/sealed_bids.html", job=job)
    if actor.role in SME:
        declaration = queries.find_declaration(job_id, actor.person_id)
        if declaration is None:
            return redirect(url_for("jobs.declare_conflict", job_id=job_id))
        rules.check_no_conflict(declaration)
    return page("jobs/compare_bids.html", job=job, **_opened(job), may_judge=_may_judge(job))


@blueprint.route("/jobs/<uuid:job_id>/conflict", methods=["GET", "POST"])
@requires(*JUDGES)
def declare_conflict(job_id: UUID) -> ResponseReturnValue:
    """Say whether I have a conflict with one of the bidders, before I see what they offer."""
    actor = current_actor()
    job = queries.get_job(job_id, actor=actor)
    rules.check_unsealed(job, clock.now())
    bidders = [providers.get_provider(bid.provider_id).name for bid in queries.live_bids(job_id)]
    form = DeclarationForm()
    form.shows(bidders)
    if form.validate_on_submit():
        with form.errors_to_fields():
            has_conflict = form.has_conflict.data == "yes"
            service.declare_conflict(
                job_id, actor=actor, has_conflict=has_conflict, statement=form.statement.data or ""
            )
            if has_conflict:
                text = _("Thank you. Somebody else of your company must decide on this job.")
                return done(text, url_for("jobs.job", job_id=job_id))
            return done(_("Thank you. You can read the bids now."), url_for("jobs.compare_bids", job_id=job_id))
    declared = queries.find_declaration(job_id, actor.person_id)
    return page("jobs/declare_conflict.html", form=form, job=job, bidders=bidders, declared=declared)


@blueprint.route("/bids/<uuid:bid_id>/score", methods=["GET", "POST"])
@requires(*JUDGES)
def score_bid(bid_id: UUID) -> ResponseReturnValue:
    """Points and a reason for one bid on each frozen criterion."""
    actor = current_actor()
    bid = queries.get_bid(bid_id, actor=actor)
    job = queries.get_job(bid.job_id, actor=actor)
    rules.check_no_conflict(queries.find_declaration(job.id, actor.person_id))
    opened = queries.opened_bids(job, actor=actor)
    row = next((candidate for candidate in opened if candidate.bid.id == bid_id), None)
    if row is None:
        raise NotFound()  # withdrawn before the deadline
    lowest = min(other.content.price_total for other in opened)
    form = score_form(job, **_given(row, scoring.price_score(row.content.price_total, lowest)))
    if form.validate_on_submit():
        with form.errors_to_fields():
            for entry in job.criteria:
                code = entry["code"]
                points, reason = form[f"points_{code}"].data, form[f"reason_{code}"].data
                service.score_bid(bid_id, actor=actor, criterion=code, points=points, reason=reason)
            return done(_("The scores are saved."), url_for("jobs.compare_bids", job_id=job.id))
    parts = [
        (rules.CRITERIA[entry["code"]], entry["weight"], f"points_{entry['code']}", f"reason_{entry['code']}")
        for entry in job.criteria
    ]
    return page("jobs/score_bid.html", form=form, job=job, row=row, parts=parts, stages=stage_words(), lowest=lowest)


def _given(row: queries.OpenedBid, price_points: int) -> dict[str, Any]:
    """Scores so far; for the price, what its share of the lowest price suggests."""
    given: dict[str, Any] = {
        "points_price": price_points,
        "reason_price": str(_("Lowest net price divided by this one, times 100.")),
    }
    for score in row.bid.scores:
        given |= {f"points_{score.criterion}": score.points, f"reason_{score.criterion}": score.reason}
    return given


@blueprint.route("/jobs/<uuid:job_id>/award", methods=["GET", "POST"])
@requires(Role.SIGNATORY)
def award(job_id: UUID) -> ResponseReturnValue:
    """Choose the winner, with a reason for each bid."""
    actor = current_actor()
    job = queries.get_job(job_id, actor=actor)
    rules.check_no_conflict(queries.find_declaration(job_id, actor.person_id))
    context = _opened(job)
    opened, costs = context["opened"], context["costs"]
    form = award_form((row.bid.id, row.provider.name) for row in opened)
    form.shows([(row.bid, row.content.price_total, row.bid.scores, costs.get(row.bid.id)) for row in opened])
    if form.validate_on_submit():
        with form.errors_to_fields():
            reasons = {row.bid.id: form[f"reason_{row.bid.id}"].data for row in opened}
            service.award(job_id, actor=actor, bid_id=UUID(form.bid.data), reasons=reasons)
            return done(
                _("The job is awarded. Every bidder is told the reason. The agreement comes next."),
                url_for("jobs.job", job_id=job_id),
            )
    return page("jobs/award.html", form=form, job=job, **context)


def _opened(job: Job) -> dict[str, Any]:
    opened = queries.opened_bids(job, actor=current_actor())
    labels = {entry["code"]: str(rules.CRITERIA[entry["code"]]) for entry in job.criteria}
    return {
        "opened": opened,
        "costs": queries.costs(job, opened),
        "stages": stage_words(),
        "words": job_words(job),
        "labels": labels,
        "criteria": [(entry["code"], labels[entry["code"]], entry["weight"]) for entry in job.criteria],
    }


def _may_judge(job: Job) -> bool:
    return current_actor().role in JUDGES and job.status in (JobStatus.PUBLISHED, JobStatus.CLOSED)
