"""Public pages: programmes, a call with its live budget, and the eligibility check."""

from __future__ import annotations

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from marketplace.core import clock, web
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, public
from marketplace.programmes import queries, rules
from marketplace.programmes.forms import EligibilityForm
from marketplace.programmes.standards import choices, standard_on, standards
from marketplace.programmes.states import BUDGET_LINE, CALL, PROGRAMME, CallStatus, ProgrammeStatus
from marketplace.programmes.terms import templates
from marketplace.programmes.views import blueprint


@blueprint.get("/programmes")
@public
def programme_list() -> ResponseReturnValue:
    """Every programme, and the calls that are open now."""
    actor = current_actor()
    return web.page(
        "programmes/programme_list.html",
        programmes=queries.programmes(actor),
        open_calls=queries.open_calls(),
        templates=templates() if actor.role is Role.PROGRAMME_OFFICER else {},
        lifecycle=PROGRAMME,
        calls=queries.calls(actor) if actor.role is Role.PROGRAMME_OFFICER else [],
    )


@blueprint.get("/programmes/<uuid:programme_id>")
@public
def programme(programme_id: UUID) -> ResponseReturnValue:
    """One programme: what it pays for, who bears which part, its calls."""
    actor = current_actor()
    programme = queries.get_programme(programme_id, actor=actor)
    shares = queries.cost_shares(programme.id)
    return web.page(
        "programmes/programme.html",
        programme=programme,
        shares=shares,
        categories=rules.categories_of(programme.cost_categories),
        calls=queries.calls_of(programme.id, actor),
        standard=standard_on(programme.size_standard, clock.today()),
        missing=rules.missing_in_programme(programme, shares) if programme.status == ProgrammeStatus.DRAFT else [],
        lifecycle=PROGRAMME,
        call_lifecycle=CALL,
        now=clock.now(),
    )


@blueprint.get("/calls/<uuid:call_id>")
@public
def call(call_id: UUID) -> ResponseReturnValue:
    """One call: when it opens and closes, and where its money stands now."""
    actor = current_actor()
    call = queries.get_call(call_id, actor=actor)
    shares, lines = queries.cost_shares(call.programme_id), queries.budget_lines(call.id)
    return web.page(
        "programmes/call.html",
        call=call,
        programme=call.programme,
        shares=shares,
        lines=lines,
        meter=queries.meter(call),
        waiting_room=queries.find_waiting_room(call.id),
        missing=rules.missing_in_call(call, lines, shares, clock.now()) if call.status == CallStatus.DRAFT else [],
        lifecycle=CALL,
        line_lifecycle=BUDGET_LINE,
        strata=rules.strata(call),
        standard=rules.standard_of(call),
        call_notice=queries.notice(call),
        proposed=queries.find_proposed_amendment(call.id) if actor.role is Role.PROGRAMME_OFFICER else None,
        now=clock.now(),
    )


@blueprint.get("/eligibility")
@public
def eligibility() -> ResponseReturnValue:
    """Does my company count as an SME? Nothing is kept; the address holds the answers, so it can be shared."""
    asked = request.args.get("standard", "")
    standard = standard_on(asked if asked in choices() else next(iter(choices())), clock.today())
    asked_facts = rules.asked_facts(standard)
    answered = "employees" in request.args
    form = EligibilityForm(asked_facts, formdata=request.args if answered else None)
    fine = form.validate() if answered else True
    page = web.render(
        "programmes/eligibility.html",
        form=form,
        standard=standard,
        others=[other for other in standards().values() if other != standard],
        bands={band.code: band.label for band in standard.bands},
        assessment=rules.assess(standard, form.facts) if answered and fine else None,
        open_calls=queries.open_calls(),
    )
    return page, 200 if fine else 422
