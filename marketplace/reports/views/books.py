"""The books: their daily proof, the money of a call as a picture and its transfers, one voucher's, one account's."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from marketplace.core import auth, clock, db, exports
from marketplace.core.actors import SME, Actor, Role
from marketplace.core.auth import current_actor, public, requires
from marketplace.core.exports import Column
from marketplace.core.i18n import _, localized
from marketplace.core.listings import Page, in_order, paginate, sorts
from marketplace.core.money import Money
from marketplace.core.web import page
from marketplace.ledger import queries as ledger
from marketplace.ledger.chart import PUBLIC_STAGES, OwnerKind, Stage
from marketplace.ledger.models import Account, Transfer
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import Call
from marketplace.programmes.states import CallStatus
from marketplace.reports import flows, money, queries
from marketplace.reports.forms import TransferFilter
from marketplace.reports.labels import CHECKS
from marketplace.reports.models import Reconciliation
from marketplace.reports.money import Place
from marketplace.reports.views import blueprint
from marketplace.vouchers import queries as vouchers

# Who sees whose row a fault is about: those who are told of it, who hold back payments meanwhile.
LOOKS_INTO_FAULTS = frozenset({Role.AUDITOR, Role.ADMINISTRATOR, Role.BUDGET_OFFICER})

# Who reads references and names in the books; everybody else sees days, kinds and amounts.
OFFICERS = (
    Role.PROGRAMME_OFFICER,
    Role.BUDGET_OFFICER,
    Role.ETHICS_OFFICER,
    Role.ADMINISTRATOR,
    Role.AUDITOR,
)
PROOFS: list[Column] = [
    (_("When"), lambda row: row.run_at),
    (_("Ledger accounts"), lambda row: row.accounts),
    (_("Transfers"), lambda row: row.transfers),
    (_("Units unexplained"), lambda row: row.unexplained),
]
SORTS = sorts("-created_at", Transfer.created_at)
STORY_SORTS = sorts("created_at", Transfer.created_at)
PROOF_SORTS = sorts("-run_at", Reconciliation.run_at)
PLACES = {
    OwnerKind.VOUCHER: ("vouchers.voucher", "voucher_id"),
    OwnerKind.AGREEMENT: ("engagements.agreement", "agreement_id"),
    OwnerKind.CLAIM: ("claims.claim", "claim_id"),
    OwnerKind.REFUND: ("claims.refund", "refund_id"),
}


@blueprint.get("/books")
@public
def books() -> ResponseReturnValue:
    """The proof of the books: the newest result, all earlier ones, and the calls whose money can be followed."""
    actor = current_actor()
    if exports.requested_format():
        rows = in_order(queries.reconciliations(), PROOF_SORTS, key=Reconciliation.id)
        return exports.export(rows, PROOFS, "books", _("All proofs"))
    return page(
        "reports/books.html",
        last=queries.last_reconciliation(),
        listing=paginate(
            queries.reconciliations().with_only_columns(
                Reconciliation.run_at, Reconciliation.accounts, Reconciliation.transfers, Reconciliation.unexplained
            ),
            sorts=PROOF_SORTS,
            key=Reconciliation.id,
        ),
        calls=[call for call in programmes.calls(actor) if call.status != CallStatus.DRAFT],
        checks=CHECKS,
        in_detail=actor.role in LOOKS_INTO_FAULTS,
    )


@blueprint.get("/calls/<uuid:call_id>/money")
@public
def call_money(call_id: UUID) -> ResponseReturnValue:
    """The life of every unit of a call's money: a picture, and tables that say the same; each figure opens its own."""
    call = programmes.get_call(call_id, actor=current_actor())
    lines = programmes.budget_lines(call.id)
    chosen = next((line for line in lines if str(line.id) == request.args.get("line")), None)
    sums = money.of_lines([chosen] if chosen else lines)
    way = flows.steps({str(line_id): amounts for line_id, amounts in sums.standing.items()})
    return page(
        "reports/call_money.html",
        call=call,
        currency=call.programme.currency,
        lines=lines,
        chosen=chosen,
        sums=sums,
        picture=flows.draw(way),
        stages=PUBLIC_STAGES,
    )


@blueprint.get("/calls/<uuid:call_id>/money/transfers")
@public
def call_transfers(call_id: UUID) -> ResponseReturnValue:
    """Every transfer of a call's money; with references for officers, for others without."""
    actor = current_actor()
    call = programmes.get_call(call_id, actor=actor)
    lines = programmes.budget_lines(call.id)
    names = {line.id: localized(line.funder.name) for line in lines}
    form = _filter(call, names)
    query = _narrowed(form, list(names))
    if exports.requested_format():
        rows = in_order(query, SORTS, key=Transfer.id)
        return exports.export(rows, _columns(actor, names), f"{call.number}-transfers", _("Transfers"))
    listing = paginate(query, sorts=SORTS, key=Transfer.id)
    return page("reports/call_transfers.html", form=form, call=call, names=names, **_listed(listing, actor))


