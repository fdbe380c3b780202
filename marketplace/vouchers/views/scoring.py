"""Pages of blind scoring: the evaluator's list, declaration and points; the officer's, where evaluators are missing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries as accounts
from marketplace.core import db, web
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _, localized, ngettext
from marketplace.core.listings import paginate, sorts
from marketplace.programmes import queries as programmes
from marketplace.vouchers import queries, rules, scoring, service
from marketplace.vouchers.forms import DeclareForm, ScoringFilter, score_form
from marketplace.vouchers.models import Scoring
from marketplace.vouchers.states import SCORING
from marketplace.vouchers.views import blueprint

SORTS = sorts("status", Scoring.status, within=Scoring.evaluator_id)


@blueprint.get("/scorings")
@requires(Role.EVALUATOR)
def scoring_list() -> ResponseReturnValue:
    """The applications this evaluator scores, what is still open first; without names."""
    # By letter the statuses come as accepted, assigned, lapsed, scored: what was begun, what waits, what is over.
    form = ScoringFilter(formdata=request.args)
    form.validate()
    chosen = queries.scorings_of(current_actor(), unscored=bool(form.chosen("waiting")))
    listing = paginate(chosen, sorts=SORTS, key=Scoring.id)
    return web.page(
        "vouchers/scoring_list.html", form=form, listing=listing, lifecycle=SCORING, lines=_line, need=_need
    )


@blueprint.route("/scorings/<uuid:scoring_id>/declare", methods=["GET", "POST"])
@requires(Role.EVALUATOR)
def scoring_declare(scoring_id: UUID) -> ResponseReturnValue:
    """Declare a conflict or none, before the first score."""
    actor = current_actor()
    asked = queries.get_scoring(scoring_id, actor=actor)
    form = DeclareForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            conflict = form.has_conflict.data == "yes"
            service.declare_conflict(
                scoring_id, actor=actor, has_conflict=conflict, statement=form.statement.data or ""
            )
            if conflict:
                return web.done(_("Another evaluator is asked instead."), url_for(".scoring_list"))
            return web.done(_("Now give your points."), url_for(".scoring_score", scoring_id=scoring_id))
    return web.page("vouchers/scoring_declare.html", form=form, **_blind(asked))


@blueprint.route("/scorings/<uuid:scoring_id>/score", methods=["GET", "POST"])
@requires(Role.EVALUATOR)
def scoring_score(scoring_id: UUID) -> ResponseReturnValue:
    """Points and a reason for each criterion."""
    actor = current_actor()
    asked = queries.get_scoring(scoring_id, actor=actor)
    SCORING.move(asked.status, "score")
    frozen = asked.application.call.scoring or {}
    form: Any = score_form(frozen)
    if form.validate_on_submit():
        with form.errors_to_fields():
            codes = [criterion["code"] for criterion in frozen["criteria"]]
            service.hand_in_scores(
                scoring_id,
                actor=actor,
                points={code: form[f"points_{code}"].data for code in codes},
                reasons={code: form[f"reason_{code}"].data or "" for code in codes},
            )
            return web.done(_("Your scores are handed in."), url_for(".scoring_list"))
    return web.page("vouchers/scoring_score.html", form=form, scoring=frozen, **_blind(asked))


@blueprint.get("/scorers/missing")
@requires(Role.PROGRAMME_OFFICER)
def scorers_missing() -> ResponseReturnValue:
    """Closed calls whose allocation waits because too few evaluators are free."""
    return web.page("vouchers/scorers_missing.html", calls=db.session.execute(queries.calls_short_of_scorers()).all())


@blueprint.route("/calls/<uuid:call_id>/scorers/ask", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def scorers_ask(call_id: UUID) -> ResponseReturnValue:
    """Ask more evaluators, once some were appointed, after showing what is missing."""
    call = programmes.get_call(call_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            asked = service.ask_more_scorers(call, actor=current_actor())
            done = ngettext("%(num)s score is asked for by e-mail.", "%(num)s scores are asked for by e-mail.", asked)
            return web.done(done, url_for(".call_allocation", call_id=call_id))
    return web.page(
        "vouchers/scorers_ask.html",
        form=form,
        call=call,
        shortage=queries.shortage(call_id),
        evaluators=len(accounts.people_with_role(Role.EVALUATOR)),
    )


def _blind(asked: Scoring) -> dict[str, Any]:
    """What a scorer may know: the need and the facts, nothing of who it is."""
    application = asked.application
    return {
        "asked": asked,
        "call": application.call,
        "line": _line(asked),
        "need": _need(asked),
        "facts": application.facts,
    }


def _need(asked: Scoring) -> str:
    """What the company needs, in its own words but for its name."""
    application = asked.application
    return scoring.without_name(application.need or "", application.organisation.name)


def _line(asked: Scoring) -> str:
    return localized(rules.service_line(asked.application.service_line or ""))
