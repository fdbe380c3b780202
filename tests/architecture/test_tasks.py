"""Background work is declared where it belongs: every event with who follows on it, every task in its own area."""

import ast
import inspect

import pytest
from flask import Flask

from app import AREAS
from marketplace.core import tasks
from tests.architecture.source import ROOT, area_of, trees
from workers.schedule import timetable

FOLLOWERS = {
    "application.decided": ["close_call", "watch_ceiling"],
    "application.offered": ["lapse_offer"],
    "application.withdrawn": ["close_call", "watch_ceiling"],
    "bank_entry.assigned": ["trace_bank_import"],
    "bank_entry.pays_debt": ["take_receipt"],
    "bank_entry.takes_debt_back": ["follow_debt_reversal"],
    "bank_import.taken": ["trace_bank_import"],
    "call.amended": ["tell_of_amendment"],
    "call.money_released": ["offer_from_waitlist"],
    "call.published": ["close_call"],
    "call.winding_down": ["tell_of_winding_down", "wind_down_call"],
    "certificate.decided": ["certificate_decided"],
    "certificate.revoked": ["certificate_revoked"],
    "co_payment.paid": ["ethics_check", "refund_co_payment"],
    "deduction.taken": ["take_set_off"],
    "engagement.finished": ["ethics_check", "invite_survey", "invite_survey"],
    "engagement.terminated": ["ethics_check", "invite_survey", "invite_survey", "refund_co_payment"],
    "survey.company_answered": ["ethics_check"],
    "survey.company_over": ["assign_evaluation"],
    "verification.decided": ["renew_offers"],
    "verification.handed_in": ["look_up_company"],
    "waiting_room.prepared": ["draw_waiting_room"],
}
TIMED = {
    "chase_scorers": "1:00:00",
    "delete_downloads": "6:00:00",
    "delete_ended_sessions": "6:00:00",
    "delete_finished_tasks": "6:00:00",
    "delete_kept_forms": "1:00:00",
    "delete_kept_uploads": "1:00:00",
    "delete_used_keys": "6:00:00",
    "end_holds": "0:10:00",
    "end_memberships": "1:00:00",
    "expire_vouchers": "0:10:00",
    "reconcile": "1 day, 0:00:00",
    "remind_of_certificates": "1 day, 0:00:00",
    "remind_holders": "1:00:00",
    "remind_of_batch": "1 day, 0:00:00",
    "seal_audit": "0:01:00",
    "watch_certificates": "1:00:00",
    "wind_up_calls": "1:00:00",
}
pytestmark = pytest.mark.usefixtures("app")


def module_of(declared: tasks.Task) -> str:
    """The file of the verb, from the root."""
    return str(inspect.getmodule(declared.verb).__file__).removeprefix(f"{ROOT}/")


def test_who_follows_on_which_event(app: Flask) -> None:
    followers = {
        event.name: sorted(task.name for task, _how in following) for event, following in tasks.subscribers().items()
    }
    assert followers == FOLLOWERS


def test_every_declared_event_is_announced_and_somebody_follows_on_it() -> None:
    declared = {
        (path, node.targets[0].id, node.value.args[0].value)
        for path, tree in trees().items()
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "Event"
    }
    assert {path.split("/")[-1] for path, _constant, _name in declared} == {"events.py"}
    assert sorted(name for _path, _constant, name in declared) == sorted(FOLLOWERS)
    announced = {
        (area_of(path), ast.unparse(node.args[0]).rpartition(".")[2])
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "announce"
    }
    # Each area announces its own events alone.
    assert announced == {(area_of(path), constant) for path, constant, _name in declared}


def test_a_task_is_named_in_the_area_that_does_it_alone() -> None:
    """Elsewhere it is asked for by its verb, which the import contract lets only this area and those above name."""
    homes = {name: f"marketplace/{area_of(module_of(declared))}/" for name, declared in tasks.DECLARED.items()}
    strays = [
        f"{path}:{node.lineno} {node.value}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in homes and not path.startswith(homes[node.value])
        if not path.endswith("__init__.py")  # where verbs are listed, some of the same name
    ]
    assert strays == []


def test_who_follows_stands_above_whom_it_follows(app: Flask) -> None:
    homes = {
        node.value.args[0].value: area_of(path)
        for path, tree in trees().items()
        if path.endswith("/events.py")
        for node in tree.body
        if isinstance(node, ast.Assign)
    }
    for event, following in tasks.subscribers().items():
        for declared, _how in following:
            assert AREAS.index(area_of(module_of(declared))) <= AREAS.index(homes[event.name]), declared.name


def test_the_timetable_follows_from_the_declarations() -> None:
    assert {name: str(task.every) for name, task in tasks.DECLARED.items() if task.every} == TIMED
    assert timetable().keys() == TIMED.keys() | {"sweep"}


def test_every_kind_of_finished_row_goes_some_day() -> None:
    assert all(task.keep.days > 0 for task in tasks.DECLARED.values())


def test_core_and_workers_know_no_area() -> None:
    """The mechanism names no task but those of the core's own housekeeping."""
    named = {
        node.value
        for path in ("marketplace/core/tasks.py", "marketplace/core/task_queue.py", "workers/celery_app.py")
        for node in ast.walk(trees()[path])
        if isinstance(node, ast.Constant)
    }
    assert not named & tasks.DECLARED.keys()
