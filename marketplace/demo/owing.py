"""Scenes and stories of what is owed to the agency: aid asked back, a repayment after success, a payment kept back."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from marketplace.core import clock
from marketplace.core.actors import SYSTEM, Role
from marketplace.demo import bank, words
from marketplace.demo.queries import own_account
from marketplace.demo.story import Tale
from marketplace.demo.walk import later
from marketplace.receivables import queries, service
from marketplace.receivables.models import Receivable

OPENS, CONFIRMS = 0, 1
# The first instalment is due so many days after it was agreed, the second one a month later.
DAYS_TO_FIRST, INSTALMENTS = 5, 4


def ask_back(tale: Tale) -> None:
    """A budget officer asks the firm for the aid that was paid so far."""
    officer = tale.officer(Role.BUDGET_OFFICER, OPENS)
    made = service.open_recovery(
        tale.ids["engagement"],
        actor=officer,
        debtor_id=tale.provider.id,
        ground="unmet",
        reason=words.reason("recovery"),
        key=f"demo-recover:{tale.ids['engagement']}",
    )
    tale.ids["debt"] = made.id
    tale.world.walk.tell(later(1), _pay_one(tale))


def _pay_one(tale: Tale) -> Iterator[datetime]:
    """Another officer confirms, instalments are agreed, the firm pays the first one and no other."""
    second = tale.officer(Role.BUDGET_OFFICER, CONFIRMS)
    service.confirm(tale.ids["debt"], actor=second, key=f"demo-confirm:{tale.ids['debt']}")
    yield later(2)
    service.agree_instalments(
        tale.ids["debt"],
        actor=second,
        count=INSTALMENTS,
        first_due_on=clock.today() + timedelta(days=DAYS_TO_FIRST),
        every_months=1,
        reason=words.reason("instalments"),
        key=f"demo-agree:{tale.ids['debt']}",
    )
    yield later(2)
    debt = _debt(tale)
    bank.pay_debt(debt.id, payer=tale.provider.name, account=tale.provider.account, amount=debt.live[0].outstanding)


def keep_back(tale: Tale) -> None:
    """What is overdue is kept back from the firm's next payment."""
    overdue = _debt(tale).live[0]
    service.set_off(
        tale.ids["debt"],
        actor=tale.officer(Role.BUDGET_OFFICER, OPENS),
        claim_id=tale.ids["claim"],
        amount=overdue.outstanding,
        key=f"demo-set-off:{tale.ids['debt']}",
    )


def declare_success(tale: Tale) -> None:
    """A programme officer says that the work succeeded: the company gives a share back, over years."""
    made = service.propose_repayment(
        tale.ids["engagement"],
        actor=tale.officer(Role.PROGRAMME_OFFICER),
        reason=words.reason("success"),
        key=f"demo-success:{tale.ids['engagement']}",
    )
    tale.ids["debt"] = made.id
    tale.world.walk.tell(later(3), _pay_when_due(tale))


def _pay_when_due(tale: Tale) -> Iterator[datetime]:
    """A budget officer confirms; the company pays each instalment a few days before it is due."""
    officer = tale.officer(Role.BUDGET_OFFICER, CONFIRMS)
    service.confirm(tale.ids["debt"], actor=officer, key=f"demo-confirm:{tale.ids['debt']}")
    while debt := _debt(tale).live:
        due_on = debt[0].due_on - timedelta(days=4)
        yield datetime.combine(due_on, time(10), tzinfo=clock.zone())
        left = _debt(tale).live[0].outstanding
        bank.pay_debt(tale.ids["debt"], payer=tale.company.name, account=own_account(tale.company.id), amount=left)


def _debt(tale: Tale) -> Receivable:
    return queries.get_receivable(tale.ids["debt"], actor=SYSTEM)
