"""How the agency is called, for areas that stand below the one that knows it."""

from collections.abc import Callable

from marketplace.core.actors import AGENCY, Role
from marketplace.core.i18n import LOCALES, _, force_locale

_name: Callable[[], str] | None = None


def configure(name: Callable[[], str]) -> None:
    """Set what tells the agency's name in the language in force; empty before the agency has said it."""
    global _name
    _name = name


def said_name() -> str:
    """How the agency says that it is called, in the language in force; RuntimeError before configure()."""
    if _name is None:
        raise RuntimeError("how the agency is called is not configured")
    return _name()


def agency_name() -> str:
    """How the agency is called, in the language in force; the service's own name before it has said so."""
    return shown_name(said_name())


def every_name() -> list[str]:
    """How the agency is called, in each language."""
    names = []
    for language in LOCALES:
        with force_locale(language):
            names.append(agency_name())
    return names


def shown_name(said: str) -> str:
    """What the agency says that it is called, or the service's own name where that is empty."""
    return said or str(_("Consulting Voucher Service"))


def acts_for(role: Role | str, organisation: str) -> str:
    """For whom somebody in this role acts, in the language in force: the agency, or the organisation of this name."""
    return agency_name() if role in AGENCY else organisation
