"""The money machine: a short play in every run, and a long one in `make test-long`, of `STEPS` steps.

A play that failed is played again with MONEY_MACHINE_SEED=<the seed that it printed>.
"""

import importlib
import os
import pkgutil
import random
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, Verbosity, seed
from hypothesis import settings as playing
from hypothesis.stateful import run_state_machine_as_test

import marketplace
from config.settings import Settings
from marketplace.core import db
from tests import business_time
from tests.conftest import fresh_database, unbind
from tests.machine.machine import MoneyMachine
from tests.machine.openings import OPENINGS
from tests.machine.table import lay

STEPS_A_PLAY = 100
STEPS, PARTS, ROUNDS = int(os.environ.get("STEPS", "20000")), 4, 5
# What the openings must have seen succeed, in every run.
REACHED = {
    "ended": {"suspend", "resume", "lapse_engagement", "redeem", "revoke", "terminate", "refund_ended_stages"},
    "paid": {"prepare_batch", "send_batch", "import_bank_file"},
    "asked back": {
        "open_recovery", "confirm", "take_receipt", "agree_instalments", "set_off", "take_set_off",
        "propose_write_off", "sign_write_off", "extend", "send_entry_back",
    },
    "large": {
        "return_claim", "resubmit_claim", "countersign_claim", "reconsider_claim", "decline_repayment", "drop",
        "propose_repayment", "notify_instalment", "refuse_write_off",
    },
    "offered": {"allocate_batch", "offer_from_waitlist", "accept_offer", "decline_offer", "lapse_offer"},
    "wound down": {"wind_down", "end_applications", "return_unspent", "wind_up_calls"},
    "matched": {"assign_to_co_payment", "send_entry_back", "explain_entry", "confirm_account"},
    "unnamed": {
        "assign_to_reversal", "confirm_proposal", "assign_to_known", "assign_to_payments", "assign_to_return",
        "take_back_receipt",
    },
    "turned aside": {
        "place_hold", "lift_hold", "request_refund", "withdraw_claim", "refuse_claim", "remove_line", "surrender",
        "follow_debt_reversal",
    },
    "taken back": {"lapse_engagement", "terminate", "refund_ended_stages", "approve_claim"},
}  # fmt: skip


def money_verbs() -> set[str]:
    """Every verb of the product that moves money once per key."""
    verbs = set()
    for item in pkgutil.walk_packages(marketplace.__path__, "marketplace."):
        if ".service" in item.name:
            module = importlib.import_module(item.name)
            made = [value for value in vars(module).values() if getattr(value, "__module__", "") == item.name]
            keyed = [value for value in made if hasattr(value, "__wrapped__") and "key" in signature(value).parameters]
            verbs |= {f"{item.name}.{value.__name__}" for value in keyed}
    return verbs


@pytest.fixture(scope="module")
def machine(app: Flask) -> Iterator[type[MoneyMachine]]:
    """The machine at its laid table."""
    with laid(app) as made:
        yield made


@contextmanager
def laid(app: Flask) -> Iterator[type[MoneyMachine]]:
    """The machine at its laid table inside the block, in one transaction that is undone at the end."""
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
        business_time.come_back()


def play(machine: type[MoneyMachine], steps: int) -> None:
    """Play until so many steps are done, each time from a seed of its own, printed first."""
    goal = machine.steps + steps
    chosen = os.environ.get("MONEY_MACHINE_SEED")
    number = int(chosen) if chosen else random.SystemRandom().randrange(2**32)
    while machine.steps < goal:
        print(f"MONEY_MACHINE_SEED={number}")
        run_state_machine_as_test(
            seed(number)(machine),
            settings=playing(
                max_examples=max(2, steps // STEPS_A_PLAY),
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


def begin(machine: type[MoneyMachine], opening: str) -> None:
    """Play an opening alone, and undo it."""
    played = machine()
    try:
        OPENINGS[opening](played)
    finally:
        played.teardown()


def test_a_short_play(machine: type[MoneyMachine]) -> None:
    play(machine, 100)
    assert machine.done["redeem"]


@pytest.mark.parametrize("opening", sorted(OPENINGS))
def test_every_opening_is_sound(machine: type[MoneyMachine], opening: str) -> None:
    machine.done.clear()
    machine.refused.clear()
    begin(machine, opening)
    assert not REACHED.get(opening, set()) - set(machine.done), (machine.done, machine.refused)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_long_play(app: Flask, sockets: Path, settings: Settings, part: int) -> None:
    for _round in range(ROUNDS):
        # What is undone stays in the tables as dead rows, and in one database every step takes longer than the last.
        with fresh_database(sockets, settings, app), laid(app) as machine:
            play(machine, STEPS // PARTS // ROUNDS)
    # What chance comes to so rarely that a part may miss it, an opening does.
    with fresh_database(sockets, settings, app), laid(app) as machine:
        for opening in OPENINGS:
            begin(machine, opening)
    never = sorted(set(machine.refused) - set(machine.done))
    assert not never, "these never succeeded, so nothing is proved about them"
    assert money_verbs() == machine.money_verbs