@blueprint.get("/vouchers/<uuid:voucher_id>/money")
@requires(*SME, *OFFICERS)
def voucher_money(voucher_id: UUID) -> ResponseReturnValue:
    """Where one voucher's money came from and went to: every transfer of it, its agreements and its claims."""
    actor = current_actor()
    voucher = vouchers.get_voucher(voucher_id, actor=actor)
    query = money.transfers_of_voucher(voucher.id)
    if exports.requested_format():
        rows = in_order(query, STORY_SORTS, key=Transfer.id)
        return exports.export(rows, _columns(actor, {}), f"{voucher.number}-transfers", _("Transfers"))
    listing = paginate(query, sorts=STORY_SORTS, key=Transfer.id)
    return page("reports/voucher_money.html", voucher=voucher, **_listed(listing, actor))


@blueprint.get("/books/accounts/<uuid:account_id>")
@requires(*OFFICERS)
def ledger_account(account_id: UUID) -> ResponseReturnValue:
    """One account of the ledger: what stands on it, and every transfer from or to it."""
    actor = current_actor()
    account = db.get(Account, account_id)
    query = ledger.search_transfers(account_ids=(account.id,))
    if exports.requested_format():
        rows = in_order(query, SORTS, key=Transfer.id)
        return exports.export(rows, _columns(actor, {}), "account-transfers", _("Transfers"))
    listing = paginate(query, sorts=SORTS, key=Transfer.id)
    return page("reports/ledger_account.html", account=account, **_listed(listing, actor))


def _filter(call: Call, names: dict[UUID, str]) -> TransferFilter:
    form = TransferFilter(request.args)
    moved = ledger.flows(list(names))
    stages = dict.fromkeys(stage for flow in moved for stage in (flow.source, flow.target))
    form.offer(
        stages=[stage for stage in Stage if stage in stages],
        kinds=list(dict.fromkeys(flow.kind for flow in moved)),
        lines=[(str(line_id), name) for line_id, name in names.items()],
    )
    form.validate()
    return form


def _narrowed(form: TransferFilter, line_ids: Sequence[UUID]) -> Select[*tuple[Any, ...]]:
    """The call's transfers, narrowed by what was filled in soundly."""
    sound = {field.name: field.data for field in form if field.data and not field.errors}
    line = sound.get("line")
    until = sound.get("until")
    since = sound.get("since")
    return ledger.search_transfers(
        budget_line_ids=tuple(line_id for line_id in line_ids if line in (None, str(line_id))),
        stage=sound.get("stage"),
        kind=sound.get("kind"),
        since=clock.end_of_day(since - timedelta(days=1)) if since else None,
        before=clock.end_of_day(until) if until else None,
    )


def _listed(listing: Page, actor: Actor) -> dict[str, Any]:
    """What a table of transfers needs beside them: words, and where each reference leads this reader."""
    known = money.places(listing.items) if actor.role in OFFICERS else {}
    return {
        "listing": listing,
        "officer": actor.role in OFFICERS,
        "places": {transfer_id: _address(place, actor) for transfer_id, place in known.items()},
        "vouchers": {transfer_id: place.voucher_id for transfer_id, place in known.items()},
    }


def _address(place: Place, actor: Actor) -> str | None:
    """Where the thing stands, if this reader may open it."""
    endpoint, parameter = PLACES[place.kind]
    values: dict[str, Any] = {parameter: place.id}
    return url_for(endpoint, **values) if actor.role in (auth.access_of(current_app, endpoint) or ()) else None


def _columns(actor: Actor, names: dict[UUID, str]) -> list[Column]:
    columns: list[Column] = [
        (_("Day"), lambda row: row.created_at.astimezone(clock.zone()).date()),
        (_("Kind"), lambda row: str(row.kind.label)),
        (_("From stage"), lambda row: str(row.giver_stage.label)),
        (_("To stage"), lambda row: str(row.taker_stage.label)),
        (_("Amount"), lambda row: Money(row.amount, row.currency)),
        (_("Currency"), lambda row: row.currency),
    ]
    if names:
        columns.append((_("Funder"), lambda row: names.get(row.budget_line_id)))
    if actor.role in OFFICERS:
        columns += [
            (_("When"), lambda row: row.created_at),
            (_("Reference"), lambda row: row.reference),
            (_("From account"), lambda row: row.giver_code),
            (_("To account"), lambda row: row.taker_code),
        ]
    return columns
