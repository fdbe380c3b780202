"""Lists of jobs and of bids; none of them shows an amount."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from config import lists
from marketplace.accounts.exported import COMPANY
from marketplace.accounts.queries import business_number_of, name_of
from marketplace.core import clock
from marketplace.core.actors import PROVIDER, SME, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.exports import Column, export, requested_format
from marketplace.core.i18n import _
from marketplace.core.listings import Sorts, in_order, paginate, sorts
from marketplace.core.web import page
from marketplace.jobs import queries
from marketplace.jobs.forms import BidFilter, JobFilter, OpenJobFilter
from marketplace.jobs.models import Bid, Job
from marketplace.jobs.states import BID, JOB, JobStatus, JobWaiting
from marketplace.jobs.views.blueprint import TONES, blueprint, word

READERS = (Role.PROGRAMME_OFFICER, Role.ETHICS_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR)
SHOWN = (Job.id, Job.number, Job.title, Job.service_line, Job.region, Job.closes_at, Job.status)
COMPANY_NAME = name_of(Job.organisation_id).label("company")
SORTS = sorts("-number", Job.number)
OPEN_SORTS = sorts("closes_at", Job.closes_at, within=Job.status)
BID_SORTS = sorts("-number", Bid.number)
COLUMNS: list[Column] = [
    (_("Number"), lambda row: row.number),
    (_("Title"), lambda row: row.title),
    *COMPANY,
    (_("Service"), lambda row: word(lists.service_lines(), row.service_line)),
    (_("Region"), lambda row: word(lists.regions(), row.region)),
    (_("Status"), lambda row: str(JOB.label(row.status))),
    (_("Published"), lambda row: row.published_at),
    (_("Bids until"), lambda row: row.closes_at),
    (_("Bids opened"), lambda row: row.closed_at),
    (_("Awarded"), lambda row: row.awarded_at),
    (_("Withdrawn"), lambda row: row.withdrawn_at),
]
EXPORTED = (
    *SHOWN,
    Job.published_at,
    Job.closed_at,
    Job.awarded_at,
    Job.withdrawn_at,
    COMPANY_NAME,
    business_number_of(Job.organisation_id).label("company_number"),
)
BID_COLUMNS: list[Column] = [
    (_("Number"), lambda row: row.number),
    (_("Job"), lambda row: row.job),
    (_("Title"), lambda row: row.title),
    (_("Status"), lambda row: str(BID.label(row.status))),
    (_("Submitted"), lambda row: row.submitted_at),
    (_("Bids until"), lambda row: row.closes_at),
    (_("Decided"), lambda row: row.decided_at),
    (_("Withdrawn"), lambda row: row.withdrawn_at),
]


@blueprint.get("/jobs")
@requires(*SME, *READERS)
def jobs() -> ResponseReturnValue:
    """A company's own jobs; for the agency every published one."""
    form = JobFilter(formdata=request.args)
    form.validate()
    actor = current_actor()
    chosen = queries.jobs(
        actor, status=form.chosen("status"), waiting=JobWaiting.of(form.chosen("waiting")), **_about(form)
    )
    unused = queries.vouchers_without_job(actor.organisation_id) if actor.role in SME else []
    return _list("jobs/jobs.html", form, chosen, SORTS, unused=unused)


@blueprint.get("/jobs/open")
@requires(*PROVIDER)
def open_jobs() -> ResponseReturnValue:
    """Jobs open for bids, and those to which my firm is invited."""
    form = OpenJobFilter(formdata=request.args)
    form.validate()
    actor = current_actor()
    chosen = queries.jobs(actor, status=JobStatus.PUBLISHED, **_about(form)).where(Job.closes_at > clock.now())
    if form.chosen("waiting"):
        chosen = chosen.where(queries.may_be_bid_for(actor.organisation_id))
    invited = queries.invitations_of(actor.organisation_id) if actor.organisation_id else []
    return _list("jobs/open_jobs.html", form, chosen, OPEN_SORTS, invited=invited)


def _about(form: JobFilter) -> dict[str, Any]:
    return {name: form.chosen(name) for name in ("service_line", "region", "search")}


def _list(template: str, form: JobFilter, chosen: Select[Job], order: Sorts, **context: object) -> ResponseReturnValue:
    if requested_format():
        rows = in_order(chosen.with_only_columns(*EXPORTED), order, key=Job.id)
        return export(rows, COLUMNS, "jobs", _("Jobs"))
    listed = paginate(chosen.with_only_columns(*SHOWN, COMPANY_NAME), sorts=order, key=Job.id)
    services = {row.id: word(lists.service_lines(), row.service_line) for row in listed.items}
    regions = {row.id: word(lists.regions(), row.region) for row in listed.items}
    context |= {"listed": listed, "services": services, "regions": regions, "lifecycle": JOB, "tones": TONES}
    return page(template, form=form, **context)


@blueprint.get("/bids")
@requires(Role.MANAGER)
def bids() -> ResponseReturnValue:
    """My firm's bids."""
    form = BidFilter(formdata=request.args)
    form.validate()
    chosen = queries.bids_of(
        current_actor().organisation_id, status=form.chosen("status"), search=form.chosen("search")
    )
    if requested_format():
        rows = in_order(chosen.add_columns(Bid.decided_at, Bid.withdrawn_at), BID_SORTS, key=Bid.id)
        return export(rows, BID_COLUMNS, "bids", _("My bids"))
    listed = paginate(chosen, sorts=BID_SORTS, key=Bid.id)
    return page("jobs/bids.html", form=form, listed=listed, lifecycle=BID)
