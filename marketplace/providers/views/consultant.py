"""The pages of a consultant: profile, code of ethics, training."""

from typing import Any
from uuid import UUID

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import service as accounts
from marketplace.core import clock
from marketplace.core.actors import AGENCY, PROVIDER, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _
from marketplace.core.web import done, page
from marketplace.providers import ethics_code, queries, service, training
from marketplace.providers.forms import LANGUAGES, ConsultantForm, PledgeForm
from marketplace.providers.states import CONSULTANT
from marketplace.providers.views.blueprint import blueprint, course_titles, service_words, standing


@blueprint.get("/consultants/me")
@requires(*PROVIDER)
def profile() -> ResponseReturnValue:
    """My entry in the register of consultants, and what I need to be named in bids."""
    actor = current_actor()
    consultant = queries.find_consultant(actor.person_id)
    firm = queries.find_provider(actor.organisation_id)
    if consultant is None:
        return page("providers/profile_start.html", firm=firm)
    return page("providers/profile.html", firm=firm, **_facts(consultant.id))


@blueprint.route("/consultants/me/register", methods=["GET", "POST"])
@requires(*PROVIDER)
def register() -> ResponseReturnValue:
    """Enter myself in the register of consultants."""
    actor = current_actor()
    if queries.find_provider(actor.organisation_id) is None or actor.person_id is None:
        abort(404)
    form = ConsultantForm(languages=["ko"])
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.register_consultant(actor.person_id, actor=actor, **form.facts)
            return done(_("You are in the register. Sign the code of ethics next."), url_for("providers.profile"))
    return page("providers/register.html", form=form)


@blueprint.route("/consultants/me/join", methods=["GET", "POST"])
@requires(*PROVIDER)
def join() -> ResponseReturnValue:
    """Join the firm I act for, after leaving another."""
    actor = current_actor()
    firm = queries.find_provider(actor.organisation_id)
    if firm is None or queries.find_consultant(actor.person_id) is None:
        abort(404)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.join_provider(actor=actor)
            return done(_("You belong to this firm from today."), url_for("providers.profile"))
    return page("providers/join.html", form=form, firm=firm)


@blueprint.route("/consultants/me/pledge", methods=["GET", "POST"])
@requires(*PROVIDER)
def pledge() -> ResponseReturnValue:
    """Read and sign this year's code of ethics."""
    consultant = queries.find_consultant(current_actor().person_id)
    if consultant is None:
        abort(404)
    today = clock.today()
    code = ethics_code.current(today)
    season = ethics_code.season(today)
    form = PledgeForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.sign_pledge(actor=current_actor(), version=code.version)
            return done(_("You have signed the code of ethics."), url_for("providers.profile"))
    signed = next((row for row in consultant.pledges if row.season == season), None)
    return page("providers/pledge.html", form=form, code=code, season=season, signed=signed)


@blueprint.route("/consultants/<uuid:consultant_id>/change", methods=["GET", "POST"])
@requires(*PROVIDER)
def change_consultant(consultant_id: UUID) -> ResponseReturnValue:
    """Change a consultant's profile: my own, or one of my firm."""
    actor = current_actor()
    consultant = queries.get_consultant(consultant_id, actor=actor)
    form = ConsultantForm(obj=consultant)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.change_consultant(consultant_id, actor=actor, **form.facts)
            own = consultant.person_id == actor.person_id
            return done(_("The profile is saved."), url_for("providers.profile" if own else "providers.registration"))
    return page("providers/change_consultant.html", form=form, consultant=consultant)


@blueprint.get("/consultants/<uuid:consultant_id>")
@requires(Role.MANAGER, Role.CONSULTANT, Role.PROGRAMME_OFFICER, Role.ETHICS_OFFICER, Role.AUDITOR)
def consultant(consultant_id: UUID) -> ResponseReturnValue:
    """One consultant: profile, firms, pledges and training."""
    actor = current_actor()
    consultant = queries.get_consultant(consultant_id, actor=actor)
    if actor.role in AGENCY:
        accounts.log_access(actor, consultant.person_id, page="consultant", address=request.remote_addr or "")
    return page("providers/consultant.html", **_facts(consultant_id))


def _facts(consultant_id: UUID) -> dict[str, Any]:
    consultant = queries.get_consultant(consultant_id)
    affiliations = queries.affiliations_of(consultant_id)
    return {
        "consultant": consultant,
        "employer": next((name for row, name in affiliations if row.provider_id == consultant.provider_id), None),
        "lifecycle": CONSULTANT,
        "services": service_words(consultant.service_lines),
        "languages": [dict(LANGUAGES)[code] for code in consultant.languages],
        "affiliations": affiliations,
        "obstacle": standing(consultant, clock.today()),
        "season": ethics_code.season(clock.today()),
        "courses": course_titles(),
        "required": training.required(),
    }
