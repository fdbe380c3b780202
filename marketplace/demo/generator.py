"""Makes the demo's data: two years of a made-up agency, played by the verbs from a fixed seed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select

from marketplace.accounts import passwords
from marketplace.accounts import service as accounts
from marketplace.certificates import service as certificates
from marketplace.claims import service as claims
from marketplace.core import clock, db, task_queue
from marketplace.core.tasks import schedule
from marketplace.demo import agency, bank, certifying, newcomers, offers, paying, plans, registers, words
from marketplace.demo.applying import apply
from marketplace.demo.people import TOUR_COMPANY, TOUR_FIRM, Cast
from marketplace.demo.plans import Scale
from marketplace.demo.registers import NamePair
from marketplace.demo.story import World
from marketplace.demo.walk import Story, Walk, later
from marketplace.programmes.models import Programme
from marketplace.programmes.states import AllocationMethod
from marketplace.reports import service as reports
from marketplace.vouchers import service as vouchers

SEED = 2005
YEARS_AGO = 728
NEWER_FIRMS = 196
"""Days before today at which those firms come that have no part in the past season."""
TIMED = (
    vouchers.expire_vouchers,
    vouchers.remind_holders,
    certificates.remind_of_certificates,
    claims.end_holds,
    accounts.end_expired_memberships,
    reports.reconcile,
)


def has_data() -> bool:
    """True when there is any programme."""
    return db.session.scalar(select(Programme.id).limit(1)) is not None


def generate(scale: Scale, say: Callable[[str], None]) -> World:
    """Play two years up to this moment; business time is the real time again at the end, whatever happens."""
    chance = Random(SEED)  # noqa: S311  the same world each time, nothing secret
    walk = Walk()
    world = World(walk, Cast(chance), chance)
    walk.tell(walk.ago(YEARS_AGO), _opening(world, scale))
    with passwords.cheap(), task_queue.silent():
        _play(world, say)
    say(_progress(world, "today"))
    return world


def _play(world: World, say: Callable[[str], None]) -> None:
    quarter = None
    world.walk.set_out()
    try:
        while (at := world.walk.go_on()) is not None:
            if quarter != (at.year, (at.month - 1) // 3):
                quarter = (at.year, (at.month - 1) // 3)
                say(_progress(world, f"{at:%Y-%m}"))
    finally:
        world.walk.come_back()


def _progress(world: World, moment: str) -> str:
    people = f"{len(world.companies)} companies, {len(world.firms)} consulting firms"
    return f"  {moment}: {people}, {world.walk.steps} steps of their stories"


def _opening(world: World, scale: Scale) -> Story:
    """The agency opens: people, programmes, then everybody's stories begin."""
    world.cast.hire()
    agency.introduce(world.cast)
    programmes = offers.open_programmes(world.cast)
    pairs = words.firm_names(world.chance)
    walk = world.walk
    walk.tell(walk.ago(YEARS_AGO - 1), _companies_come(world, scale, pairs[: scale.companies]))
    walk.tell(walk.ago(YEARS_AGO - 2), _firms_come(world, scale, pairs[scale.companies :], range(scale.firms_of_old)))
    walk.tell(walk.ago(20), _people_of_the_tour(world, pairs[-2], pairs[-1]))
    walk.tell(walk.ago(5), newcomers.come(world, pairs[-6:-2], SEED + 2))
    newer = range(scale.firms_of_old, scale.firms)
    walk.tell(walk.ago(NEWER_FIRMS), _firms_come(world, scale, pairs[scale.companies :], newer))
    for number, offer in enumerate(plans.calls(scale)):
        walk.tell(walk.ago(max(offer.opens + 10, 2)), _call(world, offer, programmes[offer.programme], number))
    applicants = next(offer.companies for offer in plans.calls(scale) if offer.method is plans.SCORED)
    walk.tell(walk.ago(certifying.BEFORE), certifying.certify(world, slice(*applicants)))
    walk.tell(walk.ago(scale.first_pay_day), paying.pay_days(world, last=9))
    walk.tell(walk.ago(5), paying.last_batches(world))
    walk.tell(walk.ago(YEARS_AGO - 1), _sweep())
    yield walk.ago(0)


def _companies_come(world: World, scale: Scale, pairs: list[NamePair]) -> Story:
    for number, pair in enumerate(pairs):
        world.companies.append(registers.add_company(world.cast, pair, number))
        if number % 4 == 3:
            yield later(0.2)


def _firms_come(world: World, scale: Scale, pairs: list[NamePair], numbers: range) -> Story:
    for number in numbers:
        firm = registers.add_firm(world.cast, pairs[number], number, staff=world.chance.choice((1, 2, 2, 3)))
        if number < scale.firms - scale.firms_waiting:
            registers.approve_firm(firm, world.cast)
            world.firms.append(firm)
            world.walk.tell(later(1, hour=9), registers.keep_ready(firm, world.cast))
            yield later(0.2)
        else:
            yield world.walk.ago(3)


def _people_of_the_tour(world: World, company: NamePair, firm: NamePair) -> Story:
    """A company that has applied for nothing and a firm that may bid, kept out of every other story; both get their
    mails in English, as the tour is."""
    cast = replace(world.cast, chance=Random(SEED + 1))  # noqa: S311  so that the rest of the world stays as it is
    registers.add_company(cast, company, 0, TOUR_COMPANY, "en")
    made = registers.add_firm(cast, firm, 0, staff=2, domain=TOUR_FIRM, locale="en")
    registers.approve_firm(made, cast)
    yield later(1, hour=9)
    yield from registers.keep_ready(made, cast)


def _call(world: World, offer: plans.Offer, programme_id: UUID, number: int) -> Story:
    """Draft a call, publish it, and let companies apply; have it scored, or end it, where that is planned."""
    walk = world.walk
    opens_at, closes_at = walk.ago(offer.opens), walk.ago(offer.closes)
    call_id = offers.draft_call(
        programme_id,
        offer.title,
        opens_at,
        closes_at,
        offer.vouchers,
        cast=world.cast,
        method=offer.method,
        quotas=offer.quotas,
    )
    if not offer.published:
        return
    yield later(2)
    offers.publish_call(call_id, cast=world.cast)
    world.plans[call_id] = list(offer.plans)
    for position, (company, until) in enumerate(_applicants(world, offer)):
        at = opens_at + timedelta(hours=3 + position * offer.pace)
        walk.tell(at, apply(world, company, call_id, until=until))
    if offer.closes < 0:
        yield opens_at + timedelta(days=1)
        offers.correct(call_id, cast=world.cast)
    if offer.method.code == AllocationMethod.SCORED:
        yield closes_at + timedelta(days=1)
        offers.score(call_id, cast=world.cast)
    if offer.wound_down is not None:
        yield walk.ago(offer.wound_down)
        offers.wind_down(call_id, cast=world.cast)


def _applicants(world: World, offer: plans.Offer) -> Iterator[tuple[registers.Company, str]]:
    first, last = offer.companies
    for position, company in enumerate(world.companies[first:last]):
        yield company, offer.until.get(position, "submitted" if offer.closes < 0 else "")


def _sweep() -> Iterator[datetime]:
    """What the timetable would ask for, every two weeks."""
    while True:
        for verb in TIMED:
            schedule(verb, key=f"played:{clock.now().isoformat()}")
        bank.close_days(before=clock.today())
        yield clock.now() + timedelta(days=14)
