"""Pages of payment batches: list, prepare, read, take a payment out, send, fetch the bank file."""

from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Person
from marketplace.claims import queries, service
from marketplace.claims.forms import BatchFilter, BatchForm, choose_from
from marketplace.claims.models import PaymentBatch, PaymentLine
from marketplace.claims.rules import RETURN_REASONS, who_may_not_send
from marketplace.claims.states import BATCH, LINE, BatchStatus, LineStatus
from marketplace.claims.views.blueprint import blueprint
from marketplace.core import db, exports
from marketplace.core.actors import Actor, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.forms import ConfirmForm, ReasonForm
from marketplace.core.i18n import _, money
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.money import Money
from marketplace.core.web import done, page

READERS = (Role.BUDGET_OFFICER, Role.AUDITOR)
SORTS = sorts("-number", PaymentBatch.number)
COLUMNS = [
    (_("Number"), lambda row: row.number),
    (_("Payments"), lambda row: row.payments),
    (_("Currency"), lambda row: row.currency),
    (_("Sum"), lambda row: Money(int(row.total), row.currency)),
    (_("Status"), lambda row: str(BATCH.label(row.status))),
    (_("Prepared"), lambda row: row.prepared_at),
    (_("Prepared by"), lambda row: row.prepared_by),
    (_("Sent"), lambda row: row.sent_at),
    (_("Sent by"), lambda row: row.sent_by),
    (_("Settled"), lambda row: row.settled_at),
    (_("Dissolved"), lambda row: row.dissolved_at),
    (_("SHA-256 of the bank file"), lambda row: row.file_sha256),
]
LINES = sorts("end_to_end_id", PaymentLine.end_to_end_id, within=PaymentLine.batch_id)
LINE_COLUMNS = [
    (_("Payment reference"), lambda row: row.end_to_end_id),
    (_("Pays"), lambda row: row.number),
    (_("Account holder"), lambda row: row.holder_name),
    (_("Bank and account"), lambda row: f"{row.bank_name} {row.account_number}"),
    (_("Currency"), lambda row: row.currency),
    (_("Amount"), lambda row: Money(row.amount, row.currency)),
    (_("Status"), lambda row: str(LINE.label(row.status))),
    (_("Reason"), lambda row: RETURN_REASONS.get(row.return_reason, row.return_reason)),
]


@blueprint.get("/payment-batches")
@requires(*READERS)
def payment_batches() -> ResponseReturnValue:
    """All payment batches, and how many approved claims and refunds wait for the next."""
    actor, form = current_actor(), BatchFilter(formdata=request.args)
    if actor.role is not Role.BUDGET_OFFICER:
        del form.waiting
    form.validate()
    query = queries.search_batches(
        status=BatchStatus.of(form.chosen("status")),
        to_be_sent_by=actor.person_id if form.chosen("waiting") else None,
        text=form.chosen("search"),
    )
    if exports.requested_format():
        rows = in_order(query.with_only_columns(*queries.EXPORTED_BATCH), SORTS, key=PaymentBatch.id)
        return exports.export(rows, COLUMNS, "payment-batches", _("Payment batches"))
    return page(
        "claims/payment_batches.html",
        listing=paginate(query.with_only_columns(*queries.LISTED_BATCH), sorts=SORTS, key=PaymentBatch.id),
        waiting=queries.waiting_payments(),
        lifecycle=BATCH,
        form=form,
    )


@blueprint.route("/payment-batches/new", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER, recent_proof=True)
def new_batch() -> ResponseReturnValue:
    """Put payments together; ticked are claims that the officer approved or the system did: others can send those."""
    actor = current_actor()
    claims, refunds = queries.claims_to_pay(), queries.refunds_to_pay()
    free = [claim for claim in claims if not claim.held_until]
    due = [refund for refund in refunds if not refund.held_until]
    form = BatchForm(
        claim_ids=[claim.id for claim in free if _leaves_a_sender(claim, actor)],
        refund_ids=[refund.id for refund in due if refund.account_number],
    )
    choose_from(form.claim_ids, [(free_claim.id, _choice(free_claim)) for free_claim in free])
    choose_from(form.refund_ids, [(due_refund.id, _refund_choice(due_refund)) for due_refund in due])
    if form.validate_on_submit():
        with form.errors_to_fields():
            made = service.prepare_batch(
                actor=actor,
                claim_ids=form.claim_ids.data or [],
                refund_ids=form.refund_ids.data or [],
                key=str(form.key.data),
            )
            return done(_("The batch is prepared. Another budget officer sends it."), _back(made.id))
    left_out = len(claims) + len(refunds) - len(free) - len(due)
    return page("claims/new_batch.html", form=form, claims=free, refunds=due, held=left_out)


