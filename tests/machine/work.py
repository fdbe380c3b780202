"""The rules of the money machine about work: redeem, pay the share, accept, end early, give the share back."""

import io

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketplace.claims import service as claims
from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.core.audit import transition
from marketplace.core.money import Money
from marketplace.engagements import service as engagements
from marketplace.engagements.models import Agreement, CoPayment, Engagement, Stage
from marketplace.engagements.states import STAGE
from tests.factories.bank_reports import Detail, Entry, notification
from tests.machine.play import WHICH, Play


class Work(Play):
    """From the signed agreement to accepted or ended work."""

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
        told = notification(Entry(payment.amount + wrong, [Detail(payment.reference)], mark=f"S{next(self.keys)}"))
        self.attempt(claims.import_bank_file, io.BytesIO(told), actor=SYSTEM, filename="camt.xml")

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
