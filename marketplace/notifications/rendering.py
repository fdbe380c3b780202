"""How a mail's text is made from its template, in the reader's language."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from config.settings import ROOT
from marketplace.core import i18n
from marketplace.core.agency_name import agency_name, said_name, shown_name


@dataclass(frozen=True)
class Letter:
    """A rendered mail: one line of subject, the text, and in whose name it is sent, if the agency has one."""

    subject: str
    body: str
    sender: str


def render(template: str, *, locale: str, base_url: str, data: dict[str, Any]) -> Letter:
    """Fill `templates/emails/<template>.<locale>.txt`; its first line is the subject."""
    with i18n.force_locale(locale):
        sender = said_name()
        facts = _facts(locale, base_url, data, shown_name(sender))
        text = _environment.get_template(f"{template}.{locale}.txt").render(facts)
        footer = _environment.get_template(f"footer.{locale}.txt").render(facts)
    first, _newline, body = text.partition("\n")
    return Letter(_subject(first), f"{body.strip()}\n\n-- \n{footer.strip()}\n", sender)


def render_subject(template: str, *, locale: str, base_url: str, data: dict[str, Any]) -> str:
    """The subject alone, for lists: the template is filled in no further than its first line."""
    first = ""
    with i18n.force_locale(locale):
        facts = _facts(locale, base_url, data, agency_name())
        for piece in _environment.get_template(f"{template}.{locale}.txt").generate(facts):
            first += piece
            if "\n" in piece:
                break
    return _subject(first.partition("\n")[0])


def _facts(locale: str, base_url: str, data: dict[str, Any], agency: str) -> dict[str, Any]:
    return {**data, "url": lambda path: f"{base_url}{path}", "locale": locale, "agency": agency}


def _subject(line: str) -> str:
    return " ".join(line.removeprefix("Subject:").split())


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
    auto_reload=False,
)
_environment.filters |= {
    "money": i18n.money,
    "number": i18n.number,
    "localized": i18n.localized,
    "date": lambda value: i18n.day(_when(value)),
    "datetime": lambda value: i18n.moment(_when(value)),  # type: ignore[arg-type]
    "until": lambda value: i18n.until(_when(value)),  # type: ignore[arg-type]
}
