"""What may be said of the agency: by whom, which logo, and which account number."""

from config import lists
from marketplace.agency.models import Edition
from marketplace.core import account_numbers, documents
from marketplace.core.actors import Actor
from marketplace.core.errors import DomainError, Forbidden, Invalid, explain
from marketplace.core.files import MEBIBYTE, StoredFile
from marketplace.core.i18n import _
from marketplace.core.text import plain_number

LOGO_KINDS = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg"}
LARGEST_LOGO = MEBIBYTE
ANOTHER_PERSON = _("Another person must confirm this. Nobody confirms what they proposed.")
WAITING = _("A change is already waiting for a second person. Let it be decided first.")
NO_ACCOUNT = _(
    "No bank account of the agency is in force. One budget officer proposes it on the page “Agency details”, another"
    " confirms it."
)

explain(
    {
        "ck_agency_profiles_two_people": ANOTHER_PERSON,
        "ck_agency_accounts_two_people": ANOTHER_PERSON,
        "ck_funder_editions_two_people": ANOTHER_PERSON,
        "uq_funder_editions_proposed": WAITING,
        "uq_agency_profiles_proposed": WAITING,
        "uq_agency_accounts_proposed": WAITING,
    }
)

_refuses_made_up = False


def configure(*, production: bool) -> None:
    """Say whether money is real here, so that accounts which belong to nobody are refused."""
    global _refuses_made_up
    _refuses_made_up = production


def refuses_made_up() -> bool:
    """Whether money is real here."""
    return _refuses_made_up


def check_role(actor: Actor, edition: type[Edition]) -> None:
    """Each kind of edition is one role's to propose and to decide."""
    if actor.role is not edition.decided_by_role:
        raise Forbidden()


def check_may_confirm(actor: Actor, edition: Edition) -> None:
    """A second person of the same role confirms."""
    check_role(actor, type(edition))
    if actor.person_id == edition.proposed_by:
        raise DomainError(ANOTHER_PERSON)


def check_number(typed: str) -> str:
    """An account number as it was typed; refused unless it can be one, and in production unless it is somebody's."""
    if account_numbers.normalise(account_numbers.scheme_of(typed), typed) is None:
        raise Invalid(_("This is not a valid account number. Check the digits."), field="number")
    check_real(typed)
    return typed


def check_real(number: str) -> None:
    """In production an account that was made up for examples takes no part."""
    if _refuses_made_up and is_made_up(number):
        raise Invalid(
            _("This account number was made up for a demonstration and belongs to nobody. Enter the agency's own."),
            field="number",
        )


def is_made_up(number: str) -> bool:
    """Whether the number stands in examples, or is one digit over and over."""
    plain = plain_number(number)
    return plain in {plain_number(known) for known in lists.made_up_accounts()} or len(set(plain)) == 1


def check_logo(logo: StoredFile) -> None:
    """A picture that can be shown and printed, of at most 1 MB."""
    if logo.size > LARGEST_LOGO:
        raise Invalid(_("The logo is larger than 1 MB. Make it smaller and try again."), field="file")
    if not documents.can_print(logo):
        raise Invalid(_("This picture can't be read. Save it anew as PNG or JPEG and try again."), field="file")
