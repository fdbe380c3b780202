"""What a verb raises when it may not go on, and the words for a violated constraint."""

from typing import TypeAlias

from sqlalchemy.exc import IntegrityError

from marketplace.core.i18n import LazyString, _

Words: TypeAlias = str | LazyString


class DomainError(Exception):
    """A rule said no. `field` names the form field it belongs to; `status` is the HTTP status without one."""

    status = 409

    def __init__(self, message: Words, *, field: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        if status is not None:
            self.status = status

    def __str__(self) -> str:
        return str(self.message)


class Invalid(DomainError):
    """What was typed can't be taken."""

    status = 422


class NotFound(DomainError):
    """No such row, or not this actor's to see."""

    status = 404

    def __init__(self, message: Words | None = None) -> None:
        super().__init__(message or _("We could not find this page."))


class Forbidden(DomainError):
    """The actor's role may not do this."""

    status = 403

    def __init__(self, message: Words | None = None) -> None:
        super().__init__(message or _("Your role does not allow this."))


class IllegalMove(DomainError):
    """The lifecycle has no such move from where the thing stands."""


_explanations: dict[str, Words] = {}


def explain(constraints: dict[str, Words]) -> None:
    """Give words to constraints of the database, by name."""
    _explanations.update(constraints)


def from_integrity(error: IntegrityError) -> DomainError:
    """The refusal behind a violated constraint, in words."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    fallback = _("Somebody was faster, or this was done before.")
    return DomainError(_explanations.get(name, fallback))
