"""Payment notices and receipts to print."""

from uuid import UUID

from flask import Response

from marketplace.accounts import queries as accounts
from marketplace.agency import queries as agency
from marketplace.core import clock, web
from marketplace.core.auth import current_actor, requires
from marketplace.core.i18n import locale
from marketplace.receivables import document, queries, rules
from marketplace.receivables.views.blueprint import blueprint
from marketplace.receivables.views.lists import READERS


@blueprint.get("/receivables/instalments/<uuid:instalment_id>/payment-notice")
@requires(*READERS)
def payment_notice(instalment_id: UUID) -> Response:
    """The payment notice of one instalment as it stands today, as a PDF."""
    instalment = queries.get_instalment(instalment_id, actor=current_actor())
    receivable = instalment.receivable
    accrued = rules.accrued(instalment, receivable.interest_basis_points, clock.today())
    content = document.payment_notice(
        instalment,
        debtor=_name(receivable.debtor_id),
        interest=instalment.interest - instalment.paid_interest + accrued,
        account=agency.account(),
        issuer=agency.issuer(),
        locale=locale(),
    )
    return web.send_pdf(content, f"{receivable.number}-{instalment.position:02d}")


@blueprint.get("/receivables/receipts/<uuid:receipt_id>")
@requires(*READERS)
def receipt(receipt_id: UUID) -> Response:
    """The receipt of one payment as a PDF."""
    receipt = queries.get_receipt(receipt_id, actor=current_actor())
    debtor = _name(receipt.receivable.debtor_id)
    content = document.receipt(receipt, debtor=debtor, issuer=agency.issuer(), locale=locale())
    return web.send_pdf(content, receipt.number)


def _name(organisation_id: UUID) -> str:
    return accounts.organisation_names([organisation_id])[organisation_id]
