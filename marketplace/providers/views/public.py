"""The public directory of consulting firms."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from config import lists
from marketplace.core import clock
from marketplace.core.auth import public
from marketplace.core.exports import Column, export, requested_format
from marketplace.core.i18n import _, localized
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.web import page
from marketplace.providers import queries
from marketplace.providers.forms import LANGUAGES, DirectoryFilter
from marketplace.providers.models import Provider
from marketplace.providers.views.blueprint import blueprint, service_words, words

SORTS = sorts("name", Provider.name)
COLUMNS: list[Column] = [
    (_("Firm"), lambda row: row.name),
    (_("Services"), lambda row: ", ".join(service_words(row.service_lines))),
    (_("Regions"), lambda row: ", ".join(words(row.regions, lists.regions()))),
    (_("Languages"), lambda row: ", ".join(dict(LANGUAGES)[code] for code in row.languages)),
    (_("Grade (0–100)"), lambda row: row.grade_value),
    (_("Evaluations"), lambda row: row.grade_count),
    (_("Provisional"), lambda row: str(_("yes") if row.grade_provisional else _("no"))),
]


@blueprint.get("/providers")
@public
def directory() -> ResponseReturnValue:
    """Firms that can take work, with their published grade."""
    form = DirectoryFilter(formdata=request.args)
    form.validate()
    chosen = queries.listed(
        service_line=form.chosen("service_line"),
        region=form.chosen("region"),
        language=form.chosen("language"),
        search=form.chosen("search"),
    )
    if requested_format():
        return export(in_order(chosen, SORTS, key=Provider.id), COLUMNS, "providers", _("Consulting firms"))
    listed = paginate(chosen, sorts=SORTS, key=Provider.id)
    return page(
        "providers/directory.html",
        form=form,
        listed=listed,
        firms=_in_words(listed.items),
    )


def _in_words(rows: Sequence[Row[Any]]) -> list[tuple[Row[Any], str, str, str]]:
    """Each firm with its address here, its services and its first few regions in the reader's language."""
    services, regions = (
        {code: localized(label) for code, label in labels.items()}
        for labels in (lists.service_lines(), lists.regions())
    )
    return [
        (
            row,
            url_for("providers.provider", provider_id=row.id),
            ", ".join(services.get(code, code) for code in row.service_lines),
            _shortened([regions.get(code, code) for code in row.regions]),
        )
        for row in rows
    ]


def _shortened(places: list[str]) -> str:
    """The first three, and how many more there are."""
    if len(places) <= 3:
        return ", ".join(places)
    return ", ".join(places[:3]) + " " + str(_("and %(count)s more", count=len(places) - 3))


@blueprint.get("/providers/<uuid:provider_id>")
@public
def provider(provider_id: UUID) -> ResponseReturnValue:
    """One firm: what it offers and its published grade."""
    public_provider = queries.get_public_provider(provider_id)
    return page(
        "providers/provider.html",
        provider=public_provider,
        services=service_words(public_provider.service_lines),
        regions=words(public_provider.regions, lists.regions()),
        sectors=words(public_provider.sectors, lists.sectors()),
        languages=[dict(LANGUAGES)[code] for code in public_provider.languages],
        ready=queries.ready_counts(clock.today()).get(public_provider.id, 0),
    )
