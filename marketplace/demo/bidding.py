"""Scenes from a voucher to an award: diagnosis, job, question, bids, scores."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from random import Random
from uuid import UUID

from marketplace.core import clock
from marketplace.demo import words
from marketplace.demo.story import Tale
from marketplace.jobs import diagnosis, queries, rules, service
from marketplace.vouchers import queries as vouchers

OPEN_DAYS = 8
BUDGET = 16_000_000  # net, as a company names it to bidders


def diagnose(tale: Tale) -> None:
    """Answer the self-diagnosis."""
    line = vouchers.get_voucher(tale.voucher_id).application.service_line
    answers = {
        question.code: tale.chance.randint(1, 3) if question.line == line else tale.chance.randint(3, 5)
        for question in diagnosis.EDITIONS.on(clock.today()).questions
    }
    who = tale.company.preparer or tale.company.signatory
    tale.ids["line"] = line
    tale.ids["diagnosis"] = service.answer_diagnosis(actor=who, answers=answers).id


def draft(tale: Tale) -> None:
    """Let the answers draft the job."""
    who = tale.company.preparer or tale.company.signatory
    job = service.draft_from_diagnosis(
        tale.ids["diagnosis"], actor=who, language=tale.language, service_line=tale.ids["line"]
    )
    tale.ids["job"] = job.id


def publish(tale: Tale) -> None:
    """Publish it for bids, and invite one firm."""
    closes_at = clock.end_of_day(clock.today() + timedelta(days=tale.plan.wait.get("open", OPEN_DAYS)))
    service.publish_job(
        tale.ids["job"], actor=tale.company.signatory, voucher_id=tale.voucher_id, closes_at=closes_at, budget=BUDGET
    )
    tale.bidders = tale.world.firms_for(tale.ids["line"], 3)
    service.invite_to_bid(tale.ids["job"], actor=tale.company.signatory, provider_id=tale.bidders[0].id)


def ask(tale: Tale) -> None:
    """A firm asks in public."""
    text = words.pick(tale.chance, "questions", tale.language)
    tale.ids["question"] = service.ask(tale.ids["job"], actor=tale.bidders[0].manager, text=text).id


def answer(tale: Tale) -> None:
    """The company answers in public."""
    text = words.pick(tale.chance, "answers", tale.language)
    service.answer(tale.ids["question"], actor=tale.company.signatory, text=text)


def bid(tale: Tale) -> None:
    """Two or three firms bid under seal."""
    stages = vouchers.get_voucher(tale.voucher_id).programme.stages
    for firm in tale.bidders[: tale.chance.randint(2, 3)]:
        named = tale.chance.sample(firm.consultants, min(2, len(firm.consultants)))
        made = offer(tale.chance, stages, tale.language, [consultant_id for consultant_id, _actor in named])
        service.place_bid(tale.ids["job"], actor=firm.manager, offer=made)


def offer(chance: Random, stages: Iterable[str], language: str, consultant_ids: Sequence[UUID]) -> service.Offer:
    """Prices and days drawn by chance for these stages, by these consultants."""
    return service.Offer(
        prices={stage: chance.randint(35, 60) * 100_000 for stage in stages},
        days={stage: chance.randint(4, 12) for stage in stages},
        approach=words.texts()["approach"][language],
        consultant_ids=consultant_ids,
        attestations=dict.fromkeys(rules.ATTESTATIONS, True),
    )


def declare(tale: Tale) -> None:
    """The signatory declares to have no conflict with a bidder."""
    service.declare_conflict(tale.ids["job"], actor=tale.company.signatory, has_conflict=False)


def score(tale: Tale) -> None:
    """Score every bid on every criterion, with reasons."""
    for entry in queries.live_bids(tale.ids["job"]):
        for criterion in rules.CRITERIA:
            service.score_bid(
                entry.id,
                actor=tale.company.signatory,
                criterion=criterion,
                points=tale.chance.randint(5, 19) * 5,
                reason=words.reason(criterion, tale.language),
            )


def award(tale: Tale) -> None:
    """Award to the best; everybody gets a reason."""
    job = queries.get_job(tale.ids["job"], actor=tale.company.signatory)
    opened = queries.opened_bids(job, actor=tale.company.signatory)
    best = next(row for row in opened if not row.obstacle)
    reasons = {row.bid.id: words.reason("won" if row is best else "lost", tale.language) for row in opened}
    made = service.award(tale.ids["job"], actor=tale.company.signatory, bid_id=best.bid.id, reasons=reasons)
    tale.ids["award"] = made.id
    tale.firm = next(firm for firm in tale.world.firms if firm.id == best.bid.provider_id)
