"""The page on which an officer says which payment of a debt the bank took back."""

from typing import Any
from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from marketplace.claims import queries as claims
from marketplace.claims.rules import note_words
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.i18n import _, day, money
from marketplace.core.web import done, page
from marketplace.receivables import queries, service
from marketplace.receivables.forms import TakenBackForm, choose_from
from marketplace.receivables.views.blueprint import blueprint


@blueprint.route("/bank-entries/<uuid:entry_id>/receipt", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def take_back_receipt(entry_id: UUID) -> ResponseReturnValue:
    """Say which payment of a debt a debit takes back."""
    entry = claims.get_entry(entry_id)
    receipts = queries.receipts_to_take_back(amount=entry.amount, currency=entry.currency)
    form = TakenBackForm()
    choose_from(form.receipt_id, [(row.id, _choice(row, entry.currency)) for row in receipts])
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.take_back_receipt(
                form.receipt_id.data,
                entry_id=entry_id,
                actor=current_actor(),
                reason=form.reason.data,
                key=str(form.key.data),
            )
            words = _("What this payment had paid is owed again. The debtor is told by e-mail.")
            return done(words, url_for("claims.bank_imports"))
    return page("receivables/take_back_receipt.html", form=form, entry=entry, receipts=receipts, note_words=note_words)


def _choice(row: Row[Any], currency: str) -> str:
    return " · ".join((row.debt, row.debtor, row.number, day(row.booked_on), money(row.amount, currency)))
