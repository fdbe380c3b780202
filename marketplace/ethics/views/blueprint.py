"""The blueprint that the pages of ethics hang on."""

from typing import Any

from flask import Blueprint

from marketplace.core.actors import Role

blueprint = Blueprint("ethics", __name__)
READERS = (Role.ETHICS_OFFICER, Role.AUDITOR)


def known(field: Any) -> str:
    """The chosen filter, or nothing when the address holds a value that isn't on the list."""
    return "" if field.errors else field.data or ""
