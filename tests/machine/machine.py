"""Every money verb in any order, by anybody: each succeeds or is refused with words, and the books stay sound."""

import inspect
import io
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError

from marketplace.claims import service as claims
from marketplace.claims.models import Claim, ClaimLine, Hold, PaymentBatch, PaymentLine, Refund
from marketplace.claims.rules import Cut
from marketplace.claims.states import CLAIM
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.audit import transition
from marketplace.core.errors import DomainError, _explanations
from marketplace.core.money import Money
from marketplace.engagements import service as engagements
from marketplace.engagements.models import Agreement, CoPayment, Engagement, Stage
from marketplace.engagements.states import STAGE
from marketplace.reports import proof
from marketplace.vouchers import service as vouchers
from marketplace.vouchers.models import Voucher
from tests.factories.claims import bank_answer
from tests.machine.debts import Debts
from tests.machine.table import Table

# How many steps lie between two full proofs by all transfers; in between the identities are checked on balances.
PROOF_EVERY = 300
WHICH = st.integers(0, 15)
WHO = st.integers(0, 2)
OFTEN = st.sampled_from((False, False, False, True))

SOUND = text(
    """
    SELECT (SELECT coalesce(sum(balance), 0) FROM ledger_accounts) AS total,
           (SELECT count(*) FROM ledger_accounts WHERE balance < 0 AND NOT may_be_negative) AS below_zero,
           (SELECT count(*) FROM (
               SELECT budget_line_id FROM ledger_accounts WHERE budget_line_id IS NOT NULL GROUP BY budget_line_id
               HAVING -sum(balance) FILTER (WHERE stage = 'source') IS DISTINCT FROM sum(balance) FILTER (WHERE stage
                   IN ('available', 'reserved', 'committed', 'payable', 'paid', 'returned'))) AS lines) AS budget_lines,
           (SELECT count(*) FROM vouchers WHERE amount <> released
               + (SELECT coalesce(sum(balance), 0) FROM ledger_accounts WHERE stage = 'reserved'
                     AND owner_id = vouchers.id)
               + (SELECT coalesce(sum(balance), 0) FROM ledger_accounts JOIN agreements ON agreements.id = owner_id
                   WHERE stage = 'committed' AND voucher_id = vouchers.id)
               + (SELECT coalesce(sum(approved_aid), 0) FROM claims JOIN engagements ON engagements.id = engagement_id
                    JOIN agreements ON agreements.id = agreement_id
                   WHERE claims.status IN ('approved', 'batched', 'paid') AND voucher_id = vouchers.id)) AS vouchers
    """
)


UNCLAIMED = select(Stage.id).where(
    Stage.status == "accepted", Stage.id.not_in(select(ClaimLine.stage_id).where(ClaimLine.withdrawn_at.is_(None)))
)


def order_of(model: Any) -> Sequence[Any]:
    """An order that is the same when a play is played again; ids are not."""
    if model is Stage:
        return select(Engagement.number).where(Engagement.id == Stage.engagement_id).scalar_subquery(), Stage.position
    own = {CoPayment: CoPayment.reference, PaymentLine: PaymentLine.end_to_end_id, Hold: Hold.placed_at}
    return (own.get(model, getattr(model, "number", None)),)


def sources(event: str) -> list[str]:
    """From which statuses of a claim the event may happen."""
    return [status for move in CLAIM.moves if move.event == event for status in move.sources]


def _ended(machine: "MoneyMachine") -> None:
    """What is bound of a voucher that ended meanwhile goes back to the budget: by lapsing, and by ended work."""
    machine.redeem(2, 0, False)
    machine.redeem(3, 0, False)
    machine.pay_share(0, 0)
    drawn = select(Agreement.voucher_id).where(Agreement.status == "redeemed").order_by(Agreement.number)
    for voucher_id in machine.read(drawn):
        machine.attempt(vouchers.revoke, voucher_id, actor=machine.table.officer, reason="Played")
    machine.lapse(0)
    machine.terminate(0, False)
    machine.refund_ended(0)


