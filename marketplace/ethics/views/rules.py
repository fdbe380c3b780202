"""The rules in public: what each looks at, by which formula, and how often it was right."""

from flask.typing import ResponseReturnValue

from marketplace.core.auth import public
from marketplace.core.exports import export, requested_format
from marketplace.core.i18n import _, localized
from marketplace.core.web import page
from marketplace.ethics import queries
from marketplace.ethics.queries import Precision
from marketplace.ethics.rules import RULES, book
from marketplace.ethics.views.blueprint import blueprint

NEVER = Precision(0, 0, 0)


@blueprint.get("/ethics-rules")
@public
def rule_list() -> ResponseReturnValue:
    """Show every rule with its precision."""
    edition = book.newest()
    precision = queries.precision()
    rows = [(entry, RULES[entry.id].version, precision.get(entry.id, NEVER)) for entry in edition.rules.values()]
    if requested_format():
        columns = [
            (_("Rule"), lambda row: f"{row[0].id} {localized(row[0].title)}"),
            (_("Version"), lambda row: row[1]),
            (_("Looks at"), lambda row: localized(row[0].data)),
            (_("Formula"), lambda row: localized(row[0].formula)),
            (_("Known false alarms"), lambda row: localized(row[0].false_positives)),
            (_("Leads to"), lambda row: "; ".join(str(to.label) for to in (row[0].action, row[0].strong) if to)),
            (_("Source"), lambda row: row[0].reference),
            (_("Flags"), lambda row: row[2].raised),
            (_("Closed"), lambda row: row[2].closed),
            (_("Confirmed"), lambda row: row[2].confirmed),
            (_("Precision"), lambda row: row[2].percent),
        ]
        return export(rows, columns, "ethics-rules", _("Rules"))
    return page("ethics/rule_list.html", rows=rows, edition=edition)
