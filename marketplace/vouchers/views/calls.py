"""Pages of a call's intake: its waiting room, how long its money lasts, and winding it down."""

from __future__ import annotations

from uuid import UUID

from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.core import clock, exports, web
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, public, requires
from marketplace.core.errors import NotFound
from marketplace.core.forms import ConfirmForm, ReasonForm
from marketplace.core.i18n import _, money
from marketplace.ledger.chart import Stage
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import Call
from marketplace.vouchers import queries, service
from marketplace.vouchers.models import WaitingPlace
from marketplace.vouchers.views import blueprint

PLACE_COLUMNS = [
    (_("Place"), lambda row: row.id),
    (_("Order drawn"), lambda row: row.position),
    (_("Ticket"), lambda row: row.ticket),
]


@blueprint.get("/calls/<uuid:call_id>/waiting-room")
@public
def waiting_room(call_id: UUID) -> ResponseReturnValue:
    """The waiting room of a call: when it opens, who is in, the draw and how to check it."""
    actor = current_actor()
    call = programmes.get_call(call_id, actor=actor)
    room = programmes.find_waiting_room(call.id)
    if room is None:
        raise NotFound()
    if exports.requested_format():
        places = queries.waiting_places(call.id).order_by(WaitingPlace.position, WaitingPlace.id)
        return exports.export(places, PLACE_COLUMNS, f"waiting-room-{call.number}", _("Waiting room"), most=None)
    company = actor.organisation_id
    return web.page(
        "vouchers/waiting_room.html",
        call=call,
        room=room,
        place=queries.find_place(call.id, company) if company else None,
        places=queries.count_places(call.id),
        seed=programmes.find_seed(call.id) if room.drawn_at else None,
        now=clock.now(),
    )


@blueprint.route("/calls/<uuid:call_id>/waiting-room/enter", methods=["GET", "POST"])
@requires(Role.SIGNATORY)
def waiting_room_enter(call_id: UUID) -> ResponseReturnValue:
    """Enter the waiting room for the company, after asking once more."""
    actor = current_actor()
    call = programmes.get_call(call_id, actor=actor)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.enter_waiting_room(call_id, actor=actor)
            return web.done(_("Your company is in the waiting room."), url_for(".waiting_room", call_id=call_id))
    return web.page("vouchers/waiting_room_enter.html", form=form, call=call)


@blueprint.get("/calls/<uuid:call_id>/outlook")
@public
def call_outlook(call_id: UUID) -> ResponseReturnValue:
    """What applications ask for, beside what the call has, and how long the money lasts at the present pace."""
    call = programmes.get_call(call_id, actor=current_actor())
    return web.page("vouchers/call_outlook.html", call=call, outlook=queries.outlook(call), now=clock.now())


@blueprint.get("/calls/<uuid:call_id>/meter")
@public
def call_meter(call_id: UUID) -> ResponseReturnValue:
    """The budget meter in figures and words, for pages that keep it up to date; 304 while nothing changed."""
    call = programmes.get_call(call_id, actor=current_actor())
    meter = programmes.meter(call)
    answer = jsonify(percent=meter.percent(meter.available), texts=_live_texts(call, meter))
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.add_etag()
    return answer.make_conditional(request)


def _live_texts(call: Call, meter: programmes.Meter) -> dict[str, str]:
    """The sentences of the meter by the name of their place on the page, in the reader's language."""
    stages = (Stage.AVAILABLE, Stage.RESERVED, Stage.COMMITTED, Stage.PAYABLE, Stage.PAID)
    total = money(meter.total, meter.currency)
    available = money(meter.available, meter.currency)
    texts = {stage: money(getattr(meter, stage), meter.currency) for stage in stages}
    return texts | {
        "meter": str(_("%(available)s of %(total)s is still available.", available=available, total=total)),
        "forecast": str(queries.outlook(call).sentence),
    }


@blueprint.route("/calls/<uuid:call_id>/wind-down", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def call_wind_down(call_id: UUID) -> ResponseReturnValue:
    """Wind a call down, with a reason, after showing what becomes of everybody in flight."""
    call = programmes.get_call(call_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.wind_down(call_id, actor=current_actor(), reason=form.reason.data or "")
            return web.done(
                _("The call is being wound down. Everybody concerned is told today."),
                url_for("programmes.call", call_id=call_id),
            )
    return web.page(
        "vouchers/call_wind_down.html",
        form=form,
        call=call,
        intake=queries.intake(call),
        meter=programmes.meter(call),
    )
