"""The rules of the money machine about debts: ask back, notify, pay, agree anew, set off, write off."""

import io
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from marketplace.claims import service as claims
from marketplace.claims.models import BankAssignment, BankEntry, Claim, Deduction
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM
from marketplace.engagements.models import Engagement
from marketplace.receivables import service as receivables
from marketplace.receivables.models import Instalment, Receipt, Receivable, WriteOff
from tests.factories.bank_reports import Detail, Entry, notification
from tests.factories.receivables import notice
from tests.machine.play import WHICH, WHO, Play

WORKED = ("finished", "terminated", "active")


class Debts(Play):
    """From paid aid to what came back of it."""

    @rule(
        which=WHICH,
        kind=st.sampled_from(("repayment", "none", "recovery", "recovery")),
        from_firm=st.booleans(),
        part=st.sampled_from((None, 1, 300_000)),
    )
    def ask_back(self, which: int, kind: str, from_firm: bool, part: int | None = None) -> None:
        engagement_id = self.pick(Engagement, which, *(WORKED if kind == "recovery" else ("finished",)))
        if engagement_id is None:
            return
        if kind == "recovery":
            with db.unit_of_work():
                work = db.get(Engagement, engagement_id)
            self.attempt(
                receivables.open_recovery,
                engagement_id,
                actor=self.table.ethics_officer,
                debtor_id=work.provider_id if from_firm else work.organisation_id,
                ground="breach",
                amount=part,
                reason="Played",
            )
        else:
            verb = receivables.propose_repayment if kind == "repayment" else receivables.decline_repayment
            self.attempt(verb, engagement_id, actor=self.table.officer, reason="Played")

    @rule(which=WHICH, who=WHO)
    def confirm(self, which: int, who: int) -> None:
        if debt_id := self.pick(Receivable, which, "proposed"):
            self.attempt(receivables.confirm, debt_id, actor=self.officer(who))

    @rule(which=WHICH, who=WHO)
    def drop(self, which: int, who: int) -> None:
        if (debt_id := self.pick(Receivable, which, "proposed")) and which % 4 == 0:
            self.attempt(receivables.drop, debt_id, actor=self.officer(who), reason="Played")

    @rule(which=WHICH, amount=st.sampled_from((1, 10_000, 700_001, 10**8)))
    def pay_debt(self, which: int, amount: int) -> None:
        if debt_id := self.pick(Receivable, which, "open"):
            with db.unit_of_work():
                report = notice(db.get(Receivable, debt_id).number, amount)
            actor = self.table.budget_officers[0]
            self.attempt(claims.import_bank_file, io.BytesIO(report), actor=actor, filename="camt.xml")
            self.book()

    @rule(which=WHICH)
    def take_debt_back(self, which: int) -> None:
        """The bank takes the payment of a debt back."""
        with db.unit_of_work():
            receipts = db.session.scalars(select(Receipt).order_by(Receipt.number)).all()
            if not receipts or which % 2:
                return
            receipt = receipts[which % len(receipts)]
            detail = Detail(receipt.receivable.number, account="")
            report = notification(Entry(-receipt.amount, [detail], mark=f"T{which}", reversal=True))
        self.attempt(
            claims.import_bank_file, io.BytesIO(report), actor=self.table.budget_officers[0], filename="camt.xml"
        )
        debits = select(BankEntry.id).where(BankEntry.outcome == "unmatched", BankEntry.direction == "debit")
        for entry_id in self.read(debits.where(BankEntry.reference != "").limit(1)):
            self.attempt(receivables.follow_debt_reversal, entry_id, actor=SYSTEM)

    @rule(amount=st.sampled_from((1, 700_001)), who=WHO)
    def send_stray_back(self, amount: int, who: int) -> None:
        """Money arrives that matches nothing and goes back with one of the next batches."""
        with db.unit_of_work():
            report = notice("no reference", amount)
        self.attempt(
            claims.import_bank_file, io.BytesIO(report), actor=self.table.budget_officers[0], filename="camt.xml"
        )
        waiting = select(BankEntry.id).where(BankEntry.outcome == "unmatched", BankEntry.direction == "credit")
        unassigned = waiting.where(BankEntry.id.not_in(select(BankAssignment.entry_id))).order_by(
            BankEntry.bank_reference
        )
        for entry_id in self.read(unassigned.limit(1)):
            self.attempt(claims.send_entry_back, entry_id, actor=self.officer(who), reason="Played")

    @rule()
    def book(self) -> None:
        """What the workers do with what came in, by the bank or kept back."""
        arrived = select(BankEntry.id).where(BankEntry.outcome == "receivable")
        for entry_id in self.read(arrived.where(BankEntry.id.not_in(_booked(Receipt.bank_entry_id)))):
            self.attempt(receivables.take_receipt, entry_id, actor=SYSTEM, key=f"receipt:{entry_id}")
        kept = select(Deduction.id).where(Deduction.status == "taken")
        for deduction_id in self.read(kept.where(Deduction.id.not_in(_booked(Receipt.deduction_id)))):
            self.attempt(receivables.take_set_off, deduction_id, actor=SYSTEM, key=f"set_off:{deduction_id}")

    @rule(which=WHICH)
    def notify_instalment(self, which: int) -> None:
        if instalment_id := self.pick(Instalment, which, "scheduled"):
            self.attempt(receivables.notify_instalment, instalment_id, actor=SYSTEM)

    @rule(which=WHICH, count=st.integers(1, 12))
    def agree_anew(self, which: int, count: int) -> None:
        if debt_id := self.pick(Receivable, which, "open"):
            plan = {"count": count, "first_due_on": clock.today(), "every_months": 1, "reason": "Played"}
            self.attempt(receivables.agree_instalments, debt_id, actor=self.table.budget_officers[0], **plan)

    @rule(which=WHICH, amount=st.sampled_from((1, 50_000, 10**8)))
    def set_off(self, which: int, amount: int) -> None:
        debt_id, claim_id = self.pick(Receivable, which, "open"), self.pick(Claim, which, "approved")
        if debt_id and claim_id:
            actor = self.table.budget_officers[0]
            self.attempt(receivables.set_off, debt_id, actor=actor, claim_id=claim_id, amount=amount)

    @rule(which=WHICH, who=WHO, sign=st.booleans())
    def write_off(self, which: int, who: int, sign: bool) -> None:
        debt_id: UUID | None = self.pick(Receivable, which, "open")
        if debt_id is None or which % 3:
            return
        waiting = self.read(select(WriteOff.id).where(WriteOff.receivable_id == debt_id, WriteOff.status == "proposed"))
        if waiting and sign:
            self.attempt(receivables.sign_write_off, debt_id, actor=self.officer(who))
        elif waiting:
            self.attempt(receivables.refuse_write_off, debt_id, actor=self.officer(who), reason="Played")
        else:
            self.attempt(receivables.propose_write_off, debt_id, actor=self.officer(who), reason="Played")


def _booked(cause: Any) -> Any:
    return select(cause).where(cause.is_not(None))
