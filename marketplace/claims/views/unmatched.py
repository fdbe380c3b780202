"""Pages of movements that match nothing: assign one to a co-payment, send it back, explain it."""

from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from marketplace.claims import queries, service
from marketplace.claims.forms import AssignForm, choose_from
from marketplace.claims.rules import note_words
from marketplace.claims.views.blueprint import blueprint
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ReasonForm
from marketplace.core.i18n import _, money
from marketplace.core.web import done, page

MOST_LIKELY = 10
"""How many co-payments are offered for one movement."""


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
            return done(_("The co-payment has arrived. The work can start."), url_for(".bank_imports"))
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


def _choice(entry: Row[Any]) -> str:
    amount = money(entry.amount, entry.currency)
    return f"{entry.booked_on.isoformat()} · {amount} · {entry.reference or entry.remittance}"
