"""The agency's pages: applications, decisions about eligibility, allocation, vouchers."""

from __future__ import annotations

from uuid import UUID

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from config import lists
from marketplace.accounts import queries as accounts
from marketplace.accounts.exported import COMPANY
from marketplace.certificates import kinds as certificate_kinds
from marketplace.core import clock, exports, web
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, public, requires
from marketplace.core.errors import NotFound
from marketplace.core.forms import ConfirmForm, ReasonForm
from marketplace.core.i18n import _, localized
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.money import Money
from marketplace.core.states import labelled
from marketplace.programmes import queries as programmes
from marketplace.programmes import rules as programme_rules
from marketplace.programmes.models import Call
from marketplace.programmes.states import AllocationMethod, CallStatus
from marketplace.vouchers import queries, rules, service
from marketplace.vouchers.forms import ApplicationFilter, DecisionForm, StatusFilter
from marketplace.vouchers.models import AllocationEntry, Application, Voucher
from marketplace.vouchers.states import APPLICATION, VOUCHER, ApplicationStatus, EvidenceKind
from marketplace.vouchers.views import blueprint

OFFICERS = (Role.PROGRAMME_OFFICER, Role.AUDITOR)

APPLICATION_COLUMNS = [
    (_("Number"), lambda row: row.number),
    *COMPANY,
    (_("Region of the company"), lambda row: localized(lists.regions().get(row.region, row.region))),
    (_("Call"), lambda row: localized(row.call_title)),
    (_("Number of the call"), lambda row: row.call_number),
    (_("Service"), lambda row: localized(lists.service_lines().get(row.service_line, row.service_line))),
    (_("Ticket"), lambda row: row.ticket),
    (_("Status"), lambda row: str(APPLICATION.label(row.status))),
    (_("Submitted"), lambda row: row.submitted_at),
    (_("Submitted by"), lambda row: row.submitted_by),
    (_("Decided"), lambda row: row.decided_at),
    (_("Decided by"), lambda row: row.decided_by),
    (_("Reason"), lambda row: rules.REASONS.get(row.reason, row.reason)),
    (_("Voucher allocated"), lambda row: row.allocated_at),
    (_("Voucher"), lambda row: row.voucher),
    (_("Put on the waitlist"), lambda row: row.waitlisted_at),
    (_("Offered"), lambda row: row.offered_at),
    (_("Refused"), lambda row: row.refused_at),
    (_("Withdrawn"), lambda row: row.withdrawn_at),
]
VOUCHER_COLUMNS = [
    (_("Number"), lambda row: row.number),
    *COMPANY,
    (_("Application"), lambda row: row.application),
    (_("Number of the call"), lambda row: row.call),
    (_("Currency"), lambda row: row.currency),
    (_("Amount"), lambda row: Money(row.amount, row.currency)),
    (_("Gone back to the budget"), lambda row: Money(row.released, row.currency)),
    (_("Status"), lambda row: str(VOUCHER.label(row.status))),
    (_("Issued"), lambda row: row.issued_at),
    (_("Valid until"), lambda row: row.last_moment),
    (_("Extended"), lambda row: row.extended_at),
    (_("Reason of the extension"), lambda row: row.extension_reason),
    (_("Suspended on"), lambda row: row.suspended_at),
    (_("Used up"), lambda row: row.exhausted_at),
    (_("Expired"), lambda row: row.expired_at),
    (_("Given back"), lambda row: row.surrendered_at),
    (_("Revoked"), lambda row: row.revoked_at),
    (_("Public code"), lambda row: row.code),
]
APPLICATION_SORTS = sorts("-submitted_at", Application.submitted_at, Application.number, Application.ticket)
VOUCHER_SORTS = sorts("-issued_at", Voucher.issued_at, Voucher.number, Voucher.expires_at)
ENTRY_SORTS = sorts("ticket", AllocationEntry.ticket, within=AllocationEntry.call_id)


def _entry_columns(call: Call) -> list[exports.Column]:
    """With the codes that a replay computes with, beside their words."""
    currency = call.programme.currency
    return [
        (_("Ticket"), lambda row: row.ticket),
        (_("Application"), lambda row: row.number),
        (_("Outcome"), lambda row: row.outcome),
        (_("Reason"), lambda row: row.reason),
        (_("Reason in words"), lambda row: rules.REASONS.get(row.reason, "")),
        (_("Waitlist"), lambda row: row.position),
        (_("Currency"), lambda row: currency),
        (_("Amount"), lambda row: Money(sum(row.parts.values()), currency)),
        (_("Decided"), lambda row: row.decided_at),
    ]


@blueprint.get("/applications/received")
@requires(*OFFICERS)
def received_applications() -> ResponseReturnValue:
    """Every submitted application: filter, sort, page, download."""
    actor = current_actor()
    calls = [(str(call.id), f"{call.number} {localized(call.title)}") for call in programmes.calls(actor)]
    form = ApplicationFilter(APPLICATION, calls, formdata=request.args)
    fine = form.validate()
    query = queries.search_applications(
        actor,
        call_id=UUID(form.call.data) if fine and form.call.data else None,
        status=form.status.data if fine else None,
        text=form.search.data if fine else None,
    )
    if exports.requested_format():
        rows = in_order(query.add_columns(*queries.EXPORTED_APPLICATION), APPLICATION_SORTS, key=Application.id)
        return exports.export(rows, APPLICATION_COLUMNS, "applications", _("Submitted applications"))
    listing = paginate(query, sorts=APPLICATION_SORTS, key=Application.id)
    return web.page("vouchers/received_applications.html", form=form, listing=listing, lifecycle=APPLICATION)


