"""The rules of the money machine about claims: hand in, check, approve, countersign, return, refuse, hold."""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from marketplace.claims import service as claims
from marketplace.claims.models import Claim, ClaimLine, Hold
from marketplace.claims.rules import Cut
from marketplace.claims.states import CLAIM
from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.engagements.models import Engagement, Stage
from tests.machine.play import UNCLAIMED, WHICH, WHO, Play, order_of


def sources(event: str) -> list[str]:
    """From which statuses of a claim the event may happen."""
    return [status for move in CLAIM.moves if move.event == event for status in move.sources]


class Claims(Play):
    """From accepted stages to money that is payable."""

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

    @rule(which=WHICH, lift=st.booleans())
    def hold(self, which: int, lift: bool) -> None:
        if lift:
            if hold_id := self.pick(Hold, which, "active"):
                self.attempt(claims.lift_hold, hold_id, actor=self.table.ethics_officer, reason="Played")
        elif (engagement_id := self.pick(Engagement, which, "active")) and which % 4 == 0:
            self.attempt(claims.place_hold, engagement_id, actor=self.table.ethics_officer, reason="Played")
