"""The demo's own verbs: move business time, play the bank, let other firms bid; all in the audit trail."""

import re
from datetime import timedelta
from random import Random
from uuid import UUID

from marketplace.accounts import queries as accounts_queries
from marketplace.accounts import service as accounts
from marketplace.claims import service as claims
from marketplace.claims.queries import get_batch
from marketplace.core import clock, db, task_queue
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.audit import record
from marketplace.core.errors import Invalid
from marketplace.core.i18n import _
from marketplace.core.tasks import schedule
from marketplace.demo import bank, bidding, queries, registers
from marketplace.demo.people import acting
from marketplace.jobs import queries as jobs
from marketplace.jobs import service as jobs_service
from marketplace.jobs.models import Job
from marketplace.matching.queries import rank_for
from marketplace.providers import queries as providers
from marketplace.receivables.models import Receivable
from marketplace.vouchers import service as vouchers

RIVALS = 2
"""So many of the other firms bid for a job that a visitor has published."""
BETWEEN_BEATS = timedelta(minutes=1)
"""The program beats more often than this while it runs, so business time never goes back."""
LONGEST = timedelta(days=400)
UNITS = {"d": "days", "h": "hours", "m": "minutes", "w": "weeks"}
# What the timetable asks for by itself a little later; asked for at once when business time moves.
ON_MOVE = (
    vouchers.expire_vouchers,
    vouchers.remind_holders,
    vouchers.chase_scorers,
    claims.end_holds,
    accounts.end_expired_memberships,
)


def parse_span(typed: str) -> timedelta:
    """A span of time such as 8d, 36h, 90m or 2w; Invalid for anything else, nothing and more than 400 days."""
    match = re.fullmatch(r"([0-9]{1,5})([dhmw])", typed.strip())
    span = timedelta(**{UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not timedelta() < span <= LONGEST:
        raise Invalid(_("Write how far to go, such as 8d, 36h or 2w; at most 400 days."), field="span")
    return span


def advance(by: timedelta, *, actor: Actor) -> None:
    """Move business time forward; what falls due is done in the background within seconds."""
    year = clock.today().year
    _move(by, actor)
    if clock.today().year != year:
        _begin_season()
    bank.close_days(before=clock.today())
    for verb in ON_MOVE:
        schedule(verb, key=f"moved:{clock.now().isoformat()}")


def resume() -> None:
    """Let business time go on from where it stood when the program was last alive, so that no scene lapses while it
    is off."""
    silent = timedelta(seconds=task_queue.seconds_since_beat("worker") or 0)
    if silent > BETWEEN_BEATS:
        _move(BETWEEN_BEATS - silent, SYSTEM)


def _move(by: timedelta, actor: Actor) -> None:
    before = clock.now()
    db.move_clock(by)
    record(actor, "demo.advance", ("clock_offset", UUID(int=0)), before={"now": before}, after={"now": clock.now()})


def _begin_season() -> None:
    """In a new year everybody signs the code of ethics anew and takes the courses that run out."""
    officer = accounts_queries.find_person_by_email("programme2@agency.example")
    if officer is None:
        return
    recording = acting(officer.id, Role.PROGRAMME_OFFICER)
    for consultant_id, person_id in queries.consultants_at_work():
        registers.sign_and_learn(consultant_id, acting(person_id, Role.CONSULTANT), recording)


def answer_batch(batch_id: UUID, *, actor: Actor) -> None:
    """The bank books every payment of a batch that was sent."""
    record(actor, "demo.answer_batch", get_batch(batch_id))
    bank.settle_batch(batch_id)


def close_bank_day(*, actor: Actor) -> int:
    """The bank writes the statement of today, and of days before that have none; how many there were."""
    record(actor, "demo.close_bank_day", ("bank_imports", UUID(int=0)))
    return bank.close_days(before=clock.today() + timedelta(days=1))


def pay_share(agreement_id: UUID, *, actor: Actor, payer: str, account: str) -> None:
    """The bank reports that a company's share has arrived from this payer."""
    record(actor, "demo.pay_share", ("agreements", agreement_id))
    bank.pay_share(agreement_id, payer=payer, account=account)


def pay_debt(receivable_id: UUID, *, actor: Actor, payer: str, account: str, amount: int) -> None:
    """The bank reports that so many minor units of a debt have come in from this payer; booked within seconds."""
    debt = db.get(Receivable, receivable_id)
    record(actor, "demo.pay_debt", debt, after={"amount": amount})
    bank.pay_debt(receivable_id, payer=payer, account=account, amount=amount)


def let_firms_bid(job_id: UUID, *, actor: Actor) -> int:
    """Let the first suitable firms that haven't bid for an open job bid under seal; how many did, two at most."""
    job = db.get(Job, job_id)
    record(actor, "demo.let_firms_bid", job)
    known = {queries.cast().tour_firm, *(bid.provider_id for bid in jobs.live_bids(job_id))}
    suitable = [candidate.provider for candidate in rank_for(job).candidates]
    chosen = [firm.id for firm in suitable if firm.ready_consultants and firm.id not in known][:RIVALS]
    managers = queries.managers_of(chosen)
    chance = Random(job.number)  # noqa: S311  the same bids each time, nothing secret
    for firm_id in chosen:
        standings = providers.standings_of(firm_id, clock.today())
        ready = [consultant_id for consultant_id, _name, obstacle in standings if obstacle is None]
        offer = bidding.offer(chance, job.stages, job.language, ready)
        jobs_service.place_bid(job_id, actor=acting(managers[firm_id], Role.MANAGER), offer=offer)
    return len(chosen)
