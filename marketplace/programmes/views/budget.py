"""Pages of budget lines: proposed by a programme officer, appropriated by a budget officer."""

from __future__ import annotations

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.core import web
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _, localized, money
from marketplace.core.money import exponent
from marketplace.programmes import queries, rules, service
from marketplace.programmes.forms import BudgetLineForm
from marketplace.programmes.views import blueprint


@blueprint.route("/calls/<uuid:call_id>/budget-lines/new", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def budget_line_new(call_id: UUID) -> ResponseReturnValue:
    """Propose one funder's money for a draft call."""
    call = queries.get_call(call_id)
    rules.check_draft(call)
    form = BudgetLineForm()
    shares = queries.cost_shares(call.programme_id)
    names = {share.funder_id: localized(share.funder.name) for share in shares if share.funder}
    form.funder.choices = [(str(funder_id), name) for funder_id, name in names.items()]
    parts = [
        (names[funder_id], money(amount, call.programme.currency))
        for funder_id, amount in rules.voucher_parts(call.programme, shares).items()
    ]
    if form.validate_on_submit():
        with form.errors_to_fields():
            amount = form.amount.data * 10 ** exponent(call.programme.currency)
            service.add_budget_line(call_id, actor=current_actor(), funder_id=UUID(form.funder.data), amount=amount)
            return web.done(_("The budget line waits for a budget officer."), url_for(".call", call_id=call_id))
    return web.page("programmes/budget_line_new.html", form=form, call=call, parts=parts)


@blueprint.route("/budget-lines/<uuid:line_id>/remove", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def budget_line_remove(line_id: UUID) -> ResponseReturnValue:
    """Take a proposed budget line back, after asking once more."""
    line = queries.get_budget_line(line_id)
    call_id = line.call_id
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.remove_budget_line(line_id, actor=current_actor())
            return web.done(_("The budget line is removed."), url_for(".call", call_id=call_id))
    return web.page("programmes/budget_line_remove.html", form=form, line=line)


@blueprint.get("/budget-lines")
@requires(Role.BUDGET_OFFICER, Role.AUDITOR, Role.PROGRAMME_OFFICER)
def budget_line_list() -> ResponseReturnValue:
    """The budget lines that wait to be appropriated, and those whose unspent money goes back."""
    return web.page(
        "programmes/budget_line_list.html", lines=queries.lines_waiting(), unspent=queries.lines_to_return()
    )


@blueprint.route("/budget-lines/<uuid:line_id>/appropriate", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def budget_line_appropriate(line_id: UUID) -> ResponseReturnValue:
    """Enter a budget line's money into the ledger, after asking once more."""
    line = queries.get_budget_line(line_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.appropriate_line(line_id, actor=current_actor(), key=form.key.data or "")
            return web.done(_("The money is appropriated."), url_for(".budget_line_list"))
    return web.page("programmes/budget_line_appropriate.html", form=form, line=line)


@blueprint.route("/budget-lines/<uuid:line_id>/return", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def budget_line_return(line_id: UUID) -> ResponseReturnValue:
    """Give the unspent money of an ending call's line back to its funder, after asking once more."""
    line = queries.get_budget_line(line_id)
    unspent = queries.unspent(line.call).get(line.id, 0)
    form = ConfirmForm()
    form.shows(unspent)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.return_unspent(line_id, actor=current_actor(), key=form.key.data or "")
            return web.done(_("The money is returned to the funder."), url_for(".budget_line_list"))
    return web.page("programmes/budget_line_return.html", form=form, line=line, unspent=unspent)
