"""Open jobs as anybody sees them: what is wanted, where, until when and how large, but not by whom."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from config import lists
from marketplace.core.auth import public
from marketplace.core.listings import paginate, sorts
from marketplace.core.web import page
from marketplace.jobs import queries
from marketplace.jobs.forms import PublicJobFilter
from marketplace.jobs.models import Job
from marketplace.jobs.views.blueprint import blueprint, job_words, word
from marketplace.vouchers.models import Voucher

SHOWN = (Job.id, Job.number, Job.title, Job.service_line, Job.region, Job.closes_at, Job.budget, Voucher.amount)
SORTS = sorts("closes_at", Job.closes_at, within=Job.status)


@blueprint.get("/open-jobs")
@public
def public_jobs() -> ResponseReturnValue:
    """Jobs that take bids now."""
    form = PublicJobFilter(formdata=request.args)
    form.validate()
    chosen = queries.public_jobs(
        service_line=form.chosen("service_line"), region=form.chosen("region"), search=form.chosen("search")
    ).join(Voucher, Voucher.id == Job.voucher_id)
    listed = paginate(chosen.with_only_columns(*SHOWN, Job.currency, Job.published_at), sorts=SORTS, key=Job.id)
    services = {row.id: word(lists.service_lines(), row.service_line) for row in listed.items}
    regions = {row.id: word(lists.regions(), row.region) for row in listed.items}
    return page("jobs/public_jobs.html", form=form, listed=listed, services=services, regions=regions)


@blueprint.get("/open-jobs/<uuid:job_id>")
@public
def public_job(job_id: UUID) -> ResponseReturnValue:
    """One job that takes bids now."""
    job = queries.get_public_job(job_id)
    return page(
        "jobs/public_job.html",
        job=job,
        words=job_words(job),
        funding=queries.find_funding(job),
    )
