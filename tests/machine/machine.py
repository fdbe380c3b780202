"""Every money verb in any order, by anybody: each succeeds or is refused with words, and the books stay sound."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from sqlalchemy import select

from marketplace.claims.models import Claim, PaymentBatch
from marketplace.engagements.models import Agreement, CoPayment, Stage
from tests.machine.calls import Calls
from tests.machine.claims import Claims
from tests.machine.debts import Debts
from tests.machine.openings import OPENINGS
from tests.machine.payments import Payments
from tests.machine.play import UNCLAIMED, WHICH
from tests.machine.unmatched import Unmatched
from tests.machine.vouchers import Vouchers
from tests.machine.work import Work


class MoneyMachine(Calls, Vouchers, Work, Claims, Payments, Unmatched, Debts):
    """All parts together."""

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


# What usually comes next for rows in these statuses, the furthest first.
USUAL: tuple[tuple[Any, tuple[str, ...], Callable[[Any, int], None]], ...] = (
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
