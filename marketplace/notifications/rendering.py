"""How a mail's text is made from its template, in the reader's language."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from config.settings import ROOT
from marketplace.core import i18n


@dataclass(frozen=True)
class Letter:
    """A rendered mail: one line of subject, and the text."""

    subject: str
    body: str


def render(template: str, *, locale: str, base_url: str, data: dict[str, Any]) -> Letter:
    """Fill `templates/emails/<template>.<locale>.txt`; its first line is the subject."""
    facts = {**data, "url": lambda path: f"{base_url}{path}", "locale": locale}
    with i18n.force_locale(locale):
        text = _environment.get_template(f"{template}.{locale}.txt").render(facts)
        footer = _environment.get_template(f"footer.{locale}.txt").render(facts)
    first, _newline, body = text.partition("\n")
    subject = " ".join(first.removeprefix("Subject:").split())
    return Letter(subject, f"{body.strip()}\n\n-- \n{footer.strip()}\n")


def _when(value: str | date) -> date:
    """A date or moment, which the outbox keeps as ISO text."""
    if not isinstance(value, str):
        return value
    return datetime.fromisoformat(value) if "T" in value or " " in value else date.fromisoformat(value)


_environment = Environment(
    loader=FileSystemLoader(ROOT / "templates" / "emails"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701  plain text, never HTML
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {
    "money": i18n.money,
    "number": i18n.number,
    "localized": i18n.localized,
    "date": lambda value: i18n.day(_when(value)),
    "datetime": lambda value: i18n.moment(_when(value)),  # type: ignore[arg-type]
}
