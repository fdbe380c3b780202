"""Pages of a voucher: what it is worth and until when, its document, and the public check of its validity."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import current_app, url_for
from flask.typing import ResponseReturnValue

from config.vouchers import terms
from marketplace.agency import queries as agency
from marketplace.core import clock, web
from marketplace.core.actors import SME, Role
from marketplace.core.auth import current_actor, public, requires
from marketplace.core.forms import ConfirmForm, ReasonForm
from marketplace.core.i18n import _, locale
from marketplace.ledger import queries as ledger
from marketplace.vouchers import document, queries, reminders, rules, service
from marketplace.vouchers.models import Voucher
from marketplace.vouchers.states import VOUCHER, VoucherStatus
from marketplace.vouchers.views import blueprint

READERS = (*SME, Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER, Role.ETHICS_OFFICER, Role.AUDITOR)


@blueprint.get("/vouchers")
@requires(*SME)
def vouchers() -> ResponseReturnValue:
    """The company's vouchers and what is left of each, on one page: no call gives a company a second one."""
    organisation_id = current_actor().organisation_id
    held = queries.vouchers_of(organisation_id) if organisation_id else []
    remaining = {voucher.id: queries.remaining(voucher.id) for voucher in held}
    return web.page("vouchers/vouchers.html", vouchers=held, remaining=remaining, lifecycle=VOUCHER)


@blueprint.get("/vouchers/<uuid:voucher_id>")
@requires(*READERS)
def voucher(voucher_id: UUID) -> ResponseReturnValue:
    """One voucher: its amount, what is left, until when, and every movement of its money."""
    actor = current_actor()
    voucher = queries.get_voucher(voucher_id, actor=actor)
    return web.page(
        "vouchers/voucher.html",
        voucher=voucher,
        remaining=queries.remaining(voucher.id),
        transfers=ledger.transfers_of(voucher.id),
        lifecycle=VOUCHER,
        usable=voucher.status == VoucherStatus.ISSUED and voucher.expires_at > clock.now(),
        reminders=_reminders(voucher),
        may_extend=actor.role is Role.SIGNATORY and rules.may_be_extended(voucher, clock.now()),
        may_surrender=actor.role is Role.SIGNATORY and voucher.status == VoucherStatus.ISSUED,
        moves=[event for event in ("suspend", "resume", "revoke") if VOUCHER.find(voucher.status, event)],
    )


@blueprint.get("/vouchers/<uuid:voucher_id>/document")
@requires(*READERS)
def voucher_document(voucher_id: UUID) -> ResponseReturnValue:
    """The voucher as a PDF to print, with a QR code that leads to the public check."""
    voucher = queries.get_voucher(voucher_id, actor=current_actor())
    pdf = document.render(
        voucher,
        remaining=queries.remaining(voucher.id),
        check_url=_check_url(voucher),
        issuer=agency.issuer(),
        locale=locale(),
    )
    return web.send_pdf(pdf, voucher.number)


@blueprint.route("/vouchers/<uuid:voucher_id>/extend", methods=["GET", "POST"])
@requires(Role.SIGNATORY)
def voucher_extend(voucher_id: UUID) -> ResponseReturnValue:
    """Let a voucher run on, once, with a reason."""
    actor = current_actor()
    voucher = queries.get_voucher(voucher_id, actor=actor)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.extend(voucher_id, actor=actor, reason=form.reason.data or "")
            return web.done(_("The voucher is extended."), url_for(".voucher", voucher_id=voucher_id))
    return web.page("vouchers/voucher_extend.html", form=form, voucher=voucher)


@blueprint.route("/vouchers/<uuid:voucher_id>/surrender", methods=["GET", "POST"])
@requires(Role.SIGNATORY)
def voucher_surrender(voucher_id: UUID) -> ResponseReturnValue:
    """Give what is left of a voucher back, after asking once more."""
    actor = current_actor()
    voucher = queries.get_voucher(voucher_id, actor=actor)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.surrender(voucher_id, actor=actor, key=form.key.data or "")
            return web.done(_("The voucher is given back."), url_for(".voucher", voucher_id=voucher_id))
    return web.page(
        "vouchers/voucher_surrender.html", form=form, voucher=voucher, remaining=queries.remaining(voucher.id)
    )


@blueprint.get("/verify/<code>")
@public
def verify(code: str) -> ResponseReturnValue:
    """Whether a printed voucher is valid now, and nothing else; an unknown code is answered like an ended one."""
    voucher = queries.find_voucher_by_code(code)
    valid = voucher is not None and voucher.status == VoucherStatus.ISSUED and voucher.expires_at > clock.now()
    return web.page("vouchers/verify.html", valid=valid)


def _reminders(voucher: Voucher) -> list[datetime]:
    """When the holder is reminded from now on, as long as money is left."""
    if voucher.status != VoucherStatus.ISSUED:
        return []
    percents = terms(clock.today()).reminder_percents
    due = reminders.moments(voucher.issued_at, voucher.expires_at, percents)
    return [moment for percent, moment in due.items() if percent > voucher.reminded_percent and moment > clock.now()]


def _check_url(voucher: Voucher) -> str:
    base: str = current_app.config["SETTINGS"].base_url
    return base + url_for(".verify", code=voucher.code)