def _paid(machine: "MoneyMachine") -> None:
    """Stages are accepted, claimed, approved and paid."""
    machine.go_on(0, 0, 24)


def _asked_back(machine: "MoneyMachine") -> None:
    """Aid of a first stage is asked back: paid in part, kept back from the second stage's claim, given up."""
    machine.go_on(0, 0, 9)
    machine.extend(0)
    machine.ask_back(0, "recovery", True)
    machine.confirm(0, 0)
    machine.pay_debt(0, 10_000)
    machine.agree_anew(0, 5)
    machine.go_on(0, 0, 4)
    machine.set_off(0, 50_000)
    machine.go_on(0, 0, 3)
    machine.book()
    machine.write_off(0, 0, False)
    machine.write_off(0, 1, True)


OPENINGS: dict[str, Callable[["MoneyMachine"], None]] = {
    "as laid": lambda machine: None,
    "ended": _ended,
    "paid": _paid,
    "asked back": _asked_back,
}


class MoneyMachine(Debts, RuleBasedStateMachine):
    """One play: it begins at the laid table and is undone at its end."""

    table: ClassVar[Table]
    connection: ClassVar[Connection]
    steps: ClassVar[int] = 0
    done: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()
    keys = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = self.connection.begin_nested()
        self.played = 0
        with db.unit_of_work():
            db.load_clock()

    def teardown(self) -> None:
        """The books are proved by all transfers, then everything is undone."""
        self.prove()
        db.session.remove()
        self.savepoint.rollback()
        with db.unit_of_work():
            db.load_clock()

    def attempt(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Do the verb as a request does, in a unit of work of its own; then look at the books."""
        if "key" in inspect.signature(verb).parameters:
            kwargs.setdefault("key", self.key())
        try:
            with db.unit_of_work():
                verb(*args, **kwargs)
        except DomainError:
            self.refused[verb.__name__] += 1
        except IntegrityError as error:
            if error.orig.diag.constraint_name not in _explanations:  # type: ignore[union-attr]
                raise
            self.refused[verb.__name__] += 1
        else:
            self.done[verb.__name__] += 1
        type(self).steps += 1
        self.played += 1
        self.look()

    def key(self) -> str:
        """A form's one-time key."""
        return f"machine-{next(self.keys)}"

    def look(self) -> None:
        """The identities hold, by balances after every step and by all transfers every so often."""
        figures = self.connection.execute(SOUND).one()._mapping
        wrong = {name: count for name, count in figures.items() if count}
        assert not wrong, wrong
        if self.played % PROOF_EVERY == 0:
            self.prove()

    def prove(self) -> None:
        """The proof that the service itself publishes finds nothing."""
        with db.unit_of_work():
            faults = proof.prove().faults
        assert not faults, [str(fault) for fault in faults]

    def pick(self, model: Any, which: int, *statuses: str) -> UUID | None:
        """One of the rows in these statuses; any row where there is none, and sometimes anyway."""
        rows = self.connection.execute(select(model.id, model.status).order_by(*order_of(model))).all()
        ready = [row.id for row in rows if row.status in statuses]
        among = ready if ready and which < 13 else [row.id for row in rows]
        return among[which % len(among)] if among else None

    def read(self, statement: Any) -> Sequence[Any]:
        """The first column of what stands in the database between two units of work; past the session, which costs."""
        return self.connection.scalars(statement).all()

    def company(self, organisation_id: UUID) -> Actor:
        """The signatory of a company."""
        return self.table.companies[organisation_id]

    def officer(self, who: int) -> Actor:
        """One of those who may, or may not, approve and pay."""
        return (*self.table.budget_officers, self.table.officer)[who]

    @initialize(name=st.sampled_from(sorted(OPENINGS)))
    def begin(self, name: str) -> None:
        """Some plays begin where chance alone rarely comes."""
        OPENINGS[name](self)

    @rule(which=WHICH, start=st.integers(0, 8), times=st.integers(1, 4))
    def go_on(self, which: int, start: int, times: int) -> None:
        """The usual next step of something, so that plays also come to their good end."""
        for _time in range(times):
            for place in range(len(USUAL)):
                model, statuses, step = USUAL[(start + place) % len(USUAL)]
                ready = UNCLAIMED if statuses == ("accepted",) else select(model.id).where(model.status.in_(statuses))
                if self.read(ready.limit(1)):
                    step(self, which % 13)
                    break

    @rule(which=WHO, size=st.integers(1, 3))
    def allocate(self, which: int, size: int) -> None:
        call = (self.table.waiting, self.table.waiting, self.table.allocated)[which]
        self.attempt(vouchers.allocate_batch, call, self.played + 1, actor=SYSTEM, size=size)

    @rule(first=st.booleans())
    def offer(self, first: bool) -> None:
        call = self.table.allocated if first else self.table.waiting
        self.attempt(vouchers.offer_from_waitlist, call, 1_000_000 + self.played, actor=SYSTEM)

    @rule(which=WHICH, wrong=st.sampled_from((0, 0, 0, 1, -1)), again=st.booleans())
    def redeem(self, which: int, wrong: int, again: bool) -> None:
        agreement_id = self.pick(Agreement, which, "signed")
        with db.unit_of_work():
            agreement = db.get(Agreement, agreement_id)  # type: ignore[arg-type]
        amount = Money(agreement.aid + wrong, agreement.currency)
        request = {
            "actor": self.company(agreement.organisation_id),
            "amount": amount,
            "key": self.key(),
        }
        for _press in range(1 + again):
            self.attempt(engagements.redeem, agreement_id, **request)

    @rule(which=WHICH, wrong=st.sampled_from((0, 0, 0, 1)))
    def pay_share(self, which: int, wrong: int) -> None:
        payment_id = self.pick(CoPayment, which, "awaited")
        if payment_id is None:
            return
        with db.unit_of_work():
            payment = db.get(CoPayment, payment_id)
        self.attempt(
            engagements.record_co_payment,
            payment.reference,
            actor=SYSTEM,
            amount=Money(payment.amount + wrong, payment.currency),
            payer_name="Company",
            payer_account="111-222",
            holder_name="Company",
            booked_on=clock.today(),
            payer_bank="Bank",
        )

    @rule(which=WHICH)
    def lapse(self, which: int) -> None:
        if (engagement_id := self.pick(Engagement, which, "awaiting_co_payment")) and which % 4 == 0:
            self.attempt(engagements.lapse_engagement, engagement_id, actor=SYSTEM)

    @rule(which=WHICH)
    def accept(self, which: int) -> None:
        stage_id = self.pick(Stage, which, "open")
        if stage_id is None:
            return
        with db.unit_of_work():
            stage = db.get(Stage, stage_id)
            company = self.company(db.get(Engagement, stage.engagement_id).organisation_id)
            if stage.status == "open":  # handed in without a document: only the money is played here
                stage.delivered_by = self.table.manager.person_id
                transition(stage, STAGE, "deliver", actor=self.table.manager)
        self.attempt(engagements.accept_stage, stage_id, actor=company)

    @rule(which=WHICH, by_company=st.booleans())
    def terminate(self, which: int, by_company: bool) -> None:
        engagement_id = self.pick(Engagement, which, "active")
        if engagement_id is None or which % 4:  # not too often: it ends what others could play with
            return
        with db.unit_of_work():
            company = self.company(db.get(Engagement, engagement_id).organisation_id)
        actor = company if by_company else self.table.officer
        self.attempt(engagements.terminate, engagement_id, actor=actor, reason="Played")

    @rule(which=WHICH, amount=st.sampled_from((1, 1000, 400_000, 10**9)))
    def refund(self, which: int, amount: int) -> None:
        agreement_id = self.pick(Agreement, which, "redeemed")
        self.attempt(
            claims.request_refund, agreement_id, actor=self.table.budget_officers[0], amount=amount, reason="Played"
        )

    @rule(which=WHICH)
    def refund_ended(self, which: int) -> None:
        if engagement_id := self.pick(Engagement, which, "terminated"):
            self.attempt(claims.refund_ended_stages, engagement_id, actor=SYSTEM)

    @rule(which=WHICH, most=st.integers(1, 3))
    def claim(self, which: int, most: int) -> None:
        unclaimed = self.read(UNCLAIMED.order_by(*order_of(Stage)))
        stage_id = (
            unclaimed[which % len(unclaimed)] if unclaimed and which < 13 else self.pick(Stage, which, "accepted")
        )
        if stage_id is None:
            return
        with db.unit_of_work():
            engagement_id = db.get(Stage, stage_id).engagement_id
            stages = db.session.scalars(
                select(Stage.id).where(Stage.engagement_id == engagement_id).order_by(Stage.position).limit(most)
            ).all()
        self.attempt(
            claims.submit_claim,
            engagement_id,
            actor=self.table.manager,
            stage_ids=[stage_id] if most == 1 else list(stages),
            invoice_number="1",
            invoice_gross=10**9,
        )

    @rule(which=WHICH, who=WHO)
    def check(self, which: int, who: int) -> None:
        if claim_id := self.pick(Claim, which, "submitted"):
            self.attempt(claims.check_claim, claim_id, actor=self.officer(who))

    @rule(which=WHICH, who=WHO, cut=st.sampled_from((None, None, None, 0, 1, 500_000)))
    def approve(self, which: int, who: int, cut: int | None) -> None:
        claim_id = self.pick(Claim, which, "checked")
        if claim_id is None:
            return
        with db.unit_of_work():
            lines = db.session.scalars(
                select(ClaimLine.id).where(ClaimLine.claim_id == claim_id).order_by(ClaimLine.aid)
            ).all()
        cuts = [] if cut is None else [Cut(line_id, cut, "Played") for line_id in lines[:1]]
        self.attempt(claims.approve_claim, claim_id, actor=self.officer(who), lines=cuts)

    @rule(which=WHICH, who=WHO)
    def countersign(self, which: int, who: int) -> None:
        if claim_id := self.pick(Claim, which, *sources("countersign")):
            self.attempt(claims.countersign_claim, claim_id, actor=self.officer(who))

    @rule(which=WHICH, who=WHO)
    def reconsider(self, which: int, who: int) -> None:
        if (claim_id := self.pick(Claim, which, *sources("reconsider"))) and which % 4 == 0:
            self.attempt(claims.reconsider_claim, claim_id, actor=self.officer(who), reason="Played")

    @rule(which=WHICH, who=WHO)
    def refuse(self, which: int, who: int) -> None:
        if (claim_id := self.pick(Claim, which, *sources("refuse"))) and which % 4 == 0:
            self.attempt(claims.refuse_claim, claim_id, actor=self.officer(who), reason="Played")

    @rule(which=WHICH)
    def pass_by_itself(self, which: int) -> None:
        if claim_id := self.pick(Claim, which, "submitted"):
            self.attempt(claims.pass_claim, claim_id, actor=SYSTEM)

    @rule(which=WHICH, step=st.integers(0, 2))
    def send_back_and_forth(self, which: int, step: int) -> None:
        claim_id = self.pick(Claim, which, *(("submitted", "checked"), ("returned",), ("returned",))[step])
        if claim_id is None:
            return
        if step == 0:
            self.attempt(claims.return_claim, claim_id, actor=self.table.officer, reasons=["Played"])
        elif step == 1:
            invoice = {"invoice_number": "2", "invoice_gross": 10**9, "answer": "Played"}
            self.attempt(claims.resubmit_claim, claim_id, actor=self.table.manager, **invoice)
        else:
            self.attempt(claims.withdraw_claim, claim_id, actor=self.table.manager)

    @rule(which=WHICH, who=WHO, everything=st.booleans())
    def batch(self, which: int, who: int, everything: bool) -> None:
        claim_id, refund_id = self.pick(Claim, which, "approved"), self.pick(Refund, which, "awaiting")
        self.attempt(
            claims.prepare_batch,
            actor=self.officer(who),
            claim_ids=[claim_id] if claim_id else [],
            refund_ids=[refund_id] if refund_id and everything else [],
        )

    @rule(which=WHICH, who=WHO)
    def send(self, which: int, who: int) -> None:
        if batch_id := self.pick(PaymentBatch, which, "prepared"):
            self.attempt(claims.send_batch, batch_id, actor=self.officer(who))

    @rule(which=WHICH, who=WHO)
    def take_out(self, which: int, who: int) -> None:
        if (line_id := self.pick(PaymentLine, which, "pending")) and which % 3 == 0:
            self.attempt(claims.remove_line, line_id, actor=self.officer(who), reason="Played")

    @rule(which=WHICH, returned=OFTEN, twice=OFTEN)
    def bank(self, which: int, returned: bool, twice: bool) -> None:
        batch_id = self.pick(PaymentBatch, which, *(("sent", "settled") if returned else ("sent",)))
        if batch_id is None:
            return
        with db.unit_of_work():
            batch = db.get(PaymentBatch, batch_id)
            if batch.status not in ("sent", "settled"):
                return  # the bank knows nothing of it
            references = [line.end_to_end_id for line in batch.lines]
            report = bank_answer(batch, returned=dict.fromkeys(references, "AC04") if returned else None)
        for _time in range(1 + twice):
            actor = self.table.budget_officers[0]
            self.attempt(claims.import_bank_file, io.BytesIO(report), actor=actor, filename="camt.xml")

    @rule(which=WHICH, event=st.sampled_from(("suspend", "resume", "revoke", "surrender")))
    def decide(self, which: int, event: str) -> None:
        voucher_id = self.pick(Voucher, which, *(("suspended",) if event == "resume" else ("issued",)))
        assert voucher_id
        if event in ("revoke", "surrender") and which % 4:
            return
        if event == "surrender":
            with db.unit_of_work():
                company = self.company(db.get(Voucher, voucher_id).organisation_id)
            self.attempt(vouchers.surrender, voucher_id, actor=company)
        else:
            self.attempt(getattr(vouchers, event), voucher_id, actor=self.table.officer, reason="Played")

    @rule(days=st.sampled_from((0, 0, 0, 1, 1, 2, 7, 127)))
    def time_passes(self, days: int) -> None:
        with db.unit_of_work():
            db.move_clock(timedelta(days=days))
        self.attempt(vouchers.expire_vouchers, actor=SYSTEM)
        with db.unit_of_work():
            alive = select(Voucher.number).where(Voucher.status.in_(("issued", "suspended")))
            assert not db.session.scalars(alive.where(Voucher.expires_at <= clock.now())).all()

    @rule(which=WHICH, lift=st.booleans())
    def hold(self, which: int, lift: bool) -> None:
        if lift:
            if hold_id := self.pick(Hold, which, "active"):
                self.attempt(claims.lift_hold, hold_id, actor=self.table.ethics_officer, reason="Played")
        elif (engagement_id := self.pick(Engagement, which, "active")) and which % 4 == 0:
            self.attempt(claims.place_hold, engagement_id, actor=self.table.ethics_officer, reason="Played")


# What usually comes next for rows in these statuses, the furthest first.
USUAL: tuple[tuple[Any, tuple[str, ...], Callable[[MoneyMachine, int], None]], ...] = (
    (PaymentBatch, ("sent",), lambda machine, which: machine.bank(which, False, False)),
    (PaymentBatch, ("prepared",), lambda machine, which: machine.send(which, 1)),
    (Claim, ("approved",), lambda machine, which: machine.batch(which, 0, True)),
    (Claim, ("checked",), lambda machine, which: machine.approve(which, 0, None)),
    (Claim, ("submitted",), lambda machine, which: machine.check(which, 2)),
    (Stage, ("accepted",), lambda machine, which: machine.claim(which, 1)),
    (Stage, ("open",), lambda machine, which: machine.accept(which)),
    (CoPayment, ("awaited",), lambda machine, which: machine.pay_share(which, 0)),
    (Agreement, ("signed",), lambda machine, which: machine.redeem(which, 0, False)),
)
