"""Mails to the two sides of an agreement."""

from typing import Any

from marketplace.accounts import service as accounts
from marketplace.core.actors import Role
from marketplace.engagements.models import Agreement, Engagement


def tell_both_sides(subject: Agreement | Engagement, template: str, *, key: str = "", **data: Any) -> None:
    """Mail the company's signatories and the firm's managers, once per key, what happened to agreement or work."""
    agreement = subject if isinstance(subject, Agreement) else subject.agreement
    page = "agreements" if subject is agreement else "engagements"
    for organisation_id, role in ((subject.organisation_id, Role.SIGNATORY), (subject.provider_id, Role.MANAGER)):
        accounts.notify_organisation(
            organisation_id,
            [role],
            template,
            key=f"{subject.id}:{key}" if key else str(subject.id),
            number=subject.number,
            title=agreement.title,
            path=f"/{page}/{subject.id}",
            **data,
        )
