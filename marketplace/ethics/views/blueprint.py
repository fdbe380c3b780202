"""The blueprint that the pages of ethics hang on."""

from typing import Any

from flask import Blueprint

from marketplace.core import seen
from marketplace.core.actors import Role
from marketplace.core.i18n import localized
from marketplace.ethics.models import Case, Flag
from marketplace.ethics.rules import book

blueprint = Blueprint("ethics", __name__)
READERS = (Role.ETHICS_OFFICER, Role.AUDITOR)

seen.declare(
    blueprint,
    rows={"case_id": Case, "flag_id": Flag},
    nothing={"open_case": "takes up the flags that are ticked, or none if one was dismissed or taken up since"},
)


@blueprint.app_template_global()
def rule_title(flag: Any) -> str:
    """The rule that raised the flag, as the edition of that day names it."""
    return localized(book.get(flag.rule_set).rules[flag.rule_id].title)


def known(field: Any) -> str:
    """The chosen filter, or nothing when the address holds a value that isn't on the list."""
    return "" if field.errors else field.data or ""
