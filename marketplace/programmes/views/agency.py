"""The programme officer's pages: write a programme and its calls, publish them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.agency import queries as agency
from marketplace.agency.models import Funder
from marketplace.core import web
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm, ReasonForm
from marketplace.core.i18n import _
from marketplace.programmes import queries, rules, service
from marketplace.programmes.forms import (
    CallForm,
    ProgrammeForm,
    both,
    cost_shares_form,
    quotas_form,
    typed_call,
    typed_terms,
)
from marketplace.programmes.models import Call, Programme
from marketplace.programmes.states import AllocationMethod
from marketplace.programmes.terms import templates
from marketplace.programmes.views import blueprint


@blueprint.route("/programmes/new", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def programme_new() -> ResponseReturnValue:
    """A new programme, empty or begun from one on file."""
    template = templates().get(request.args.get("template", ""))
    form = ProgrammeForm(data=typed_terms(template[0]) if template else None)
    if form.validate_on_submit():
        with form.errors_to_fields():
            made = service.create_programme(form.terms(), actor=current_actor())
            return web.done(
                _("The programme is saved as a draft."),
                url_for(".programme_cost_shares", programme_id=made.id, template=request.args.get("template")),
            )
    return web.page("programmes/programme_new.html", form=form)


@blueprint.route("/programmes/<uuid:programme_id>/edit", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def programme_edit(programme_id: UUID) -> ResponseReturnValue:
    """The rules of a draft programme."""
    programme = queries.get_programme(programme_id)
    rules.check_draft(programme)
    form = ProgrammeForm(data=typed_terms(programme))
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.change_programme(programme_id, form.terms(), actor=current_actor())
            return web.done(_("The programme is saved."), url_for(".programme", programme_id=programme_id))
    return web.page("programmes/programme_edit.html", form=form, programme=programme)


@blueprint.route("/programmes/<uuid:programme_id>/cost-shares", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def programme_cost_shares(programme_id: UUID) -> ResponseReturnValue:
    """Who bears which part of the cost of a draft programme."""
    programme = queries.get_programme(programme_id)
    rules.check_draft(programme)
    funders, stored = agency.funders(), queries.cost_shares(programme_id)
    categories = rules.categories_of(programme.cost_categories)
    category = request.args.get("category", next(iter(categories)))
    rules.check_category(programme, category)
    shares = {share.funder_id: share.basis_points for share in stored if share.category == category}
    shares = shares or _usual_shares(funders)
    form: Any = cost_shares_form(funders, shares)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.set_cost_shares(programme_id, form.basis_points, actor=current_actor(), category=category)
            return web.done(_("The cost shares are saved."), _after_shares(programme, category))
    return web.page(
        "programmes/programme_cost_shares.html",
        form=form,
        programme=programme,
        funders=funders,
        categories=categories,
        category=category,
    )


def _usual_shares(funders: Sequence[Funder]) -> dict[UUID | None, int]:
    """The shares of the programme on file that this one began from, for the first funder of each kind."""
    template = templates().get(request.args.get("template", ""))
    first = {funder.kind.value: funder.id for funder in reversed(funders)}
    return {first.get(payer): points for payer, points in template[1].items()} if template else {}


def _after_shares(programme: Programme, category: str) -> str:
    """On to the next category of cost, after the last one back to the programme."""
    codes = list(rules.categories_of(programme.cost_categories))
    left = codes[codes.index(category) + 1 :]
    if left:
        return url_for(".programme_cost_shares", programme_id=programme.id, category=left[0])
    return url_for(".programme", programme_id=programme.id)


@blueprint.route("/programmes/<uuid:programme_id>/publish", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def programme_publish(programme_id: UUID) -> ResponseReturnValue:
    """Publish a complete programme, after asking once more."""
    programme = queries.get_programme(programme_id)
    shares = queries.cost_shares(programme_id)
    form = ConfirmForm()
    form.shows(shares)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.publish_programme(programme_id, actor=current_actor())
            return web.done(_("The programme is published."), url_for(".programme", programme_id=programme_id))
    missing = rules.missing_in_programme(programme, shares)
    return web.page(
        "programmes/programme_publish.html",
        form=form,
        programme=programme,
        shares=shares,
        categories=rules.categories_of(programme.cost_categories),
        missing=missing,
    )


@blueprint.route("/programmes/<uuid:programme_id>/retire", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def programme_retire(programme_id: UUID) -> ResponseReturnValue:
    """Let no new call of a programme begin, after asking once more."""
    programme = queries.get_programme(programme_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.retire_programme(programme_id, actor=current_actor())
            return web.done(_("The programme is retired."), url_for(".programme", programme_id=programme_id))
    return web.page("programmes/programme_retire.html", form=form, programme=programme)


@blueprint.route("/programmes/<uuid:programme_id>/calls/new", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def call_new(programme_id: UUID) -> ResponseReturnValue:
    """A new call of a programme, as a draft."""
    programme = queries.get_programme(programme_id)
    form = CallForm(data={"allocation_method": AllocationMethod.FIRST_COME, "quota_by": ""})
    if form.validate_on_submit():
        with form.errors_to_fields():
            made = service.create_call(programme_id, actor=current_actor(), **_typed(form))
            return web.done(_("The call is saved as a draft."), _after(made))
    return web.page("programmes/call_new.html", form=form, programme=programme)


@blueprint.route("/calls/<uuid:call_id>/edit", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def call_edit(call_id: UUID) -> ResponseReturnValue:
    """Texts, dates and method of a draft call."""
    call = queries.get_call(call_id)
    rules.check_draft(call)
    form = CallForm(data=typed_call(call))
    if form.validate_on_submit():
        with form.errors_to_fields():
            made = service.change_call(call_id, actor=current_actor(), **_typed(form))
            return web.done(_("The call is saved."), _after(made))
    return web.page("programmes/call_edit.html", form=form, call=call)


@blueprint.route("/calls/<uuid:call_id>/quotas", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def call_quotas(call_id: UUID) -> ResponseReturnValue:
    """How many vouchers each stratum of a draft call has for itself."""
    call = queries.get_call(call_id)
    rules.check_draft(call)
    rules.check_quotas(call, {})
    form: Any = quotas_form(rules.strata(call), call.quotas)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.set_quotas(call_id, form.quotas, actor=current_actor())
            return web.done(_("The quotas are saved."), url_for(".call", call_id=call_id))
    return web.page("programmes/call_quotas.html", form=form, call=call, by=call.quota_by and call.quota_by.label)


@blueprint.route("/calls/<uuid:call_id>/publish", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def call_publish(call_id: UUID) -> ResponseReturnValue:
    """Publish a complete call, after asking once more."""
    call = queries.get_call(call_id)
    lines, notice = queries.budget_lines(call_id), queries.notice(call)
    form = ConfirmForm()
    form.shows(lines, notice.files)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.publish_call(call_id, actor=current_actor())
            return web.done(_("The call is published."), url_for(".call", call_id=call_id))
    return web.page("programmes/call_publish.html", form=form, call=call, lines=lines, call_notice=notice)


def _after(call: Call) -> str:
    """Quotas are typed next, where a call has some."""
    return url_for(".call_quotas" if call.allocation_method == AllocationMethod.HYBRID else ".call", call_id=call.id)


@blueprint.route("/calls/<uuid:call_id>/resume", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def call_resume(call_id: UUID) -> ResponseReturnValue:
    """Let a paused call take applications again, with a reason; its ceiling counts no more."""
    call = queries.get_call(call_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.lift_ceiling(call_id, actor=current_actor(), reason=form.reason.data or "")
            return web.done(_("The call takes applications again."), url_for(".call", call_id=call_id))
    return web.page("programmes/call_resume.html", form=form, call=call)


def _typed(form: CallForm) -> dict[str, Any]:
    return {
        "title": both(form, "title"),
        "description": both(form, "description"),
        "conditions": both(form, "conditions"),
        "opens_at": form.opens_at.data,
        "closes_at": form.closes_at.data,
        "method": form.method,
        "intake_ceiling_percent": form.intake_ceiling_percent.data,
    }