@blueprint.get("/payment-batches/<uuid:batch_id>")
@requires(*READERS)
def payment_batch(batch_id: UUID) -> ResponseReturnValue:
    """One batch with its payments."""
    batch = queries.get_batch(batch_id)
    lines = queries.batch_lines_shown(batch_id)
    if exports.requested_format():
        rows = in_order(lines, LINES, key=PaymentLine.id)
        return exports.export(rows, LINE_COLUMNS, batch.number, _("Payments"))
    _count, total = queries.batch_totals([batch_id]).get(batch_id, (0, 0))
    return page(
        "claims/payment_batch.html",
        batch=batch,
        listing=paginate(lines, sorts=LINES, key=PaymentLine.id),
        total=total,
        held=batch.status == BatchStatus.PREPARED and queries.holds_a_held_payment(batch_id),
        people=accounts.names([batch.prepared_by, batch.sent_by]),
        senders=_senders(batch) if batch.status == BatchStatus.PREPARED else [],
        lifecycle=BATCH,
        line_lifecycle=LINE,
    )


@blueprint.route("/payment-batches/<uuid:batch_id>/send", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER, recent_proof=True)
def send_batch(batch_id: UUID) -> ResponseReturnValue:
    """Release a batch to the bank."""
    batch = queries.get_batch(batch_id)
    count, total = queries.batch_totals([batch_id]).get(batch_id, (0, 0))
    form = ConfirmForm()
    form.shows(count, total)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.send_batch(batch_id, actor=current_actor(), key=str(form.key.data))
            return done(_("The batch is released. Fetch its file and give it to the bank."), _back(batch_id))
    return page("claims/send_batch.html", form=form, batch=batch, count=count, total=total)


@blueprint.get("/payment-batches/<uuid:batch_id>/file")
@requires(*READERS)
def payment_file(batch_id: UUID) -> ResponseReturnValue:
    """The batch as a pain.001.001.09 file."""
    batch = queries.get_batch(batch_id)
    if batch.status not in (BatchStatus.SENT, BatchStatus.SETTLED):
        raise DomainError(_("The file can be fetched once the batch is released."))
    response = Response(queries.payment_file(batch), mimetype="application/xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{batch.number}-pain.001.xml"'
    return response


@blueprint.route("/payment-batches/lines/<uuid:line_id>/remove", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER, recent_proof=True)
def remove_line(line_id: UUID) -> ResponseReturnValue:
    """Take a payment out of a batch that hasn't left."""
    line = db.get(PaymentLine, line_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.remove_line(line_id, actor=current_actor(), reason=form.reason.data)
            return done(_("The payment is taken out. It waits for the next batch."), _back(line.batch_id))
    return page("claims/remove_line.html", form=form, line=line)


@blueprint.route("/payment-batches/lines/<uuid:line_id>/confirm-account", methods=["GET", "POST"])
@requires(Role.MANAGER, Role.SIGNATORY, Role.BUDGET_OFFICER, recent_proof=True)
def confirm_account(line_id: UUID) -> ResponseReturnValue:
    """Say that the account of a payment that the bank sent back is right."""
    actor = current_actor()
    line = db.get(PaymentLine, line_id)
    if actor.role == Role.BUDGET_OFFICER and not (line.refund and line.refund.bank_entry_id):
        raise NotFound()
    if line.claim_id is not None:
        back = url_for(".claim", claim_id=queries.get_claim(line.claim_id, actor=actor).id)
    else:
        back = url_for(".refund", refund_id=queries.get_refund(line.subject.id, actor=actor).id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.confirm_account(line_id, actor=actor)
            return done(_("The account is confirmed."), back)
    return page("claims/confirm_account.html", form=form, line=line, back=back, words=RETURN_REASONS)


def _choice(claim: Row[Any]) -> str:
    amount = money(claim.approved_amount - claim.kept_back, claim.currency)
    by = [name for name in (claim.first_approver, claim.approver) if name]
    words = _("%(number)s · %(amount)s · approved by %(name)s", number=claim.number, amount=amount, name=_both(by))
    return str(words)


def _both(names: list[str]) -> str:
    """Who approved a claim: the system, one officer, or two."""
    if len(names) == 2:
        return str(_("%(first)s and %(second)s", first=names[0], second=names[1]))
    return names[0] if names else str(_("the system"))


def _leaves_a_sender(claim: Row[Any], actor: Actor) -> bool:
    """Whether this officer leaves somebody to send the claim: the one who prepares should be one who approved it."""
    return claim.approved_by is None or actor.person_id in (claim.approved_by, claim.first_approved_by)


def _senders(batch: PaymentBatch) -> list[Person]:
    """The budget officers who may release the batch."""
    pending = [line.subject for line in queries.lines_of(batch.id) if line.status == LineStatus.PENDING]
    barred = who_may_not_send(batch, pending)
    return [person for person in accounts.people_with_role(Role.BUDGET_OFFICER) if person.id not in barred]


def _refund_choice(refund: Row[Any]) -> str:
    amount = money(refund.amount, refund.currency)
    if not refund.account_number:
        return str(_("%(number)s · %(amount)s · no account known yet", number=refund.number, amount=amount))
    return str(_("%(number)s · %(amount)s · to %(name)s", number=refund.number, amount=amount, name=refund.holder_name))


def _back(batch_id: UUID) -> str:
    return url_for(".payment_batch", batch_id=batch_id)
