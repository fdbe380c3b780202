"""The ageing report: how long claims have been waiting for the agency, by status and amount."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from config.claims import handling
from marketplace.accounts.exported import PARTIES
from marketplace.claims import deadlines, queries
from marketplace.claims.forms import AgeingFilter
from marketplace.claims.models import Claim
from marketplace.claims.rules import next_step
from marketplace.claims.states import CLAIM, ClaimStatus, Overdue
from marketplace.claims.views import progress
from marketplace.claims.views.blueprint import blueprint
from marketplace.core import clock, exports
from marketplace.core.actors import Role
from marketplace.core.auth import requires
from marketplace.core.errors import Words
from marketplace.core.i18n import _
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.money import Money
from marketplace.core.web import page

READERS = (Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR)
SORTS = sorts("clock_starts_at", Claim.clock_starts_at, Claim.number)
SHOWN = (*queries.LISTED_CLAIM, Claim.approved_amount)


def age(claim: Any) -> int:
    """Working days on the claim's clock."""
    return clock.working_days_between(claim.clock_starts_at, clock.now())


def amount(claim: Any) -> int:
    """What is to be paid for it: what was approved, before that what is asked for."""
    net: int = claim.net_amount if claim.approved_amount is None else claim.approved_amount
    return net


COLUMNS = [
    (_("Number"), lambda row: row.Claim.number),
    *PARTIES,
    (_("Currency"), lambda row: row.Claim.currency),
    (_("Amount"), lambda row: Money(amount(row.Claim), row.Claim.currency)),
    (_("Status"), lambda row: str(CLAIM.label(row.Claim.status))),
    (_("In this state since"), lambda row: row.Claim.since),
    (_("Clock runs since"), lambda row: row.Claim.clock_starts_at),
    (_("Working days"), lambda row: age(row.Claim)),
    (_("Next step"), lambda row: progress.next_words(row.Claim)),
    (_("Who acts"), lambda row: progress.who_acts(row.Claim)),
    (_("Due by"), lambda row: progress.due(row.Claim)),
    (_("Handed in"), lambda row: row.Claim.submitted_at),
    (_("Checked"), lambda row: row.Claim.checked_at),
    (_("First approved"), lambda row: row.Claim.first_approved_at),
    (_("Approved"), lambda row: row.Claim.approved_at),
]


@blueprint.get("/claims/ageing")
@requires(*READERS)
def ageing() -> ResponseReturnValue:
    """How long claims have been waiting: sums by status and age, and the claims themselves."""
    ages = handling(clock.today()).ageing_days
    ranges = deadlines.ranges(ages)
    names = [_range(*span) for span in ranges]
    form = AgeingFilter(request.args)
    form.status.choices = [SelectChoice("", str(_("Every status")))] + [
        SelectChoice(status, str(CLAIM.label(status))) for status in deadlines.STEP_OF
    ]
    form.age.choices = [SelectChoice("", str(_("Every age")))] + [
        SelectChoice(str(place), str(name)) for place, name in enumerate(names)
    ]
    asked = request.args.get("age", "")
    first, last = ranges[int(asked)] if asked in map(str, range(len(ranges))) else (0, None)
    form.validate()
    query = queries.ageing(
        status=ClaimStatus.of(form.chosen("status")),
        first=first,
        last=last,
        overdue=Overdue.of(form.chosen("overdue")),
        text=form.chosen("search"),
    )
    if exports.requested_format():
        rows = in_order(query.add_columns(*queries.EXPORTED_CLAIM), SORTS, key=Claim.id)
        return exports.export(rows, COLUMNS, "claims-ageing", _("Claims by age"))
    totals = queries.ageing_totals(ages)
    return page(
        "claims/ageing.html",
        listing=paginate(query.with_only_columns(*SHOWN), sorts=SORTS, key=Claim.id),
        totals={(row.status, row.currency, row.place): row for row in totals},
        rows=sorted(
            {(row.status, row.currency) for row in totals}, key=lambda row: (CLAIM.statuses.index(row[0]), row)
        ),
        ranges=names,
        columns=[(name, "number") for name in names],
        age=age,
        amount=amount,
        due=progress.due,
        now=clock.now(),
        next_step=next_step,
        lifecycle=CLAIM,
        form=form,
    )


def _range(first: int, last: int | None) -> Words:
    if last is None:
        return _("%(first)s working days or more", first=first)
    return _("%(first)s to %(last)s working days", first=first, last=last)
