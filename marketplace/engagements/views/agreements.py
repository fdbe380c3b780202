"""Pages of agreements: list, draft, read, sign, cancel, redeem, and how to pay the co-payment."""

from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries as accounts
from marketplace.accounts.exported import PARTIES
from marketplace.agency import queries as agency
from marketplace.core import clock, exports
from marketplace.core.actors import AGENCY, PROVIDER, SME, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import NotFound
from marketplace.core.forms import ReasonForm
from marketplace.core.i18n import _
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.money import Money
from marketplace.core.web import done, page
from marketplace.engagements import queries, service
from marketplace.engagements.forms import AgreementFilter, RedeemForm, SignForm, StartForm
from marketplace.engagements.models import Agreement, CoPayment
from marketplace.engagements.states import AGREEMENT, ASSIGNMENT, AgreementStatus, AgreementWaiting
from marketplace.engagements.views.blueprint import blueprint
from marketplace.vouchers import queries as vouchers

READERS = (*SME, *PROVIDER, *(AGENCY - {Role.ENQUIRY_SPECIALIST}))
SORTS = sorts("-number", Agreement.number, Agreement.ends_on)
COLUMNS = [
    (_("Number"), lambda row: row.Agreement.number),
    (_("Title"), lambda row: row.Agreement.title),
    *PARTIES,
    (_("Job"), lambda row: row.job),
    (_("Voucher"), lambda row: row.voucher),
    (_("Currency"), lambda row: row.Agreement.currency),
    (_("Net price"), lambda row: Money(row.Agreement.price_net, row.Agreement.currency)),
    (_("Aid"), lambda row: Money(row.Agreement.aid, row.Agreement.currency)),
    (_("Own share"), lambda row: Money(row.Agreement.co_payment, row.Agreement.currency)),
    (_("Start"), lambda row: row.Agreement.starts_on),
    (_("End"), lambda row: row.Agreement.ends_on),
    (_("Status"), lambda row: str(AGREEMENT.label(row.Agreement.status))),
    (_("Drafted"), lambda row: row.Agreement.created_at),
    (_("Signed by the company"), lambda row: row.Agreement.sme_signed_at),
    (_("Who signed for the company"), lambda row: row.sme_signed_by),
    (_("Signed by the firm"), lambda row: row.Agreement.provider_signed_at),
    (_("Who signed for the firm"), lambda row: row.provider_signed_by),
    (_("Voucher redeemed"), lambda row: row.Agreement.redeemed_at),
    (_("Reference of the own share"), lambda row: row.share_reference),
    (_("Own share due on"), lambda row: row.share_due_on),
    (_("Own share paid"), lambda row: row.share_paid_at),
    (_("Cancelled"), lambda row: row.Agreement.cancelled_at),
]


@blueprint.get("/agreements")
@requires(*READERS)
def agreements() -> ResponseReturnValue:
    """Agreements of one's own side, or all, and awards that still need one."""
    actor = current_actor()
    form = AgreementFilter(formdata=request.args)
    form.validate()
    query = queries.search_agreements(
        actor,
        status=AgreementStatus.of(form.chosen("status")),
        waiting=AgreementWaiting.of(form.chosen("waiting")),
        text=form.chosen("search"),
    )
    if exports.requested_format():
        rows = query.with_only_columns(*queries.EXPORTED_AGREEMENT)
        rows = rows.outerjoin(CoPayment, CoPayment.agreement_id == Agreement.id)
        return exports.export(in_order(rows, SORTS, key=Agreement.id), COLUMNS, "agreements", _("Agreements"))
    drafters = actor.role in (Role.SIGNATORY, Role.PREPARER, Role.MANAGER)
    return page(
        "engagements/agreements.html",
        listing=paginate(query.with_only_columns(*queries.LISTED_AGREEMENT), sorts=SORTS, key=Agreement.id),
        awards=queries.awards_without_agreement(actor) if drafters else [],
        lifecycle=AGREEMENT,
        form=form,
    )