@blueprint.route("/applications/<uuid:application_id>/review", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def application_review(application_id: UUID) -> ResponseReturnValue:
    """Decide about an application whose eligibility the standard left open."""
    actor = current_actor()
    application = queries.get_application(application_id, actor=actor)
    form = DecisionForm()
    form.shows(application.evidence)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.decide_eligibility(
                application_id, actor=actor, eligible=form.eligible.data == "yes", reason=form.reason.data or ""
            )
            return web.done(_("The decision is stored and the company is told."), url_for(".received_applications"))
    return web.page(
        "vouchers/application_review.html",
        form=form,
        application=application,
        helper=queries.helper_name(application),
        assessment=queries.newest_assessment(application.id),
        standard=programme_rules.standard_of(application.call),
        kinds=dict(labelled(EvidenceKind)),
        certificates=queries.certificate_lines(application),
        certificate_label=certificate_kinds.label,
    )


@blueprint.get("/calls/<uuid:call_id>/allocation")
@public
def call_allocation(call_id: UUID) -> ResponseReturnValue:
    """How the vouchers of a call were allocated: the list that anybody can replay."""
    actor = current_actor()
    call = programmes.get_call(call_id, actor=actor)
    if call.status == CallStatus.DRAFT:
        raise NotFound()
    entries = queries.allocation_entries(call_id)
    if exports.requested_format():
        rows = in_order(entries, ENTRY_SORTS, key=AllocationEntry.id)
        title = _("Every ticket and its answer")
        return exports.export(rows, _entry_columns(call), f"allocation-{call.number}", title, most=None)
    intake = queries.intake(call)
    scored = call.allocation_method == AllocationMethod.SCORED
    scorers = queries.scorers_of(call_id) if scored and actor.role in OFFICERS else []
    return web.page(
        "vouchers/call_allocation.html",
        call=call,
        page=paginate(entries, sorts=ENTRY_SORTS, key=AllocationEntry.id),
        allocation=queries.find_allocation(call_id),
        seed=programmes.seed(call) if call.seed_hash else None,
        own=queries.own_line(call_id, actor.organisation_id) if actor.organisation_id else None,
        strata=programme_rules.strata(call),
        intake=intake,
        undecided=sum(intake.by_status.get(status, 0) for status in queries.UNDECIDED),
        awaited=len(queries.awaited(call_id)) if scored else 0,
        unscored=queries.unscored(call) if scored else 0,
        shortage=queries.shortage(call_id) if scored else queries.Shortage(0, 0),
        scorers=scorers,
        names=accounts.names(row.evaluator_id for row in scorers) if scorers else {},
        waiting=intake.by_status.get(ApplicationStatus.WAITLISTED, 0),
        reasons=rules.REASONS,
        closed=call.closes_at <= clock.now(),
    )


@blueprint.get("/calls/<uuid:call_id>/allocation/sealed-list")
@public
def sealed_list(call_id: UUID) -> ResponseReturnValue:
    """The sealed list of a decided call with its results, as a file that anybody can work through again."""
    call = programmes.get_call(call_id, actor=current_actor())
    response = Response(queries.sealed_file(call), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="sealed-list-{call.number}.json"'
    return response


@blueprint.route("/calls/<uuid:call_id>/allocation/start", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def allocation_start(call_id: UUID) -> ResponseReturnValue:
    """Begin the allocation of a closed call, after asking once more."""
    call = programmes.get_call(call_id)
    intake = queries.intake(call)
    form = ConfirmForm()
    form.shows(intake)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.start_allocation(call_id, actor=current_actor())
            return web.done(_("The allocation has begun."), url_for(".call_allocation", call_id=call_id))
    return web.page("vouchers/allocation_start.html", form=form, call=call, intake=intake)


@blueprint.get("/vouchers/issued")
@requires(*OFFICERS, Role.BUDGET_OFFICER)
def issued_vouchers() -> ResponseReturnValue:
    """Every voucher: filter, sort, page, download."""
    form = StatusFilter(VOUCHER, formdata=request.args)
    fine = form.validate()
    query = queries.search_vouchers(
        current_actor(), status=form.status.data if fine else None, text=form.search.data if fine else None
    )
    if exports.requested_format():
        rows = in_order(query.add_columns(*queries.EXPORTED_VOUCHER), VOUCHER_SORTS, key=Voucher.id)
        return exports.export(rows, VOUCHER_COLUMNS, "vouchers", _("Issued vouchers"))
    listing = paginate(query, sorts=VOUCHER_SORTS, key=Voucher.id)
    return web.page("vouchers/issued_vouchers.html", form=form, listing=listing, lifecycle=VOUCHER)


@blueprint.route("/vouchers/<uuid:voucher_id>/<any(suspend,resume,revoke):event>", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def voucher_decision(voucher_id: UUID, event: str) -> ResponseReturnValue:
    """Suspend, resume or revoke a voucher, with a reason."""
    actor = current_actor()
    voucher = queries.get_voucher(voucher_id, actor=actor)
    VOUCHER.move(voucher.status, event)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            reason = form.reason.data or ""
            if event == "suspend":
                service.suspend(voucher_id, actor=actor, reason=reason)
            elif event == "resume":
                service.resume(voucher_id, actor=actor, reason=reason)
            else:
                service.revoke(voucher_id, actor=actor, reason=reason, key=form.key.data or "")
            return web.done(_("The decision is stored."), url_for(".voucher", voucher_id=voucher_id))
    return web.page("vouchers/voucher_decision.html", form=form, voucher=voucher, event=event)
