"""Mail to the debtor about what it owes."""

from typing import Any

from marketplace.accounts import service as accounts
from marketplace.agency import queries as agency
from marketplace.core.actors import Role
from marketplace.receivables.models import Receivable


def notify(receivable: Receivable, template: str, *, key: str, **data: Any) -> None:
    """Tell whoever signs for the debtor once about this event, with the account to pay into."""
    account = agency.account()
    is_company = receivable.debtor_id == receivable.engagement.organisation_id
    accounts.notify_organisation(
        receivable.debtor_id,
        [Role.SIGNATORY if is_company else Role.MANAGER],
        template,
        key=key,
        number=receivable.number,
        kind=receivable.kind,
        engagement=receivable.engagement.number,
        currency=receivable.currency,
        holder=account.holder,
        bank=account.bank,
        account=account.number,
        path=f"/receivables/{receivable.id}",
        **data,
    )
