"""A random month at the bank, told as notifications and statements, cut and ordered at random.

Whatever comes in whichever order: nothing is booked twice, nothing is lost, and every share and claim is as its money
says. After the statements of all days up to one, the books' bank account is the bank's closing balance of that day.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from marketplace.claims import queries, service
from marketplace.claims.models import BankBooking, BankEntry, BankImport, PaymentBatch
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.engagements import queries as engagement_queries
from marketplace.engagements.models import CoPayment
from marketplace.reports import proof
from tests.embedded_server import OWN_ACCOUNT
from tests.factories import claims as make
from tests.factories import engagements
from tests.factories.accounts import make_officer
from tests.factories.bank_reports import Detail, Entry, report
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database", "clock")
FEE = 500
SPELLINGS = (OWN_ACCOUNT, OWN_ACCOUNT.replace("-", ""), OWN_ACCOUNT.replace("-", "\u2013"))
HABITS = ("", "richer", "early")
WAYS = ("plain", "charge", "dollars", "words", "back", "again", "never")


@dataclass
class Payments:
    """What is to be paid, and what the bank will have done with it in the end."""

    shares: list[CoPayment]
    batches: list[PaymentBatch]
    paid: dict[str, bool] = field(default_factory=dict)
    returned: dict[str, bool] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    entries: list[Entry] = field(default_factory=list)


def several() -> Payments:
    """Shares that are awaited, and two batches of refunds that were sent."""
    story = engagements.make_story(budget=10_000_000_000)
    first, second = story.budget_officers
    small = {"diagnosis": 100_000, "action-plan": 100_000, "execution": 100_000}
    shares = []
    for _number in range(4):
        agreement = engagements.make_agreement(story, small)
        engagements.redeem(story, agreement)
        payment = engagement_queries.find_co_payment(agreement.id)
        assert payment is not None
        shares.append(payment)
    work, batches = engagements.make_engagement(story), []
    for number in range(2):
        asked = {"actor": SYSTEM, "amount": 1000 * (number + 1), "reason": "Cut"}
        refunds = [service.request_refund(work.agreement_id, key=f"{number}:{one}", **asked) for one in range(3)]
        batch = service.prepare_batch(actor=first, refund_ids=[one.id for one in refunds], key=f"batch:{number}")
        batches.append(service.send_batch(batch.id, actor=second, key=f"send:{number}"))
    return Payments(shares, batches)


@pytest.fixture(scope="session")
def begins() -> Tale:
    return several


def month(told: Payments, chance: Random, days: Sequence[date]) -> None:
    """What happened at the bank: entries in the order in which it booked them."""
    for share in told.shares:
        share_of_month(told, share, chance, days)
    for batch in told.batches:
        month_of_batch(told, batch, chance, days)
    for _number in range(chance.randrange(6)):
        words = chance.choice(("Interest", "Fee", "", "COP-1999-000001"))
        amount = chance.choice((-FEE, -FEE, 100, 100, 7))
        payer = [Detail(account=str(chance.randrange(5)), words=words)] if amount > 0 and chance.random() < 0.5 else []
        told.entries.append(Entry(amount, payer, on=chance.choice(days), mark=mark(chance), words=words))


def day_of(days: Sequence[date], place: int) -> date:
    """A day of the month, or its last one."""
    return days[min(place, len(days) - 1)]


def share_of_month(told: Payments, share: CoPayment, chance: Random, days: Sequence[date]) -> None:
    """A company pays its share in one way or another, and the bank may take it back."""
    # Two payments of a share on one day, each told by another report, are nobody's to tell apart.
    day, way = chance.randrange(len(days) - 2), chance.choice(WAYS)
    told.paid[share.reference] = way not in ("back", "never")
    if way == "never":
        return
    detail = Detail(share.reference, account=str(chance.randrange(10**6, 10**7)), mark=mark(chance))
    amount = share.amount
    if way == "charge":
        detail, amount = replace(detail, amount=amount, charge=FEE), amount - FEE
    if way == "dollars":
        detail = replace(detail, amount=1, currency="USD")
    if way == "words":
        detail = replace(detail, reference="NOTPROVIDED", words=f"pays {share.reference.lower()}")
    entry = Entry(amount, [detail], on=day_of(days, day), mark=mark(chance))
    told.entries.append(entry)
    if way in ("back", "again"):
        told.entries.append(
            replace(
                entry,
                amount=chance.choice((1, -1)) * amount,
                on=day_of(days, day + 1),
                mark=mark(chance),
                reversal=True,
            )
        )
    if way == "again":
        told.again.add(share.reference)
        told.entries.append(replace(entry, on=day_of(days, day + 2), mark=mark(chance)))


def month_of_batch(told: Payments, batch: PaymentBatch, chance: Random, days: Sequence[date]) -> None:
    """The bank makes a batch's payments one by one or as one debit, and some come back."""
    day, lines = chance.randrange(9), list(batch.lines)
    total = sum(line.amount for line in lines)
    way = chance.choice(("single", "details", "whole", "charged"))
    if way == "single":
        told.entries += [
            Entry(-line.amount, [Detail(line.end_to_end_id, account="")], on=day_of(days, day), mark=mark(chance))
            for line in lines
        ]
    elif way == "whole":
        told.entries.append(Entry(-total, batch=batch.number, on=day_of(days, day), mark=mark(chance)))
    else:
        details = [Detail(line.end_to_end_id, line.amount, account="") for line in lines]
        cost = FEE // 50 if way == "charged" else 0
        told.entries.append(Entry(-total - cost, details, on=day_of(days, day), mark=mark(chance)))
    for line in lines:
        told.returned[line.end_to_end_id] = chance.random() < 0.3
        if told.returned[line.end_to_end_id]:
            kept = chance.choice((0, 5))
            detail = Detail(line.end_to_end_id, line.amount, charge=kept, account="", reason="AC04")
            told.entries.append(Entry(line.amount - kept, [detail], on=day_of(days, day + 1), mark=mark(chance)))