@blueprint.route("/agreements/new/<uuid:award_id>", methods=["GET", "POST"])
@requires(Role.SIGNATORY, Role.PREPARER, Role.MANAGER)
def draft_agreement(award_id: UUID) -> ResponseReturnValue:
    """Write the agreement of an award; where it is written already, read it."""
    actor = current_actor()
    written = queries.find_live_agreement(award_id)
    if written is not None and actor.organisation_id in (written.organisation_id, written.provider_id):
        return redirect(_agreement_url(written.id), 303)
    award = next((candidate for candidate in queries.awards_without_agreement(actor) if candidate.id == award_id), None)
    if award is None:
        raise NotFound()
    form = StartForm(starts_on=clock.today())
    if form.validate_on_submit():
        with form.errors_to_fields():
            made = service.draft_agreement(award_id, actor=actor, starts_on=form.starts_on.data)
            return done(_("The agreement is written. Both sides can sign it now."), _agreement_url(made.id))
    return page("engagements/draft_agreement.html", form=form, job=award)


@blueprint.get("/agreements/<uuid:agreement_id>")
@requires(*READERS)
def agreement(agreement_id: UUID) -> ResponseReturnValue:
    """One agreement: terms, plan, consultants, signatures, and what comes next."""
    return page(
        "engagements/agreement.html",
        agreement=queries.agreement_shown(agreement_id, actor=current_actor()),
        stages=queries.agreed_stages(agreement_id),
        assignments=queries.named_consultants(agreement_id),
        lifecycle=AGREEMENT,
        assignment_lifecycle=ASSIGNMENT,
    )


@blueprint.route("/agreements/<uuid:agreement_id>/sign", methods=["GET", "POST"])
@requires(Role.SIGNATORY, Role.MANAGER)
def sign_agreement(agreement_id: UUID) -> ResponseReturnValue:
    """Sign for one's own side."""
    actor = current_actor()
    agreement = queries.get_agreement(agreement_id, actor=actor)
    form = SignForm()
    form.shows(agreement.stages, agreement.assignments)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.sign(agreement_id, actor=actor)
            return done(_("You have signed the agreement."), _agreement_url(agreement_id))
    return page("engagements/sign_agreement.html", form=form, agreement=agreement, names=_names(agreement))


@blueprint.route("/agreements/<uuid:agreement_id>/cancel", methods=["GET", "POST"])
@requires(Role.SIGNATORY, Role.MANAGER)
def cancel_agreement(agreement_id: UUID) -> ResponseReturnValue:
    """Give up an agreement that isn't redeemed."""
    actor = current_actor()
    agreement = queries.get_agreement(agreement_id, actor=actor)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.cancel_agreement(agreement_id, actor=actor, reason=form.reason.data)
            return done(_("The agreement is cancelled."), _agreement_url(agreement_id))
    return page("engagements/cancel_agreement.html", form=form, agreement=agreement)


@blueprint.route("/agreements/<uuid:agreement_id>/redeem", methods=["GET", "POST"])
@requires(Role.SIGNATORY)
def redeem_voucher(agreement_id: UUID) -> ResponseReturnValue:
    """Bind voucher money to the agreement."""
    actor = current_actor()
    agreement = queries.get_agreement(agreement_id, actor=actor)
    remaining = vouchers.remaining(agreement.voucher_id)
    form = RedeemForm()
    form.shows(agreement.stages, agreement.assignments, remaining)
    if form.validate_on_submit():
        with form.errors_to_fields():
            amount = Money(agreement.aid, agreement.currency)
            service.redeem(agreement_id, actor=actor, amount=amount, key=str(form.key.data))
            following = ".co_payment" if agreement.co_payment else ".agreement"
            return done(_("The voucher is redeemed."), url_for(following, agreement_id=agreement_id))
    return page(
        "engagements/redeem_voucher.html",
        form=form,
        agreement=agreement,
        voucher=vouchers.get_voucher(agreement.voucher_id, actor=actor),
        remaining=remaining,
        names=_names(agreement),
    )


@blueprint.get("/agreements/<uuid:agreement_id>/co-payment")
@requires(*SME, Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER, Role.ETHICS_OFFICER, Role.AUDITOR)
def co_payment(agreement_id: UUID) -> ResponseReturnValue:
    """How the SME pays its own share, or who paid it."""
    agreement = queries.get_agreement(agreement_id, actor=current_actor())
    payment = queries.find_co_payment(agreement_id)
    if payment is None:
        raise NotFound()
    return page(
        "engagements/co_payment.html",
        agreement=agreement,
        payment=payment,
        account=agency.account(),
        company=accounts.get_organisation(agreement.organisation_id),
    )


def _agreement_url(agreement_id: UUID) -> str:
    return url_for(".agreement", agreement_id=agreement_id)


def _names(agreement: Agreement) -> dict[UUID, str]:
    return accounts.organisation_names([agreement.organisation_id, agreement.provider_id])
