"""The rules of the money machine about movements that the bank doesn't name: officers say what each one is."""

import io
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from marketplace.claims import service as claims
from marketplace.claims.models import BankAssignment, BankEntry, BankProposal, PaymentLine
from marketplace.claims.states import AssignmentKind
from marketplace.core import db
from marketplace.engagements.models import CoPayment
from marketplace.receivables import service as receivables
from marketplace.receivables.models import Receipt
from tests.factories.bank_reports import Detail, Entry, notification
from tests.machine.play import WHICH, WHO, Play, order_of

# What a movement without a reference may be, and whether it comes or leaves.
KINDS: dict[str, tuple[Any, ColumnElement[bool], int]] = {
    "payment": (PaymentLine, PaymentLine.status == "pending", -1),
    "return": (PaymentLine, PaymentLine.status == "paid", 1),
    "share taken back": (CoPayment, CoPayment.status == "paid", -1),
    "debt taken back": (Receipt, Receipt.bank_entry_id.is_not(None), -1),
    "nothing": (CoPayment, CoPayment.status == "awaited", 1),
}


class Unmatched(Play):
    """From a movement without a reference to what one officer says of it, or two."""

    @rule(which=WHICH, kind=st.sampled_from(sorted(KINDS)))
    def tell(self, which: int, kind: str) -> None:
        """The bank tells of a movement by its amount alone."""
        model, known, sign = KINDS[kind]
        amounts = self.read(select(model.amount).where(known).order_by(*order_of(model)))
        if amounts:
            movement = Entry(sign * amounts[which % len(amounts)], [Detail(account="")], mark=f"U{next(self.keys):06}")
            with db.unit_of_work():
                told = notification(movement)
            actor = self.table.budget_officers[0]
            self.attempt(claims.import_bank_file, io.BytesIO(told), actor=actor, filename="camt.xml")

    @rule(which=WHICH, who=WHO)
    def say_payment(self, which: int, who: int) -> None:
        for entry_id, line_id in self._pair("payment", which):
            actor = self.officer(who)
            self.attempt(claims.assign_to_payments, entry_id, actor=actor, line_ids=[line_id], reason="Played")

    @rule(which=WHICH, who=WHO)
    def say_return(self, which: int, who: int) -> None:
        for entry_id, line_id in self._pair("return", which):
            with db.unit_of_work():
                said = {"reference": db.get(PaymentLine, line_id).end_to_end_id, "reason": "Played"}
            self.attempt(claims.assign_to_return, entry_id, actor=self.officer(who), **said)

    @rule(which=WHICH, who=WHO)
    def say_share_taken_back(self, which: int, who: int) -> None:
        for entry_id, share_id in self._pair("share taken back", which):
            with db.unit_of_work():
                said = {"reference": db.get(CoPayment, share_id).reference, "reason": "Played"}
            self.attempt(claims.assign_to_reversal, entry_id, actor=self.officer(who), **said)

    @rule(which=WHICH, who=WHO)
    def say_debt_taken_back(self, which: int, who: int) -> None:
        for entry_id, receipt_id in self._pair("debt taken back", which):
            said = {"entry_id": entry_id, "reason": "Played"}
            self.attempt(receivables.take_back_receipt, receipt_id, actor=self.officer(who), **said)

    @rule(which=WHICH, who=WHO)
    def say_known(self, which: int, who: int) -> None:
        """What came and what left make each other good."""
        one, other = aliased(BankEntry), aliased(BankEntry)
        waiting = self._waiting()
        opposite = one.id.in_(waiting) & other.id.in_(waiting) & (one.direction != other.direction)
        pairs = select(one.id, other.id).where(opposite, one.amount == other.amount)
        for entry_id, other_id in self._one_of(pairs.order_by(one.bank_reference, other.bank_reference), which):
            said = {"other_id": other_id, "reason": "Played"}
            self.attempt(claims.assign_to_known, entry_id, actor=self.officer(who), **said)

    @rule(which=WHICH, who=WHO, kind=st.sampled_from((AssignmentKind.FUNDING, AssignmentKind.INTEREST)))
    def propose(self, which: int, who: int, kind: AssignmentKind) -> None:
        if entries := self._waiting():
            entry_id = entries[which % len(entries)]
            self.attempt(claims.propose, entry_id, actor=self.officer(who), kind=kind, reason="Played")

    @rule(who=WHO)
    def confirm_proposal(self, who: int) -> None:
        waiting = select(BankProposal.id).where(BankProposal.entry_id.in_(self._waiting()))
        for proposal_id in self.read(waiting.limit(1)):
            self.attempt(claims.confirm_proposal, proposal_id, actor=self.officer(who))

    def _waiting(self) -> Sequence[UUID]:
        """What nobody has said anything of."""
        unmatched = BankEntry.outcome == "unmatched", BankEntry.id.not_in(select(BankAssignment.entry_id))
        return self.read(select(BankEntry.id).where(*unmatched).order_by(BankEntry.bank_reference))

    def _pair(self, kind: str, which: int) -> list[tuple[UUID, UUID]]:
        """A movement that waits and something of its amount that it may be; none where there is no such pair."""
        model, known, _sign = KINDS[kind]
        pairs = select(BankEntry.id, model.id).where(BankEntry.id.in_(self._waiting()), known)
        alike = pairs.where(BankEntry.amount == model.amount)
        return self._one_of(alike.order_by(BankEntry.bank_reference, *order_of(model)), which)

    def _one_of(self, pairs: Any, which: int) -> list[tuple[UUID, UUID]]:
        rows = [(row[0], row[1]) for row in self.connection.execute(pairs).all()]
        return [rows[which % len(rows)]] if rows else []