def mark(chance: Random) -> str:
    """The bank's reference: none, a running number that comes again, or one of its own."""
    return chance.choice(("", str(chance.randrange(3)), f"B{chance.randrange(10**9)}"))


@dataclass(frozen=True)
class File:
    """A report of the bank, which it may send again."""

    kind: str
    entries: Sequence[Entry]
    name: str
    on: date
    opening: int | None = None
    closing: int | None = None

    def xml(self, account: str = "") -> bytes:
        """Its content: each call is another file."""
        balances = {"opening": self.opening, "closing": self.closing}
        return report(self.kind, *self.entries, **balances, on=self.on, name=self.name, account=account)


def cut(entries: Sequence[Entry], chance: Random, days: Sequence[date], *, habit: str) -> list[bytes]:
    """The month as files in a random order: of each day a statement, and of most entries a notification.

    Either kind may tell as one collective entry what the other tells one by one; or, by the habit "early", a
    notification tells a day before the statement what has a name or a reference of the bank. By the habit "richer" many
    a file comes once more and says more.
    """
    opening, files = 0, []
    for day in days:
        of_day = [entry for entry in entries if entry.on == day]
        is_merged = chance.random() < 0.4 and habit != "early"
        told = merged(of_day, chance) if is_merged else of_day if habit == "early" else remarked(of_day, chance)
        closing = opening + sum(money(entry) for entry in of_day)
        files.append(File("camt.053", told, f"D{day}", day, opening, closing))
        opening = closing
        notified = of_day if is_merged or chance.random() < 0.7 else []
        if habit == "early":
            notified = [early(entry) for entry in notified]
        elif notified and chance.random() < 0.2:
            notified = remarked(notified, chance)
        while notified:
            size = chance.randrange(1, len(notified) + 1)
            kind = chance.choice(("camt.054", "camt.054", "camt.052"))
            files.append(File(kind, notified[:size], f"N{len(files)}", day))
            notified = notified[size:]
    contents = [file.xml() for file in files]
    twice = chance.sample(contents, len(contents) // 3)
    contents += [content.replace(b"<GrpHdr>", b"<GrpHdr> ") for content in twice]
    if habit == "richer":
        contents += [richer(file, chance).xml(chance.choice(SPELLINGS)) for file in files if chance.random() < 0.5]
    chance.shuffle(contents)
    return contents


def early(entry: Entry) -> Entry:
    """The entry as it is told a day before the statement, if that names it."""
    is_named = any(detail.reference != "NOTPROVIDED" for detail in entry.details) and len(entry.details) == 1
    assert entry.on is not None
    return replace(entry, on=entry.on - timedelta(days=1)) if is_named else entry


def richer(file: File, chance: Random) -> File:
    """The report sent again: it says more of each entry that can be known from a reference, or by its statement."""
    return replace(file, entries=[said_better(entry, file.kind == "camt.053", chance) for entry in file.entries])


def said_better(entry: Entry, in_statement: bool, chance: Random) -> Entry:
    """The entry with a reference of the bank, with words, and with its payer's account written otherwise."""
    is_named = any(detail.reference != "NOTPROVIDED" for detail in entry.details)
    if not (in_statement or is_named or entry.mark.startswith("B")) or chance.random() < 0.3:
        return entry
    details = entry.details or [Detail(account="", payer="", words="Now with details")]
    better = [
        replace(detail, words=f"{detail.words} More words", account="-".join(detail.account)) for detail in details
    ]
    return replace(entry, details=better, mark=entry.mark or f"B{chance.randrange(10**9)}", words="More of it")


def money(entry: Entry) -> int:
    """What an entry adds to the account: some banks keep the direction of what they reverse."""
    return -abs(entry.amount) if entry.reversal else entry.amount


def remarked(entries: Sequence[Entry], chance: Random) -> list[Entry]:
    """The same entries under other references of the bank."""
    return [
        replace(entry, mark=mark(chance), details=[replace(detail, mark=mark(chance)) for detail in entry.details])
        for entry in entries
    ]


def merged(entries: Sequence[Entry], chance: Random) -> list[Entry]:
    """Some of the day's credits as one collective entry without details, likewise its payments."""
    told = []
    for sign in (1, -1):
        alike = [entry for entry in entries if entry.amount * sign > 0 and not entry.reversal]
        chosen = [entry for entry in alike if chance.random() < 0.6]
        told += [entry for entry in alike if all(entry is not one for one in chosen)]
        if chosen:
            told.append(Entry(sum(entry.amount for entry in chosen), on=chosen[0].on, mark=mark(chance)))
    return told + [entry for entry in entries if entry.reversal]


def check(made: BankImport) -> None:
    """On each day whose statement has come the books moved as it says; the statement is proved."""
    for one in queries.proofs(made.reports):
        assert (one.report.sum in (None, "proved"), list(one.apart)) == (True, [])


def held() -> Counter[int]:
    """Money that came and waits for an officer, by amount."""
    return Counter(row.amount for row in queries.unmatched_entries(limit=100) if row.direction == "credit")


def check_payments(told: Payments) -> None:
    """Every share and every payment is as its money says.

    Of a share that was paid, taken back and paid again within few days a person may have to say which money is which:
    then exactly that money waits.
    """
    waiting = held()
    for share in told.shares:
        db.session.refresh(share)
        is_paid = share.status == "paid"
        if not is_paid and share.reference in told.again:
            is_paid = waiting[share.amount] > 0
            waiting[share.amount] -= 1
        assert (share.reference, is_paid) == (share.reference, told.paid[share.reference])
    for batch in told.batches:
        for line in queries.lines_of(batch.id):
            returned = told.returned[line.end_to_end_id]
            assert (line.end_to_end_id, line.status) == (line.end_to_end_id, "returned" if returned else "paid")


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 150))])
def test_a_month_at_the_bank(told: Payments, seed: int) -> None:
    habit = HABITS[seed % len(HABITS)]
    chance, officer = Random(seed), make_officer(Role.BUDGET_OFFICER)
    today = business_clock.today()
    days = [today + timedelta(days=ahead) for ahead in range(1, 11)]
    begun = proof.bank_balances()["KRW"][1]
    month(told, chance, days)
    taken = []
    for content in cut(told.entries, chance, days, habit=habit):
        taken.append(make.take(content, officer))
        # A notification that comes before its statement moves the books on another day for a while.
        if habit != "early":
            check(taken[-1])
    for made in taken:
        check(made)
    moved = proof.bank_balances()["KRW"][1] - begun
    assert moved == sum(money(entry) for entry in told.entries), "nothing twice, nothing lost"
    assert proof.prove().faults == []
    check_payments(told)
    listed = db.session.scalar(select(func.count(func.distinct(BankEntry.booking_id))))
    assert listed == db.session.scalar(select(func.count(BankBooking.id))), "every entry is listed"
