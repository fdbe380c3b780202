"""The pages that show a company the best firms for its job, with reasons, and let it invite them."""

from uuid import UUID

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from config import lists
from config.providers import terms
from marketplace.core import clock, seen
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import Words
from marketplace.core.i18n import _, localized
from marketplace.core.web import done, page
from marketplace.jobs import queries as jobs
from marketplace.jobs import service
from marketplace.jobs.rules import is_open
from marketplace.matching import queries
from marketplace.matching.forms import InviteForm
from marketplace.matching.ranking import UNGRADED, Reason, Standing
from marketplace.providers import queries as providers

blueprint = Blueprint("matching", __name__)

seen.declare(blueprint, rows={}, nothing={"invite": "invites a firm"})


JUDGES = (Role.SIGNATORY, Role.PREPARER)


@blueprint.get("/jobs/<uuid:job_id>/providers")
@requires(*JUDGES)
def matches(job_id: UUID) -> ResponseReturnValue:
    """The best firms for my job, and why; those left out, and why."""
    job = jobs.get_job(job_id, actor=current_actor())
    ranking = queries.rank_for(job)
    return page(
        "matching/matches.html",
        job=job,
        candidates=[(row, [words_for(reason) for reason in row.reasons]) for row in ranking.candidates[:20]],
        excluded=[(row.provider, words_for(row.reason)) for row in ranking.excluded],
        invited=jobs.invited(job_id),
        is_open=is_open(job, clock.now()),
    )


@blueprint.route("/jobs/<uuid:job_id>/providers/<uuid:provider_id>/invite", methods=["GET", "POST"])
@requires(*JUDGES)
def invite(job_id: UUID, provider_id: UUID) -> ResponseReturnValue:
    """Ask a firm to bid for my job."""
    job = jobs.get_job(job_id, actor=current_actor())
    provider = providers.get_public_provider(provider_id)
    form = InviteForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.invite_to_bid(job_id, actor=current_actor(), provider_id=provider_id)
            return done(_("The firm is invited by e-mail."), url_for("matching.matches", job_id=job_id))
    return page("matching/invite.html", form=form, job=job, provider=provider)


def words_for(reason: Reason) -> Words:
    """A reason of the ranking in the reader's words."""
    value = reason.value
    region = localized(lists.regions().get(value, value))
    sector = localized(lists.sectors().get(value, value))
    service_line = localized(lists.service_lines().get(value, value))
    good: dict[str, Words] = {
        "service_line": _("Offers %(service)s", service=service_line),
        "region": _("Works in %(region)s", region=region),
        "sector": _("Knows your sector: %(sector)s", sector=sector),
        "grade": _("Grade %(grade)s of 100", grade=value),
        "room": _("Has room: %(load)s companies served", load=value),
    }
    bad: dict[str, Words] = {
        "service_line": _("Does not offer %(service)s", service=service_line),
        "region": _("Does not name %(region)s among its regions", region=region),
        "sector": _("Does not name your sector: %(sector)s", sector=sector),
        "ungraded": _("No grade yet, counted as %(grade)s", grade=UNGRADED),
        "language": _("Does not work in the language of the job"),
        "no_ready_consultant": _("Has no consultant with code of ethics and training valid today"),
        "full": _("Has no room: %(load)s companies served", load=value),
        Standing.SUSPENDED: _("Suspended"),
        Standing.DORMANT: _("No work for %(years)s years", years=terms(clock.today()).dormant_years),
        Standing.CONFLICT: _("A conflict of interest with your company is on record"),
    }
    return (good if reason.holds else bad)[reason.code]
