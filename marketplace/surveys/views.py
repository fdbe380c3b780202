"""Pages of surveys: answering by link, the agency's list and figures, the provider's own results."""

from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

from marketplace.core import clock, db, keys, seen
from marketplace.core.actors import Role
from marketplace.core.auth import address_hash, current_actor, device_hash, public, requires
from marketplace.core.exports import export, requested_format
from marketplace.core.i18n import _
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.web import done, page
from marketplace.engagements.models import Engagement
from marketplace.surveys import instruments, queries, rules, service
from marketplace.surveys.forms import IdentityForm, NoRemindersForm, SurveyFilter, answer_form
from marketplace.surveys.models import Survey
from marketplace.surveys.states import SURVEY

blueprint = Blueprint("surveys", __name__)

SORTS = sorts("-invited_at", Survey.invited_at, Survey.closes_at)
EXPORTED = (Survey.closed_at, Survey.instrument)

seen.declare(
    blueprint,
    rows={},
    nothing={
        "answer": "uses up a link",
        "no_reminders": "stops reminders, whatever was sent since",
        "identity": "reads who answered",
    },
)


@blueprint.route("/surveys/answer/<token>", methods=["GET", "POST"])
@public
def answer(token: str) -> ResponseReturnValue:
    """Show the questions; sending the answers uses the link up."""
    survey = queries.get_by_link(token)
    instrument = instruments.get(survey.instrument)
    form = answer_form(instrument)
    if not form.opened.data:
        form.opened.data = _clock_signer().dumps(int(clock.now().timestamp()))
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.answer(
                token,
                items={item.code: int(form[f"item_{item.code}"].data) for item in instrument.items},
                facts={fact.code: form[f"fact_{fact.code}"].data for fact in instrument.facts},
                words={code: form[f"text_{code}"].data for code, _words in instrument.texts},
                seconds=_seconds_since(form.opened.data),
                device_hash=device_hash(),
                address_hash=address_hash(),
            )
            return done(_("Your answers were received."), url_for("surveys.thanks"))
    engagement = db.get(Engagement, survey.engagement_id)
    context = {"survey": survey, "instrument": instrument, "engagement": engagement, "stop": _stop_url(token)}
    return page("surveys/answer.html", form=form, **context)


def _stop_url(token: str) -> str:
    return url_for("surveys.no_reminders", token=token)


def _clock_signer() -> URLSafeSerializer:
    return keys.signer("survey-opened")


def _seconds_since(opened: str | None) -> int:
    """Seconds since the page was first shown; a forged moment counts as none at all."""
    try:
        shown = int(_clock_signer().loads(opened or ""))
    except (BadSignature, ValueError, TypeError):
        return 0
    return min(max(0, int(clock.now().timestamp()) - shown), 30 * 24 * 3600)


@blueprint.get("/surveys/thanks")
@public
def thanks() -> ResponseReturnValue:
    """Say that the answers were received and what happens with them."""
    return page("surveys/thanks.html")


@blueprint.route("/surveys/no-reminders/<token>", methods=["GET", "POST"])
@public
def no_reminders(token: str) -> ResponseReturnValue:
    """Stop the reminders of one survey; the link stays good."""
    survey = queries.get_by_link(token)
    form = NoRemindersForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.stop_reminders(token, why=form.why.data or "other")
            return done(_("We will send you no more reminders."), url_for("surveys.answer", token=token))
    back = url_for("surveys.answer", token=token)
    return page("surveys/no_reminders.html", form=form, survey=survey, back=back)


@blueprint.get("/surveys")
@requires(Role.ADMINISTRATOR, Role.AUDITOR, Role.ETHICS_OFFICER)
def survey_list() -> ResponseReturnValue:
    """List surveys without any person; with figures that are hidden while they could show somebody."""
    form = SurveyFilter(formdata=request.args)
    form.validate()
    chosen = queries.listed(status=form.chosen("status"), side=form.chosen("side"), search=form.chosen("search"))
    if requested_format():
        rows = in_order(chosen.add_columns(*EXPORTED), SORTS, key=Survey.id)
        return export(rows, _columns(), "surveys", _("All surveys"))
    listed = paginate(chosen, sorts=SORTS, key=Survey.id)
    return page("surveys/survey_list.html", form=form, listed=listed, figures=queries.statistics(), lifecycle=SURVEY)


def _columns() -> list[Any]:
    return [
        (_("Engagement"), lambda row: row.engagement),
        (_("Asked"), lambda row: row.asked),
        (_("Side"), lambda row: str(row.side.label)),
        (_("Status"), lambda row: str(SURVEY.label(row.status))),
        (_("Invited"), lambda row: row.invited_at),
        (_("Closes"), lambda row: row.closes_at),
        (_("Closed"), lambda row: row.closed_at),
        (_("Questionnaire"), lambda row: row.instrument),
    ]


@blueprint.route("/surveys/<uuid:survey_id>/identity", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR)
def identity(survey_id: UUID) -> ResponseReturnValue:
    """Show who was asked, once, to an administrator who gave a reason."""
    survey = db.get(Survey, survey_id)
    form = IdentityForm()
    person = None
    if form.validate_on_submit():
        with form.errors_to_fields():
            person = service.read_identity(survey_id, actor=current_actor(), reason=form.reason.data)
    return page("surveys/identity.html", form=form, survey=survey, person=person)


@blueprint.get("/surveys/results")
@requires(Role.MANAGER, Role.CONSULTANT)
def results() -> ResponseReturnValue:
    """Show a provider its own mean, from five answers on and only of paid work."""
    provider_id = current_actor().organisation_id
    scores = queries.results_for_provider(provider_id) if provider_id else []
    enough = len(scores) >= rules.FEWEST_ANSWERS
    mean = round(sum(scores) / len(scores)) if enough else None
    return page("surveys/results.html", mean=mean, count=len(scores), fewest=rules.FEWEST_ANSWERS)
