"""From the award to accepted work: money, order of steps, and who may do what."""

from datetime import timedelta

import pytest

from marketplace.core import clock as business_clock
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound
from marketplace.core.money import Money
from marketplace.engagements import queries, service
from marketplace.ledger import queries as ledger
from tests.conftest import MovableClock
from tests.factories import engagements as make

pytestmark = pytest.mark.usefixtures("database")


def test_the_agreement_shares_the_net_price_to_the_last_won(clock: MovableClock) -> None:
    story = make.make_story()
    agreement = make.make_agreement(story)
    assert (agreement.price_net, agreement.aid, agreement.co_payment) == (15_000_001, 9_000_001, 6_000_000)
    assert [stage.code for stage in agreement.stages] == list(make.STAGES)
    assert sum(stage.aid for stage in agreement.stages) == agreement.aid
    assert sum(stage.co_payment for stage in agreement.stages) == agreement.co_payment
    assert agreement.status == "signed"
