"""The list of debts, one debt as its debtor and the officers see it, and the public list of names."""

from typing import Any
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import selectinload

from config import recovery
from marketplace.accounts import queries as accounts
from marketplace.accounts.exported import written_number
from marketplace.agency import queries as agency
from marketplace.agency.models import AgencyAccount
from marketplace.claims import queries as claims
from marketplace.core import clock, exports
from marketplace.core.actors import AGENCY, SME, Role
from marketplace.core.auth import current_actor, public, requires
from marketplace.core.i18n import _, localized
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.money import Money
from marketplace.core.web import page
from marketplace.engagements import queries as engagements
from marketplace.receivables import queries, rules
from marketplace.receivables.forms import ReceivableFilter
from marketplace.receivables.models import Receivable
from marketplace.receivables.states import (
    INSTALMENT,
    RECEIVABLE,
    WRITE_OFF,
    ReceivableKind,
    ReceivableStatus,
    ReceivableWaiting,
)
from marketplace.receivables.views.blueprint import blueprint

READERS = (
    *SME,
    Role.MANAGER,
    Role.PROGRAMME_OFFICER,
    Role.BUDGET_OFFICER,
    Role.ETHICS_OFFICER,
    Role.AUDITOR,
)
SORTS = sorts("-proposed_at", Receivable.proposed_at, Receivable.number, Receivable.principal)
SHOWN = (
    Receivable.id,
    Receivable.number,
    Receivable.kind,
    Receivable.currency,
    Receivable.interest_basis_points,
    Receivable.status,
    Receivable.principal,
    Receivable.proposed_at,
    accounts.name_of(Receivable.debtor_id).label("debtor"),
)
LISTED = sorts("-listed_from", Receivable.listed_from)
COLUMNS = [
    (_("Number"), lambda row: row.Receivable.number),
    (_("Kind"), lambda row: str(row.Receivable.kind.label)),
    (_("Debtor"), lambda row: row.debtor),
    (_("Business number of the debtor"), lambda row: written_number(row.debtor_number)),
    (_("Engagement"), lambda row: row.engagement),
    (_("Currency"), lambda row: row.Receivable.currency),
    (_("Principal"), lambda row: _money(row, row.Receivable.principal)),
    (_("Surcharge"), lambda row: _money(row, row.Receivable.surcharge)),
    (_("Still to be paid"), lambda row: _money(row, row.Receivable.outstanding)),
    (_("Interest on arrears"), lambda row: _money(row, queries.interest_today(row.Receivable, clock.today()))),
    (_("Next due on"), lambda row: row.Receivable.live[0].due_on if row.Receivable.live else None),
    (_("Status"), lambda row: str(RECEIVABLE.label(row.Receivable.status))),
    (_("Reason"), lambda row: row.Receivable.reason),
    (_("Proposed"), lambda row: row.Receivable.proposed_at),
    (_("Proposed by"), lambda row: row.proposed_by),
    (_("Confirmed"), lambda row: row.Receivable.confirmed_at),
    (_("Confirmed by"), lambda row: row.confirmed_by),
    (_("Settled"), lambda row: row.Receivable.settled_at),
    (_("Written off"), lambda row: row.Receivable.written_off_at),
    (_("Dropped"), lambda row: row.Receivable.dropped_at),
]
EXPORTED = (
    accounts.name_of(Receivable.debtor_id).label("debtor"),
    accounts.business_number_of(Receivable.debtor_id).label("debtor_number"),
    engagements.number_of(Receivable.engagement_id).label("engagement"),
    accounts.person_name_of(Receivable.proposed_by).label("proposed_by"),
    accounts.person_name_of(Receivable.confirmed_by).label("confirmed_by"),
)


@blueprint.get("/receivables")
@requires(*READERS)
def receivables() -> ResponseReturnValue:
    """What one's own organisation owes, or all that is owed to the agency, with the arrears."""
    actor = current_actor()
    form = ReceivableFilter(formdata=request.args)
    form.validate()
    query = queries.search_receivables(
        actor,
        text=form.chosen("search"),
        kind=ReceivableKind.of(form.chosen("kind")),
        status=ReceivableStatus.of(form.chosen("status")),
        overdue=bool(form.chosen("overdue")),
        waiting=ReceivableWaiting.of(form.chosen("waiting")),
    )
    if exports.requested_format():
        query = query.add_columns(*EXPORTED).options(selectinload(Receivable.instalments))
        rows = in_order(query, SORTS, key=Receivable.id)
        title = _("To pay back") if actor.role in queries.DEBTORS else _("Owed to the agency")
        return exports.export(rows, COLUMNS, "receivables", title)
    listing = paginate(query.with_only_columns(*SHOWN), sorts=SORTS, key=Receivable.id)
    live, today = queries.live_instalments([row.id for row in listing.items]), clock.today()
    return page(
        "receivables/receivables.html",
        listing=listing,
        live=live,
        interest={row.id: rules.interest(live[row.id], row.interest_basis_points, today) for row in listing.items},
        lifecycle=RECEIVABLE,
        form=form,
    )


def _money(row: Any, amount: int) -> Money:
    return Money(amount, row.Receivable.currency)


@blueprint.get("/receivables/<uuid:receivable_id>")
@requires(*READERS)
def receivable(receivable_id: UUID) -> ResponseReturnValue:
    """One debt: why it is owed, what is to be paid when and how, what was paid."""
    actor = current_actor()
    shown = queries.receivable_shown(receivable_id, actor=actor)
    receivable: Receivable = shown.Receivable
    return page(
        "receivables/receivable.html",
        receivable=receivable,
        shown=shown,
        receipts=queries.receipts_shown(receivable_id),
        interest=queries.interest_today(receivable, clock.today()),
        next_payment=queries.next_payment(receivable, clock.today()),
        kept_back=claims.to_be_kept_back(receivable.number) if shown.has_set_offs else [],
        not_paid_out=queries.not_paid_out(receivable) if receivable.status == ReceivableStatus.OPEN else 0,
        may_judge_again=actor.role == Role.PROGRAMME_OFFICER and queries.may_be_judged_again(receivable),
        account=agency.in_force(AgencyAccount),
        write_offs=queries.write_offs_shown(receivable_id) if shown.has_write_offs and actor.role in AGENCY else [],
        ground=localized(recovery.ground_name(receivable.ground)) if receivable.ground else "",
        **_words(),
    )


@blueprint.get("/recoveries")
@public
def published() -> ResponseReturnValue:
    """Whose aid is recovered on a grave ground; each name is there for its time and then disappears."""
    listing = paginate(queries.published(), sorts=LISTED, key=Receivable.id)
    return page(
        "receivables/published.html",
        listing=listing,
        names=accounts.organisation_names(row.debtor_id for row in listing.items),
        grounds={row.id: localized(recovery.ground_name(row.ground)) for row in listing.items},
        days=recovery.terms(clock.today()).listed_days,
    )


def _words() -> dict[str, Any]:
    return {
        "lifecycle": RECEIVABLE,
        "instalment_lifecycle": INSTALMENT,
        "write_off_lifecycle": WRITE_OFF,
    }
