"""Pages of holds: list, place, extend, lift."""

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from config.payments import terms
from marketplace.accounts.exported import PARTIES
from marketplace.claims import queries, service
from marketplace.claims.forms import HoldFilter
from marketplace.claims.models import Hold
from marketplace.claims.states import HOLD, HoldStatus
from marketplace.claims.views.blueprint import blueprint
from marketplace.core import clock, db, exports
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ReasonForm
from marketplace.core.i18n import _
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.web import done, page
from marketplace.engagements import queries as engagements

READERS = (Role.ETHICS_OFFICER, Role.BUDGET_OFFICER, Role.AUDITOR)
SORTS = sorts("-placed_at", Hold.placed_at)
COLUMNS = [
    *PARTIES,
    (_("Reason"), lambda row: row.reason),
    (_("Reason of the extension"), lambda row: row.extension_reason),
    (_("Reason of the lifting"), lambda row: row.lift_reason),
    (_("Placed"), lambda row: row.placed_at),
    (_("Until"), lambda row: row.until_at),
    (_("Lifted"), lambda row: row.lifted_at),
    (_("Status"), lambda row: str(HOLD.label(row.status))),
]


@blueprint.get("/holds")
@requires(*READERS)
def holds() -> ResponseReturnValue:
    """Every hold on payments."""
    form = HoldFilter(formdata=request.args)
    form.validate()
    query = queries.search_holds(status=HoldStatus.of(form.chosen("status")), text=form.chosen("search"))
    query = query.with_only_columns(*queries.LISTED_HOLD)
    if exports.requested_format():
        rows = in_order(query.add_columns(Hold.lifted_at), SORTS, key=Hold.id)
        return exports.export(rows, COLUMNS, "holds", _("Holds on payments"))
    return page("claims/holds.html", listing=paginate(query, sorts=SORTS, key=Hold.id), lifecycle=HOLD, form=form)


@blueprint.route("/engagements/<uuid:engagement_id>/hold", methods=["GET", "POST"])
@requires(Role.ETHICS_OFFICER)
def new_hold(engagement_id: UUID) -> ResponseReturnValue:
    """Hold the payments of one engagement for a bounded time."""
    actor = current_actor()
    engagement = engagements.get_engagement(engagement_id, actor=actor)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.place_hold(engagement_id, actor=actor, reason=form.reason.data)
            return done(_("Payments of the engagement are held."), url_for(".holds"))
    return page("claims/new_hold.html", form=form, engagement=engagement, days=_days())


@blueprint.route("/holds/<uuid:hold_id>/extend", methods=["GET", "POST"])
@requires(Role.ETHICS_OFFICER)
def extend_hold(hold_id: UUID) -> ResponseReturnValue:
    """Hold for as long again, with a reason."""
    hold = db.get(Hold, hold_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.extend_hold(hold_id, actor=current_actor(), reason=form.reason.data)
            return done(_("The hold is extended."), url_for(".holds"))
    return page("claims/extend_hold.html", form=form, hold=hold, days=_days())


@blueprint.route("/holds/<uuid:hold_id>/lift", methods=["GET", "POST"])
@requires(Role.ETHICS_OFFICER)
def lift_hold(hold_id: UUID) -> ResponseReturnValue:
    """End a hold before its time."""
    hold = db.get(Hold, hold_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.lift_hold(hold_id, actor=current_actor(), reason=form.reason.data)
            return done(_("The hold is lifted. Payments go on."), url_for(".holds"))
    return page("claims/lift_hold.html", form=form, hold=hold)


def _days() -> int:
    return terms(clock.today()).hold_working_days
