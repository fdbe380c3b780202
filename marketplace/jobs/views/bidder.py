"""The bidder's pages: place, read and withdraw a bid; before the deadline nobody else gets here."""

from typing import Any
from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.core import clock
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _
from marketplace.core.web import done, page
from marketplace.jobs import queries, rules, service
from marketplace.jobs.forms import bid_form, present_prices
from marketplace.jobs.models import Job
from marketplace.jobs.states import BID, BidStatus
from marketplace.jobs.views.blueprint import blueprint, job_words, stage_words
from marketplace.providers import queries as providers
from marketplace.providers.rules import OBSTACLES


@blueprint.route("/jobs/<uuid:job_id>/bid", methods=["GET", "POST"])
@requires(Role.MANAGER)
def place_bid(job_id: UUID) -> ResponseReturnValue:
    """Bid for a job, or replace my firm's bid."""
    actor = current_actor()
    job = queries.get_job(job_id, actor=actor)
    provider = providers.find_provider(actor.organisation_id)
    people = providers.standings_of(provider.id, clock.today()) if provider else []
    # That the firm isn't in the register is for the verb to say, and not a fault of the choice.
    ready = [(row.id, row.name) for row in people if row.obstacle in (None, "provider_not_approved")]
    form = bid_form(job, ready, **_present(job))
    if form.validate_on_submit():
        with form.errors_to_fields():
            bid = service.place_bid(job_id, actor=actor, offer=form.offer)
            text = _("Your bid is sealed. Until the deadline only your firm can read it.")
            return done(text, url_for("jobs.bid", bid_id=bid.id))
    return page(
        "jobs/place_bid.html",
        form=form,
        job=job,
        provider=provider,
        ready=ready,
        not_ready=[(row.name, OBSTACLES[row.obstacle]) for row in people if row.obstacle],
        stages=stage_words(),
        is_open=rules.is_open(job, clock.now()),
        funding=queries.find_funding(job),
    )


def _present(job: Job) -> dict[str, Any]:
    """The firm's bid as it is now, to be changed."""
    actor = current_actor()
    bid = queries.find_live_bid(job.id, actor.organisation_id)
    if bid is None:
        return {}
    content = queries.bid_content(bid.id, actor)
    return {
        **present_prices(content),
        **{f"days_{stage}": days for stage, days in content.days.items()},
        "approach": content.approach,
        "consultants": [str(key) for key in content.consultant_ids],
    }


@blueprint.get("/bids/<uuid:bid_id>")
@requires(Role.MANAGER)
def bid(bid_id: UUID) -> ResponseReturnValue:
    """My firm's bid: what we offered and, after the award, its points and reasons."""
    actor = current_actor()
    bid = queries.get_bid(bid_id, actor=actor)
    job = queries.get_job(bid.job_id, actor=actor)
    content = queries.bid_content(bid_id, actor) if bid.status != BidStatus.WITHDRAWN else None
    decided = bid.status in (BidStatus.WON, BidStatus.LOST)
    return page(
        "jobs/bid.html",
        bid=bid,
        job=job,
        words=job_words(job),
        content=content,
        consultants=list(providers.consultant_names(content.consultant_ids).values()) if content else [],
        stages=stage_words(),
        lifecycle=BID,
        is_open=rules.is_open(job, clock.now()),
        scores=bid.scores if decided else [],
        total=queries.total_of(job, bid) if decided else None,
        criteria={entry["code"]: (rules.CRITERIA[entry["code"]], entry["weight"]) for entry in job.criteria},
    )


@blueprint.route("/bids/<uuid:bid_id>/withdraw", methods=["GET", "POST"])
@requires(Role.MANAGER)
def withdraw_bid(bid_id: UUID) -> ResponseReturnValue:
    """Take my firm's bid back."""
    bid = queries.get_bid(bid_id, actor=current_actor())
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.withdraw_bid(bid_id, actor=current_actor())
            return done(_("The bid is withdrawn. What it offered is deleted."), url_for("jobs.bids"))
    return page("jobs/withdraw_bid.html", form=form, bid=bid)
