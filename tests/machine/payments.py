"""The rules of the money machine about payments: batch, send, the bank's answer, and money that matches nothing."""

import io

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from marketplace.agency import queries as agency
from marketplace.claims import service as claims
from marketplace.claims.models import BankAssignment, BankEntry, Claim, PaymentBatch, PaymentLine, Refund
from marketplace.core import db
from marketplace.engagements.models import CoPayment
from tests.factories.bank_reports import Detail, Entry, notification
from tests.factories.claims import bank_answer, co_payment_notice
from tests.machine.play import OFTEN, WHICH, WHO, Play


class Payments(Play):
    """From payable money to what the bank says of it."""

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

    @rule(which=WHICH, fits=st.booleans(), ours=st.booleans())
    def stray(self, which: int, fits: bool, ours: bool) -> None:
        """Money arrives under a reference that nobody awaits, or on an account that isn't the agency's."""
        payment_id = self.pick(CoPayment, which, "awaited")
        with db.unit_of_work():
            amount = db.get(CoPayment, payment_id).amount if payment_id and fits else 7
            own = agency.account().number.encode()
        report = co_payment_notice(f"COP-1999-{next(self.keys):06}", amount)
        report = report if ours else report.replace(own, b"999-1")
        actor = self.table.budget_officers[0]
        self.attempt(claims.import_bank_file, io.BytesIO(report), actor=actor, filename="camt.xml")

    @rule(which=WHICH, kept=st.booleans())
    def take_back(self, which: int, kept: bool) -> None:
        """The bank takes a company's share back, and tells it as a debit or as the credit that it was."""
        payment_id = self.pick(CoPayment, which, "paid")
        if payment_id is None or which % 3:
            return
        with db.unit_of_work():
            payment = db.get(CoPayment, payment_id)
        amount = payment.amount if kept else -payment.amount
        told = notification(Entry(amount, [Detail(payment.reference)], mark=f"T{next(self.keys)}", reversal=True))
        actor = self.table.budget_officers[0]
        self.attempt(claims.import_bank_file, io.BytesIO(told), actor=actor, filename="camt.xml")

    @rule(which=WHICH, who=WHO, way=st.sampled_from(("assign", "send back", "explain")))
    def settle_stray(self, which: int, who: int, way: str) -> None:
        assigned = select(BankAssignment.entry_id)
        waiting = select(BankEntry.id).where(BankEntry.outcome == "unmatched", BankEntry.id.not_in(assigned))
        entries = self.read(waiting.order_by(BankEntry.bank_reference))
        payment_id = self.pick(CoPayment, which, "awaited")
        if not entries or payment_id is None:
            return
        entry_id, actor = entries[which % len(entries)], self.officer(who)
        if way == "assign":
            with db.unit_of_work():
                reference = db.get(CoPayment, payment_id).reference
            self.attempt(claims.assign_to_co_payment, [entry_id], actor=actor, reference=reference, reason="Played")
        else:
            verb = claims.send_entry_back if way == "send back" else claims.explain_entry
            self.attempt(verb, entry_id, actor=actor, reason="Played")

    @rule(which=WHICH)
    def confirm_account(self, which: int) -> None:
        """After the bank named the account as the reason, whoever is paid says that it is right."""
        line_id = self.pick(PaymentLine, which, "returned")
        if line_id is None:
            return
        with db.unit_of_work():
            line = db.get(PaymentLine, line_id)
            owner = line.refund.organisation_id if line.refund else None
        actor = self.table.companies.get(owner, self.table.manager) if owner else self.table.manager
        self.attempt(claims.confirm_account, line_id, actor=actor)
