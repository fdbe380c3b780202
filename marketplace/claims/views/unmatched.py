"""Pages of movements that match nothing: one of them, and every way to say what it is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from marketplace.claims import queries, rules, service
from marketplace.claims.forms import AssignForm, KnownForm, PaymentsForm, ReturnedForm, ReversalForm, choose_from
from marketplace.claims.models import BankEntry, PaymentLine
from marketplace.claims.rules import note_words
from marketplace.claims.states import Direction
from marketplace.claims.views.blueprint import blueprint
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import Words
from marketplace.core.forms import ReasonForm
from marketplace.core.i18n import _, day, money
from marketplace.core.listings import Sorts, paginate
from marketplace.core.web import done, page

# They are few, found by an index of those that are open, and put in order as they are read.
SORTS = Sorts("-booked_on", {"booked_on": BankEntry.booked_on}, ())
MOST_LIKELY = 10
"""How many co-payments are offered for one movement."""


@blueprint.get("/bank-entries")
@requires(Role.BUDGET_OFFICER, Role.AUDITOR)
def bank_entries() -> ResponseReturnValue:
    """Every movement that matches nothing."""
    listing = paginate(queries.all_unmatched(), sorts=SORTS, key=BankEntry.id)
    ids = [row.id for row in listing.items]
    return page(
        "claims/bank_entries.html",
        listing=listing,
        in_suspense=queries.in_suspense(ids),
        proposals=queries.proposals_of(ids),
        note_words=note_words,
    )


@blueprint.get("/bank-entries/<uuid:entry_id>")
@requires(Role.BUDGET_OFFICER, Role.AUDITOR)
def bank_entry(entry_id: UUID) -> ResponseReturnValue:
    """One movement, and what it may turn out to be."""
    entry = queries.get_entry(entry_id)
    return page(
        "claims/bank_entry.html",
        entry=entry,
        note_words=note_words,
        is_held=queries.is_in_suspense(entry),
        proposal=queries.proposals_of([entry_id]).get(entry_id) if entry.assignment is None else None,
    )


@blueprint.route("/bank-entries/<uuid:entry_id>/assign", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def assign_entry(entry_id: UUID) -> ResponseReturnValue:
    """Say which co-payment a movement is."""
    entry = queries.get_entry(entry_id)
    form = AssignForm(data={"reference": request.args.get("reference", "")})
    beside = queries.entries_beside(entry)
    choose_from(form.others, [(other.id, _choice(other)) for other in beside])
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.assign_to_co_payment(
                [entry_id, *(form.others.data or [])],
                actor=current_actor(),
                reference=form.reference.data,
                reason=form.reason.data,
                key=str(form.key.data),
            )
            return done(_("The own share has arrived. The work can start."), url_for(".bank_imports"))
    likely = queries.likely_co_payments(entry, limit=MOST_LIKELY)
    return page("claims/assign_entry.html", form=form, entry=entry, beside=beside, likely=likely, note_words=note_words)


@blueprint.route("/bank-entries/<uuid:entry_id>/send-back", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def send_entry_back(entry_id: UUID) -> ResponseReturnValue:
    """Say that money goes back to its payer, with the next payment batch."""
    entry = queries.get_entry(entry_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            refund = service.send_entry_back(
                entry_id, actor=current_actor(), reason=form.reason.data, key=str(form.key.data)
            )
            words = _("It waits for a payment batch, which another budget officer sends.")
            return done(words, url_for(".refund", refund_id=refund.id))
    return page("claims/send_entry_back.html", form=form, entry=entry, note_words=note_words)


@blueprint.route("/bank-entries/<uuid:entry_id>/explain", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def explain_entry(entry_id: UUID) -> ResponseReturnValue:
    """Say what a movement is that holds no money here."""
    entry = queries.get_entry(entry_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.explain_entry(entry_id, actor=current_actor(), reason=form.reason.data)
            return done(_("The movement is explained."), url_for(".bank_imports"))
    return page("claims/explain_entry.html", form=form, entry=entry, note_words=note_words)


@blueprint.route("/bank-entries/<uuid:entry_id>/payments", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def assign_payments(entry_id: UUID) -> ResponseReturnValue:
    """Say which payments of a batch a debit is."""
    entry = queries.get_entry(entry_id)
    likely = queries.likely_batches(entry)
    chosen = request.args.get("batch", "")
    batch = next((one for one in likely if str(one.id) == chosen), likely[0] if likely else None)
    lines = queries.pending_lines(batch.id) if batch else []
    fits = batch is not None and rules.is_charge(entry.amount - batch.total, entry.amount)
    form = PaymentsForm(line_ids=[line.id for line in lines] if fits else [])
    choose_from(form.line_ids, [(line.id, _line_choice(line, entry.currency)) for line in lines])
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.assign_to_payments(
                entry_id,
                actor=current_actor(),
                line_ids=form.line_ids.data or [],
                reason=form.reason.data,
                key=str(form.key.data),
            )
            return done(_("The payments are marked as paid."), url_for(".bank_imports"))
    return page(
        "claims/assign_payments.html", form=form, entry=entry, likely=likely, batch=batch, note_words=note_words
    )


@blueprint.route("/bank-entries/<uuid:entry_id>/return", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def assign_return(entry_id: UUID) -> ResponseReturnValue:
    """Say which payment came back."""
    words = _("The payment is marked as sent back. It can be paid anew.")
    return _by_reference(entry_id, ReturnedForm(), service.assign_to_return, "claims/assign_return.html", words)


@blueprint.route("/bank-entries/<uuid:entry_id>/reversal", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def assign_reversal(entry_id: UUID) -> ResponseReturnValue:
    """Say which co-payment the bank took back."""
    words = _("The own share is awaited again, and the work has stopped.")
    return _by_reference(entry_id, ReversalForm(), service.assign_to_reversal, "claims/assign_reversal.html", words)


def _by_reference(
    entry_id: UUID, form: ReturnedForm | ReversalForm, verb: Callable[..., object], template: str, words: Words
) -> ResponseReturnValue:
    entry = queries.get_entry(entry_id)
    if form.validate_on_submit():
        with form.errors_to_fields():
            given = {"reference": form.reference.data, "reason": form.reason.data, "key": str(form.key.data)}
            verb(entry_id, actor=current_actor(), **given)
            return done(words, url_for(".bank_imports"))
    return page(template, form=form, entry=entry, note_words=note_words)


@blueprint.route("/bank-entries/<uuid:entry_id>/known", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def assign_known(entry_id: UUID) -> ResponseReturnValue:
    """Say that money is known from another report, or made good by another movement."""
    entry = queries.get_entry(entry_id)
    others = queries.counterparts(entry)
    form = KnownForm()
    form.other_id.choices = [(str(other.id), _other_choice(other)) for other in others]
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.assign_to_known(
                entry_id,
                actor=current_actor(),
                other_id=UUID(form.other_id.data),
                reason=form.reason.data,
                key=str(form.key.data),
            )
            return done(_("The movement is explained."), url_for(".bank_imports"))
    return page("claims/assign_known.html", form=form, entry=entry, others=others, note_words=note_words)


def _line_choice(line: PaymentLine, currency: str) -> str:
    return f"{line.end_to_end_id} · {money(line.amount, currency)} · {line.holder_name}"


def _other_choice(other: Row[Any]) -> str:
    sign = "−" if other.direction == Direction.DEBIT else "+"
    amount = f"{sign}{money(other.amount, other.currency)}"
    return " · ".join(text for text in (day(other.booked_on), amount, other.reference, other.debtor) if text)


def _choice(entry: Row[Any]) -> str:
    amount = money(entry.amount, entry.currency)
    return f"{day(entry.booked_on)} · {amount} · {entry.reference or entry.remittance}"
