"""The ageing report: how long claims have been waiting for the agency, by status and amount."""

from flask import request
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from config.claims import handling
from marketplace.accounts import queries as accounts
from marketplace.claims import deadlines, queries
from marketplace.claims.forms import AgeingFilter
from marketplace.claims.models import Claim
from marketplace.claims.rules import next_step
from marketplace.claims.states import CLAIM, ClaimStatus
from marketplace.claims.views import progress
from marketplace.claims.views.blueprint import blueprint
from marketplace.core import clock, exports
from marketplace.core.actors import Role
from marketplace.core.auth import requires
from marketplace.core.errors import Words
from marketplace.core.i18n import _
from marketplace.core.web import page, paginate

READERS = (Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR)
SORTS = {
    "clock_starts_at": Claim.clock_starts_at,
    "-clock_starts_at": Claim.clock_starts_at,
    "-net_amount": Claim.net_amount,
}


def age(claim: Claim) -> int:
    """Working days on the claim's clock."""
    return clock.working_days_between(claim.clock_starts_at, clock.now())


COLUMNS = [
    (_("Number"), lambda row: row.number),
    (_("Status"), lambda row: str(CLAIM.label(row.status))),
    (_("In this state since"), lambda row: row.since),
    (_("Working days"), age),
    (_("Next step"), progress.next_words),
    (_("Who acts"), progress.who_acts),
    (_("Due by"), progress.due),
    (_("Amount"), lambda row: row.net_amount if row.approved_amount is None else row.approved_amount),
    (_("Currency"), lambda row: row.currency),
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
    query = queries.ageing(status=ClaimStatus.of(request.args.get("status")), first=first, last=last)
    if exports.requested_format():
        rows = query.order_by(Claim.clock_starts_at, Claim.id)
        return exports.export(rows, COLUMNS, "claims-ageing")
    shown = query.add_columns(accounts.name_of(Claim.provider_id).label("provider"))
    totals = queries.ageing_totals(ages)
    return page(
        "claims/ageing.html",
        listing=paginate(shown, sorts=SORTS, key=Claim.id),
        totals={(row.status, row.currency, row.place): row for row in totals},
        rows=sorted(
            {(row.status, row.currency) for row in totals}, key=lambda row: (CLAIM.statuses.index(row[0]), row)
        ),
        ranges=names,
        columns=[(name, "number") for name in names],
        age=age,
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
