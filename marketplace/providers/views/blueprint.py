"""The blueprint of the pages of providers, and words that several pages share."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint

from config import lists
from marketplace.core import auth, seen
from marketplace.core.i18n import localized
from marketplace.providers import training
from marketplace.providers.models import BankAccount, Consultant, Provider
from marketplace.providers.rules import OBSTACLES, find_obstacle

blueprint = Blueprint("providers", __name__)


def _own_firm() -> UUID | None:
    return auth.current_actor().organisation_id


seen.declare(
    blueprint,
    rows={
        "provider_id": Provider,
        "account_id": seen.Row(BankAccount, within=((BankAccount.organisation_id, Provider),)),
        "consultant_id": Consultant,
        "change_profile": seen.Row(Provider, own=_own_firm, fields_alone=True),
        "change_consultant": seen.Row(Consultant, fields_alone=True),
        "apply_again": seen.Row(Provider, own=_own_firm),
    },
    by_itself=(  # other companies' work begins and ends, and is graded
        Provider.load,
        Provider.last_worked_at,
        Provider.grade_value,
        Provider.grade_count,
        Provider.grade_provisional,
        Provider.grade_published_at,
    ),
    nothing={
        "apply": "registers a firm",
        "register": "registers a consultant",
        "enter_consultant": "registers a consultant",
        "join": "says that one belongs to one's firm",
        "pledge": "signs the dated text of a season",
        "propose_account": "proposes an account beside the one in force",
        "record_training": "adds a record",
    },
)


def words(codes: list[str], labels: Any) -> list[str]:
    """Codes of a list in the reader's language."""
    return [localized(labels.get(code, code)) for code in codes]


def service_words(codes: list[str]) -> list[str]:
    """Service lines in the reader's language."""
    return words(codes, lists.service_lines())


def course_titles() -> dict[str, str]:
    """Titles of the courses in the reader's language."""
    return {course.code: localized(course.title) for course in training.courses().values()}


def standing(consultant: Consultant, on: date) -> Any:
    """What keeps the consultant from being named in a bid today, in words; None when ready."""
    if consultant.provider_id is None:
        return OBSTACLES["not_with_the_firm"]
    obstacle = find_obstacle(consultant, consultant.provider_id, on)
    return OBSTACLES[obstacle] if obstacle else None
