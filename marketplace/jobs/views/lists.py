"""Lists of jobs and of bids; none of them shows an amount."""

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from config import lists
from marketplace.core import clock
from marketplace.core.actors import PROVIDER, SME, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.exports import Column, export, requested_format
from marketplace.core.i18n import _
from marketplace.core.web import page, paginate
from marketplace.jobs import queries
from marketplace.jobs.forms import BidFilter, JobFilter
from marketplace.jobs.models import Bid, Job
from marketplace.jobs.states import BID, JOB, JobStatus
from marketplace.jobs.views.blueprint import TONES, blueprint, word

READERS = (Role.PROGRAMME_OFFICER, Role.ETHICS_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR)
SHOWN = (Job.id, Job.number, Job.title, Job.service_line, Job.region, Job.closes_at, Job.status)
SORTS = {"-newest": Job.created_at, "oldest": Job.created_at, "number": Job.number}
COLUMNS: list[Column] = [
    (_("Number"), lambda row: row.number),
    (_("Title"), lambda row: row.title),
    (_("Service"), lambda row: word(lists.service_lines(), row.service_line)),
    (_("Region"), lambda row: word(lists.regions(), row.region)),
    (_("Status"), lambda row: str(JOB.label(row.status))),
    (_("Published"), lambda row: row.published_at),
    (_("Bids until"), lambda row: row.closes_at),
]
BID_COLUMNS: list[Column] = [
    (_("Number"), lambda row: row.number),
    (_("Job"), lambda row: row.job),
    (_("Title"), lambda row: row.title),
    (_("Status"), lambda row: str(BID.label(row.status))),
    (_("Submitted"), lambda row: row.submitted_at),
]


@blueprint.get("/jobs")
@requires(*SME, *READERS)
def jobs() -> ResponseReturnValue:
    """A company's own jobs; for the agency every published one."""
    form = _filter()
    status, service_line, region, search = _chosen(form)
    chosen = queries.jobs(current_actor(), status=status, service_line=service_line, region=region, search=search)
    return _list("jobs/jobs.html", form, chosen)


@blueprint.get("/jobs/open")
@requires(*PROVIDER)
def open_jobs() -> ResponseReturnValue:
    """Jobs open for bids, and those to which my firm is invited."""
    form = _filter()
    _status, service_line, region, search = _chosen(form)
    actor = current_actor()
    chosen = queries.jobs(
        actor, status=JobStatus.PUBLISHED, service_line=service_line, region=region, search=search
    ).where(Job.closes_at > clock.now())
    invited = queries.invitations_of(actor.organisation_id) if actor.organisation_id else []
    return _list("jobs/open_jobs.html", form, chosen, invited=invited)


def _filter() -> JobFilter:
    form = JobFilter(formdata=request.args)
    form.validate()
    return form


def _chosen(form: JobFilter) -> tuple[str, str, str, str]:
    return form.chosen("status"), form.chosen("service_line"), form.chosen("region"), form.chosen("search")


def _list(template: str, form: JobFilter, chosen: Select[Job], **context: object) -> ResponseReturnValue:
    if requested_format():
        rows = chosen.order_by(Job.created_at.desc(), Job.id)
        return export(rows, COLUMNS, "jobs")
    listed = paginate(chosen.with_only_columns(*SHOWN), sorts=SORTS, key=Job.id)
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
    chosen = queries.bids_of(current_actor().organisation_id, status=form.chosen("status"))
    if requested_format():
        return export(chosen.order_by(Bid.submitted_at.desc(), Bid.id), BID_COLUMNS, "bids")
    listed = paginate(chosen, sorts={"-newest": Bid.submitted_at, "number": Bid.number}, key=Bid.id)
    return page("jobs/bids.html", form=form, listed=listed, lifecycle=BID)
