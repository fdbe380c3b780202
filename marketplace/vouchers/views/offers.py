"""The signatory's pages of an offered voucher: accept it or leave it to the next in line."""

from __future__ import annotations

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.core import clock, web
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _
from marketplace.vouchers import queries, rules, service
from marketplace.vouchers.views import blueprint


@blueprint.route("/applications/<uuid:application_id>/offer/accept", methods=["GET", "POST"])
@requires(Role.SIGNATORY)
def offer_accept(application_id: UUID) -> ResponseReturnValue:
    """Accept the offered voucher, after asking once more."""
    actor = current_actor()
    application = queries.get_application(application_id, actor=actor)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            voucher = service.accept_offer(application_id, actor=actor, key=form.key.data or "")
            return web.done(_("The voucher is yours."), url_for(".voucher", voucher_id=voucher.id))
    else:
        rules.check_offered(application, clock.now())
    return web.page("vouchers/offer_accept.html", form=form, application=application)


@blueprint.route("/applications/<uuid:application_id>/offer/decline", methods=["GET", "POST"])
@requires(Role.SIGNATORY)
def offer_decline(application_id: UUID) -> ResponseReturnValue:
    """Leave the offered voucher to the next in line, after asking once more."""
    actor = current_actor()
    application = queries.get_application(application_id, actor=actor)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.decline_offer(application_id, actor=actor, key=form.key.data or "")
            return web.done(
                _("The voucher goes to the next company on the waitlist."),
                url_for(".application_status", application_id=application_id),
            )
    else:
        rules.check_offered(application, clock.now())
    return web.page("vouchers/offer_decline.html", form=form, application=application)
