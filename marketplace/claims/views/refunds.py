"""Pages of refunds: the list, one refund, and another account for it."""

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from config.payments import terms
from marketplace.accounts import queries as accounts
from marketplace.accounts.exported import written_number
from marketplace.claims import queries, service
from marketplace.claims.forms import RefundAccountForm, RefundFilter
from marketplace.claims.models import Refund
from marketplace.claims.rules import REFUND_OWNERS, RETURN_REASONS, check_refund_owner
from marketplace.claims.states import LINE, REFUND, RefundStatus, RefundWaiting
from marketplace.claims.views.blueprint import blueprint
from marketplace.core import clock, exports
from marketplace.core.account_numbers import AccountScheme
from marketplace.core.actors import SME, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.i18n import _
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.money import Money
from marketplace.core.web import done, page

READERS = (*SME, Role.MANAGER, Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER, Role.AUDITOR)
SORTS = sorts("-requested_at", Refund.requested_at, Refund.number, Refund.amount)
COLUMNS = [
    (_("Number"), lambda row: row.number),
    (_("Paid back to"), lambda row: row.payee),
    (_("Business number"), lambda row: written_number(row.payee_number)),
    (_("Engagement"), lambda row: row.engagement),
    (_("Currency"), lambda row: row.currency),
    (_("Amount"), lambda row: Money(row.amount, row.currency)),
    (_("Reason"), lambda row: row.reason),
    (_("Status"), lambda row: str(REFUND.label(row.status))),
    (_("Account holder"), lambda row: row.holder_name),
    (_("Bank"), lambda row: row.bank_name),
    (_("Account number"), lambda row: row.account_number),
    (_("Requested"), lambda row: row.requested_at),
    (_("Account changed"), lambda row: row.account_changed_at),
    (_("In a batch"), lambda row: row.batched_at),
    (_("Paid"), lambda row: row.paid_at),
    (_("Sent back by the bank"), lambda row: row.bounced_at),
]


@blueprint.get("/refunds")
@requires(*READERS)
def refunds() -> ResponseReturnValue:
    """Refunds of one's own company or firm, or all."""
    form = RefundFilter(formdata=request.args)
    form.validate()
    query = queries.search_refunds(
        current_actor(),
        status=RefundStatus.of(form.chosen("status")),
        waiting=RefundWaiting.of(form.chosen("waiting")),
        text=form.chosen("search"),
    )
    if exports.requested_format():
        rows = in_order(query.with_only_columns(*queries.EXPORTED_REFUND), SORTS, key=Refund.id)
        return exports.export(rows, COLUMNS, "refunds", _("Refunds"))
    listing = paginate(query.with_only_columns(*queries.LISTED_REFUND), sorts=SORTS, key=Refund.id)
    return page("claims/refunds.html", listing=listing, lifecycle=REFUND, form=form)


@blueprint.get("/refunds/<uuid:refund_id>")
@requires(*READERS)
def refund(refund_id: UUID) -> ResponseReturnValue:
    """One refund: where it stands, and every attempt to pay it."""
    refund = queries.get_refund(refund_id, actor=current_actor())
    limits = terms(clock.today())
    return page(
        "claims/refund.html",
        refund=refund,
        names=accounts.organisation_names([refund.organisation_id] if refund.organisation_id else []),
        lines=queries.attempts_shown(refund),
        return_words=RETURN_REASONS,
        days=limits.changed_account_days,
        batch_days=limits.batch_every_days,
        lifecycle=REFUND,
        line_lifecycle=LINE,
        owners=REFUND_OWNERS if refund.organisation_id else (Role.BUDGET_OFFICER,),
    )


@blueprint.route("/refunds/<uuid:refund_id>/account", methods=["GET", "POST"])
@requires(*REFUND_OWNERS, Role.BUDGET_OFFICER, recent_proof=True)
def refund_account(refund_id: UUID) -> ResponseReturnValue:
    """Name another account: of the company or firm, or of a payer whom nobody knows here."""
    actor = current_actor()
    refund = queries.get_refund(refund_id, actor=actor)
    check_refund_owner(refund, actor)
    form = RefundAccountForm(scheme=AccountScheme.OTHER)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.change_refund_account(
                refund_id,
                actor=actor,
                scheme=AccountScheme(form.scheme.data),
                identifier=form.identifier.data,
                bank_name=form.bank_name.data,
            )
            return done(_("The account is changed."), url_for(".refund", refund_id=refund_id))
    days = terms(clock.today()).changed_account_days
    return page("claims/refund_account.html", form=form, refund=refund, days=days)
