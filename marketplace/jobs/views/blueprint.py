"""The blueprint of the pages of jobs, and words that several pages share."""

from typing import Any

from flask import Blueprint

from config import lists
from marketplace.core import seen
from marketplace.core.i18n import localized
from marketplace.jobs import rules
from marketplace.jobs.models import Bid, Job, Question
from marketplace.jobs.states import JobStatus

blueprint = Blueprint("jobs", __name__)

seen.declare(
    blueprint,
    rows={
        "job_id": Job,
        "edit_job": seen.Row(Job, fields_alone=True),
        "score_bid": seen.Row(Bid, within=((Bid.job_id, Job),), fields_alone=True),
        "bid_id": seen.Row(Bid, within=((Bid.job_id, Job),)),
        "question_id": Question,
    },
    by_itself=(Job.status, Job.closed_at),  # the bidding ends while somebody reads the bids
    nothing={
        "diagnose": "keeps answers of its own",
        "diagnosis_result": "drafts a job from answers that never change",
        "write_job": "drafts a job",
        "ask": "adds a question",
    },
)


TONES = {
    JobStatus.DRAFT: "gray",
    JobStatus.PUBLISHED: "information",
    JobStatus.CLOSED: "warning",
    JobStatus.AWARDED: "success",
    JobStatus.WITHDRAWN: "gray",
}


def word(labels: Any, code: str | None) -> str:
    """A code of a list in the reader's language."""
    return localized(labels.get(code or "", code or ""))


def stage_words() -> dict[str, str]:
    """Stages in the reader's language."""
    return {code: localized(label) for code, label in lists.stages().items()}


def job_words(job: Job) -> dict[str, Any]:
    """What a job's codes mean, for its pages."""
    return {
        "service": word(lists.service_lines(), job.service_line),
        "region": word(lists.regions(), job.region),
        "sector": word(lists.sectors(), job.sector),
        "language": {"ko": "한국어", "en": "English"}.get(job.language, job.language),
        "criteria": [(rules.CRITERIA[entry["code"]], entry["weight"]) for entry in job.criteria],
    }
