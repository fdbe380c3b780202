"""Many transfers at once between the same accounts: none waits for ever, none is lost."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from config.settings import Settings
from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.ledger import chart, queries
from marketplace.ledger.chart import OwnerKind, TransferKind
from marketplace.ledger.service import Leg, open_account, post, reserve_all, transfer

BANKS = [chart.bank(currency) for currency in ("KRW", "EUR", "USD")]
THREADS, EACH = 8, 15


def outcomes(app: Flask, work: object) -> Counter[str]:
    """What became of the work done over and over by several threads."""

    def run(thread: int) -> list[str]:
        chance, results = Random(thread), []
        with app.app_context():
            for _turn in range(EACH):
                try:
                    with db.unit_of_work():
                        work(chance)  # type: ignore[operator]
                    results.append("done")
                except DBAPIError as error:
                    results.append(type(error.orig).__name__)
        return results

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(outcome for results in pool.map(run, range(THREADS)) for outcome in results)


def open_all(app: Flask) -> None:
    with app.app_context(), db.unit_of_work():
        for account in BANKS:
            open_account(account, currency="KRW")


def test_transfers_in_both_directions_never_wait_for_ever(app: Flask, real_database: Settings) -> None:
    open_all(app)

    def work(chance: Random) -> None:
        debit, credit = chance.sample(BANKS, 2)
        transfer(debit, credit, 1, kind=TransferKind.RELEASE, actor=SYSTEM, reference="a test", key=str(uuid4()))

    assert outcomes(app, work) == {"done": THREADS * EACH}
    with app.app_context():
        assert queries.verify().faults == []


def test_movements_over_several_accounts_never_wait_for_ever(app: Flask, real_database: Settings) -> None:
    open_all(app)

    def work(chance: Random) -> None:
        first, second, third = chance.sample(BANKS, 3)
        fresh = [chart.co_payment(UUID(int=number)) for number in range(1, 6)]
        legs = [Leg(first, second, 1, str(uuid4())), Leg(second, third, 1, str(uuid4()))]
        legs += [Leg(third, account, 1, str(uuid4())) for account in chance.sample(fresh, 3)]
        post(legs, kind=TransferKind.RELEASE, currency="KRW", actor=SYSTEM, reference="a test")

    assert outcomes(app, work) == {"done": THREADS * EACH}
    with app.app_context():
        assert queries.verify().faults == []


def test_statements_of_many_transfers_never_wait_for_ever(app: Flask, real_database: Settings) -> None:
    """Each wants the accounts in another order; the books take them in one."""
    open_all(app)
    statement = text(
        "INSERT INTO ledger_transfers (movement_id, debit_account_id, credit_account_id, amount, kind, reference, key)"
        " SELECT gen_random_uuid(), giver.id, taker.id, 1, 'release', 'a test', gen_random_uuid()::text"
        " FROM ledger_accounts AS giver, ledger_accounts AS taker"
        " WHERE giver.code = :giver AND taker.code = ANY (:takers)"
    )

    def work(chance: Random) -> None:
        giver, *takers = chance.sample(BANKS, 3)
        db.session.execute(statement, {"giver": str(giver), "takers": [str(taker) for taker in takers]})

    assert outcomes(app, work) == {"done": THREADS * EACH}
    with app.app_context():
        assert queries.verify().faults == []


def test_reservations_and_offers_from_the_same_lines_never_wait_for_ever(app: Flask, real_database: Settings) -> None:
    lines = [uuid4() for _line in range(3)]
    with app.app_context(), db.unit_of_work():
        for line in lines:
            open_account(replace(chart.available(line), may_be_negative=True), currency="KRW")

    def work(chance: Random) -> None:
        if chance.random() < 0.5:
            reserve_all(
                OwnerKind.VOUCHER,
                {uuid4(): "VOU-1", uuid4(): "VOU-2"},
                dict.fromkeys(lines, 1),
                source=chart.available,
                currency="KRW",
                actor=SYSTEM,
            )
        else:
            offer = uuid4()
            legs = [
                Leg(
                    chart.available(line),
                    chart.reserved(OwnerKind.APPLICATION, offer, line),
                    1,
                    f"{offer}:{line}",
                )
                for line in chance.sample(lines, 2)
            ]
            post(legs, kind=TransferKind.RELEASE, currency="KRW", actor=SYSTEM, reference="a test")

    assert outcomes(app, work) == {"done": THREADS * EACH}
    with app.app_context():
        assert queries.verify().faults == []
