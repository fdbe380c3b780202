"""The money machine: a short play in every run, and a long one (200,000 steps and more) in `make test-long`.

A play that failed is played again with MONEY_MACHINE_SEED=<the seed that it printed>.
"""

import os
import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from marketplace.core import clock, db
from tests.conftest import unbind
from tests.machine.machine import OPENINGS, MoneyMachine
from tests.machine.table import lay

STEPS_A_PLAY = 100
LONG, PARTS = 200_000, 8
# What the openings must have seen succeed, in every run.
REACHED = {
    "ended": {"lapse_engagement", "redeem", "revoke", "terminate"},
    "paid": {"prepare_batch", "send_batch", "import_bank_file"},
    "asked back": {
        "open_recovery", "confirm", "take_receipt", "agree_instalments", "set_off", "take_set_off",
        "propose_write_off", "sign_write_off", "extend",
    },
}  # fmt: skip
# What a long run must have seen succeed: otherwise it proves nothing about it.
VERBS = {
    "accept_stage", "agree_instalments", "allocate_batch", "approve_claim", "check_claim", "confirm",
    "expire_vouchers", "extend",
    "import_bank_file", "lapse_engagement", "lift_hold", "offer_from_waitlist", "open_recovery",
    "set_off", "take_receipt", "pass_claim", "place_hold",
    "prepare_batch", "record_co_payment", "redeem", "refund_ended_stages", "refuse_claim",
    "remove_line", "request_refund", "resubmit_claim", "resume", "return_claim", "revoke", "send_batch",
    "submit_claim", "surrender", "suspend", "terminate", "withdraw_claim",
}  # fmt: skip


@pytest.fixture(scope="module")
def machine(app: Flask) -> Iterator[type[MoneyMachine]]:
    """The machine at its laid table, in one transaction that is undone at the end."""
    with app.extensions["test_engine"].connect() as connection, app.app_context():
        transaction = connection.begin()
        db.session.remove()
        db.session.configure(bind=connection, join_transaction_mode="create_savepoint")
        with db.unit_of_work():
            MoneyMachine.table = lay()
        MoneyMachine.connection = connection
        yield MoneyMachine
        unbind()
        transaction.rollback()
        clock.set_offset(timedelta())


def play(machine: type[MoneyMachine], steps: int, rounds: int = 50) -> None:
    """Play until so many steps are done, each round from a seed of its own, printed first."""
    goal = machine.steps + steps
    chosen = os.environ.get("MONEY_MACHINE_SEED")
    number = int(chosen) if chosen else random.SystemRandom().randrange(2**32)
    while machine.steps < goal:
        print(f"MONEY_MACHINE_SEED={number}")
        run_state_machine_as_test(
            seed(number)(machine),
            settings=settings(
                max_examples=rounds,
                stateful_step_count=STEPS_A_PLAY,
                deadline=None,
                database=None,
                derandomize=False,
                verbosity=Verbosity.quiet,
                phases=(Phase.generate,) if chosen is None else (Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            ),
        )
        number += 1


def test_a_short_play(machine: type[MoneyMachine]) -> None:
    play(machine, 200, rounds=3)
    assert machine.done["redeem"]


@pytest.mark.parametrize("opening", sorted(OPENINGS))
def test_every_opening_is_sound(machine: type[MoneyMachine], opening: str) -> None:
    machine.done.clear()
    played = machine()
    try:
        OPENINGS[opening](played)
    finally:
        played.teardown()
    assert not REACHED.get(opening, set()) - set(machine.done), (machine.done, machine.refused)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_long_play(machine: type[MoneyMachine], part: int) -> None:
    play(machine, LONG // PARTS)
    assert not VERBS - set(machine.done), machine.refused
