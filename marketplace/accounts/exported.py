"""What a file of a list says of the two organisations that a row is about."""

from typing import Any

from marketplace.accounts.business_number import written
from marketplace.accounts.queries import business_number_of, name_of
from marketplace.core.i18n import _


def exported_parties(company_id: Any, provider_id: Any) -> tuple[Any, ...]:
    """The columns that PARTIES are written from."""
    return (
        name_of(company_id).label("company"),
        business_number_of(company_id).label("company_number"),
        name_of(provider_id).label("provider"),
        business_number_of(provider_id).label("provider_number"),
    )


def written_number(digits: str | None) -> str:
    """A business number as people write it; empty for the agency, which has none here."""
    return written(digits) if digits else ""


COMPANY = [
    (_("Company"), lambda row: row.company),
    (_("Business number of the company"), lambda row: written_number(row.company_number)),
]
PROVIDER = [
    (_("Firm"), lambda row: row.provider),
    (_("Business number of the firm"), lambda row: written_number(row.provider_number)),
]
PARTIES = [(_("Engagement"), lambda row: row.engagement), *COMPANY, *PROVIDER]
