"""The rules of the money machine about calls: winding down, giving unspent money back, the end."""

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from marketplace.core.actors import SYSTEM
from marketplace.programmes import service as programmes
from marketplace.programmes.models import BudgetLine
from marketplace.vouchers import service as vouchers
from tests.machine.play import WHICH, WHO, Play


class Calls(Play):
    """From a call with vouchers to a call that is over."""

    @rule(which=WHICH, first=st.booleans())
    def wind_down(self, which: int, first: bool) -> None:
        if which % 8 == 0:  # not too often: nothing more is given after it
            self.attempt(vouchers.wind_down, self.call(first), actor=self.table.officer, reason="Played")

    @rule(first=st.booleans())
    def answer_all(self, first: bool) -> None:
        self.attempt(vouchers.end_applications, self.call(first), self.played + 1, actor=SYSTEM)

    @rule(first=st.booleans(), second_line=st.booleans(), who=WHO)
    def return_unspent(self, first: bool, second_line: bool, who: int) -> None:
        lines = select(BudgetLine.id).where(BudgetLine.call_id == self.call(first)).order_by(BudgetLine.amount)
        self.attempt(programmes.return_unspent, self.read(lines)[second_line], actor=self.officer(who))

    @rule()
    def wind_up(self) -> None:
        self.attempt(vouchers.wind_up_calls, actor=SYSTEM)
