"""Who may do what to a job or a bid, and when: pure rules over loaded rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from marketplace.core.actors import SME, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound, Words, explain
from marketplace.core.i18n import _
from marketplace.core.reasons import check_reason
from marketplace.jobs.models import BidScore, ConflictDeclaration, Job
from marketplace.jobs.scoring import Criterion, weights_are_complete
from marketplace.jobs.states import JobStatus
from marketplace.providers.rules import OBSTACLES
from marketplace.vouchers.models import Voucher
from marketplace.vouchers.states import VoucherStatus

HIGHEST_PRICE = 10**12
MOST_DAYS = 366

CRITERIA: dict[str, Words] = {
    "approach": _("Approach"),
    "experience": _("Experience of the consultants"),
    "schedule": _("Schedule"),
    "price": _("Price"),
}

ATTESTATIONS: dict[str, Words] = {
    "own_price": _("We set our price alone and spoke with no other bidder about it."),
    "no_refund": _("We will not pay, lend or give back the company's own share."),
    "no_interest": _("Neither our firm nor the named consultants have an interest in the company."),
    "own_work": _("The named consultants will do the work themselves."),
}

RECORDED_CONFLICT = _("A conflict of interest between this firm and the company is on record.")
_SEALED = _("Bids are sealed until the deadline.")
_PASSED = _("The deadline for bids has passed.")

explain(
    {
        "jobs_frozen": _("A published job can't be changed. You can withdraw it and publish a new one."),
        "ck_jobs_bidding_window": _("Leave bidders at least seven days."),
        "bids_deadline": _PASSED,
        "bids_sealed": _SEALED,
        "uq_bids_live": _("Your firm already bids for this job. Replace that bid."),
        "uq_awards_job_id": _("This job is already awarded."),
        "uq_awards_bid_id": _("This job is already awarded."),
        "uq_bids_won": _("This job is already awarded."),
        "bid_scores_time": _("Bids are scored between the deadline and the award."),
        "uq_conflict_declarations_job_id_person_id": _("You have already made this declaration."),
        "uq_invitations_job_id_provider_id": _("This firm is already invited."),
        **{f"bid_{code}": words for code, words in OBSTACLES.items()},
    }
)


def check_prepares(actor: Actor, job: Job) -> None:
    """The company's own people prepare its jobs; another company's job is not there for them."""
    if actor.role not in SME:
        raise Forbidden()
    if actor.organisation_id != job.organisation_id:
        raise NotFound()


def check_binds(actor: Actor, job: Job) -> None:
    """Only the company's signatory publishes, withdraws and awards."""
    check_prepares(actor, job)
    if actor.role is not Role.SIGNATORY:
        raise Forbidden(_("Only the company's signatory may do this."))


def check_judges(actor: Actor, job: Job) -> None:
    """Bids are judged by the company's own people, never by an outside helper."""
    check_prepares(actor, job)
    if actor.role is Role.HELPER:
        raise Forbidden()


def check_draft(job: Job) -> None:
    """Only a draft can be changed."""
    if job.status != JobStatus.DRAFT:
        raise DomainError(_("A published job can't be changed. You can withdraw it and publish a new one."))


def check_criteria(weights: Mapping[str, int]) -> list[dict[str, object]]:
    """The criteria as they are stored; the weights are whole, none negative, and sum to exactly 100."""
    criteria = [Criterion(code, weights[code]) for code in CRITERIA if weights.get(code)]
    if set(weights) - set(CRITERIA) or not weights_are_complete(criteria):
        raise Invalid(_("The weights must sum to exactly 100."), field="weight_price")
    return [{"code": criterion.code, "weight": criterion.weight} for criterion in criteria]


def check_may_publish(job: Job, voucher: Voucher, *, closes_at: datetime, now: datetime, shortest_days: int) -> None:
    """A draft is published on the company's own valid voucher, for its service, with the days to bid or more."""
    check_draft(job)
    if voucher.organisation_id != job.organisation_id:
        raise NotFound()
    if voucher.status != VoucherStatus.ISSUED or voucher.expires_at <= now:
        raise Invalid(_("This voucher is not valid now."), field="voucher")
    if job.service_line not in voucher.programme.service_lines:
        raise Invalid(_("This voucher does not cover the service of this job."), field="voucher")
    if closes_at < now + timedelta(days=shortest_days):
        raise Invalid(_("Leave bidders at least %(days)s days.", days=shortest_days), field="closes_on")
    if closes_at >= voucher.expires_at:
        raise Invalid(_("The deadline must lie before the voucher expires."), field="closes_on")


