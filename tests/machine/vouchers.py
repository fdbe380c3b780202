"""The rules of the money machine about vouchers: allocate, offer, answer, extend, decide, expire."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM
from marketplace.vouchers import service as vouchers
from marketplace.vouchers.models import Application, Voucher
from tests.machine.play import WHICH, Play


class Vouchers(Play):
    """From the closed call to the end of a voucher."""

    @rule(which=st.integers(0, 2), size=st.integers(1, 3))
    def allocate(self, which: int, size: int) -> None:
        call = (self.table.waiting, self.table.waiting, self.table.allocated)[which]
        self.attempt(vouchers.allocate_batch, call, self.played + 1, actor=SYSTEM, size=size)

    @rule(first=st.booleans())
    def offer(self, first: bool) -> None:
        self.attempt(vouchers.offer_from_waitlist, self.call(first), actor=SYSTEM)

    @rule(which=WHICH, take=st.booleans())
    def answer_offer(self, which: int, take: bool) -> None:
        if application_id := self.pick(Application, which, "offered"):
            with db.unit_of_work():
                company = self.company(db.get(Application, application_id).organisation_id)
            self.attempt(vouchers.accept_offer if take else vouchers.decline_offer, application_id, actor=company)

    @rule(which=WHICH)
    def lapse_offer(self, which: int) -> None:
        if application_id := self.pick(Application, which, "offered"):
            self.attempt(vouchers.lapse_offer, application_id, actor=SYSTEM)

    @rule(which=WHICH)
    def extend(self, which: int) -> None:
        if voucher_id := self.pick(Voucher, which, "issued"):
            with db.unit_of_work():
                company = self.company(db.get(Voucher, voucher_id).organisation_id)
            self.attempt(vouchers.extend, voucher_id, actor=company, reason="Played")

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
