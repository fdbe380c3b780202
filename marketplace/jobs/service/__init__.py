"""The verbs of jobs and bids; split by noun, called as `jobs.service.<verb>`."""

from marketplace.jobs.models import JobText, Offer
from marketplace.jobs.service.awards import award, declare_conflict, score_bid
from marketplace.jobs.service.bids import place_bid, withdraw_bid
from marketplace.jobs.service.drafts import answer_diagnosis, draft_from_diagnosis, draft_job, edit_job
from marketplace.jobs.service.publication import (
    answer,
    ask,
    close_job,
    invite_to_bid,
    publish_job,
    withdraw_job,
)

__all__ = [
    "JobText",
    "Offer",
    "answer",
    "answer_diagnosis",
    "ask",
    "award",
    "close_job",
    "declare_conflict",
    "draft_from_diagnosis",
    "draft_job",
    "edit_job",
    "invite_to_bid",
    "place_bid",
    "publish_job",
    "score_bid",
    "withdraw_bid",
    "withdraw_job",
]