def is_open(job: Job, now: datetime) -> bool:
    """True while bids and questions are taken."""
    return job.status == JobStatus.PUBLISHED and job.closes_at is not None and now < job.closes_at


def is_unsealed(job: Job, now: datetime) -> bool:
    """True once bids may be read: after the deadline, unless the job was withdrawn before it."""
    if job.closes_at is None or now < job.closes_at:
        return False
    return job.withdrawn_at is None or job.withdrawn_at >= job.closes_at


def check_open(job: Job, now: datetime) -> None:
    """Bids and questions are taken until the deadline of a published job."""
    if job.status != JobStatus.PUBLISHED:
        raise DomainError(_("This job takes no bids."))
    if not is_open(job, now):
        raise DomainError(_PASSED)


def check_unsealed(job: Job, now: datetime) -> None:
    """Nobody reads, scores or decides before the deadline."""
    if not is_unsealed(job, now):
        raise DomainError(_SEALED)


def check_offer(
    job: Job, *, prices: Mapping[str, int], days: Mapping[str, int], attestations: Mapping[str, bool]
) -> None:
    """An offer names a net price and days for exactly the job's stages and makes every attestation."""
    stages = set(job.stages)
    if set(prices) != stages or any(not 0 <= price <= HIGHEST_PRICE for price in prices.values()):
        raise Invalid(_("Give a price for every stage."), field="prices")
    if not 0 < sum(prices.values()) <= HIGHEST_PRICE:
        raise Invalid(_("The total price must be more than 0."), field="prices")
    if set(days) != stages or any(not 1 <= count <= MOST_DAYS for count in days.values()):
        raise Invalid(_("Give the days for every stage."), field="days")
    if not all(attestations.get(code) is True for code in ATTESTATIONS):
        raise Invalid(_("Confirm every statement."), field="attestations")


def check_price_parts(job: Job, prices: Mapping[str, int], parts: Mapping[str, Mapping[str, int]] | None) -> None:
    """Where the job has several categories of cost, each stage's price is the sum of a price for each of them."""
    if len(job.cost_categories) == 1 and parts is None:
        return
    by_stage = parts or {}
    whole = all(
        set(by_stage.get(stage, {})) == set(job.cost_categories)
        and min(by_stage[stage].values()) >= 0
        and sum(by_stage[stage].values()) == price
        for stage, price in prices.items()
    )
    if len(job.cost_categories) == 1 or set(by_stage) != set(prices) or not whole:
        raise Invalid(_("Give a price for every category of cost in every stage."), field="prices")


def check_no_conflict(declaration: ConflictDeclaration | None) -> None:
    """Whoever judges bids has declared, for this job, to have no conflict with any bidder."""
    if declaration is None:
        raise DomainError(_("Declare first whether you have a conflict of interest."))
    if declaration.has_conflict:
        raise Forbidden(
            _("You declared a conflict of interest for this job. Somebody else of your company must decide.")
        )


def check_points(job: Job, *, criterion: str, points: int, reason: str) -> None:
    """Points are 0 to 100 for one of the job's own criteria, with a reason in words."""
    if criterion not in {entry["code"] for entry in job.criteria}:
        raise Invalid(_("This is not a criterion of the job."))
    if not 0 <= points <= 100:
        raise Invalid(_("Use a number from 0 to 100."), field=f"points_{criterion}")
    check_reason(reason, field=f"reason_{criterion}")


def check_scored(job: Job, scores: Sequence[BidScore]) -> None:
    """A bid is complete when it has points and a reason for every criterion."""
    if {score.criterion for score in scores} != {entry["code"] for entry in job.criteria}:
        raise DomainError(_("Score every bid on every criterion first."))


def check_reasons(reasons: Mapping[UUID, str]) -> None:
    """Every bid gets a reason: the winner why it won, the others why they did not."""
    for bid_id, reason in reasons.items():
        check_reason(reason, field=f"reason_{bid_id}")
