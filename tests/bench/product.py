"""The product's verbs in two processes of four threads each, through its services."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask

from config.settings import Settings
from marketplace.core.actors import Actor
from tests import business_time

PROCESSES, THREADS = 2, 4
_app: Flask


@dataclass(frozen=True)
class Redeeming:
    """One agreement to be redeemed for its whole aid."""

    agreement_id: UUID
    aid: int
    actor: Actor


@dataclass(frozen=True)
class Applying:
    """One application to be submitted."""

    application_id: UUID
    actor: Actor


class Crowd:
    """The processes; they start once, and the first work they are given is not measured."""

    def __init__(self, settings: Settings) -> None:
        context = multiprocessing.get_context("spawn")
        self.pool = context.Pool(PROCESSES, initializer=_begin, initargs=(settings,))

    def rate(self, work: Callable[[Sequence[Any]], int], items: Sequence[Any]) -> float:
        """Items a second; every item must succeed."""
        start = time.perf_counter()
        done = sum(self.pool.map(work, [items[number::PROCESSES] for number in range(PROCESSES)], chunksize=1))
        elapsed = time.perf_counter() - start
        assert done == len(items), f"{done} of {len(items)}"
        return done / elapsed

    def stop(self) -> None:
        """End the processes."""
        self.pool.close()
        self.pool.join()


def redeem(items: Sequence[Redeeming]) -> int:
    """Redeem each; how many went through."""
    from marketplace.core.money import Money
    from marketplace.engagements import service

    def one(item: Redeeming) -> None:
        key = f"bench:{item.agreement_id}"
        service.redeem(item.agreement_id, actor=item.actor, amount=Money(item.aid, "KRW"), key=key)

    return _all(one, items)


def apply(items: Sequence[Applying]) -> int:
    """Submit each; how many went through."""
    from marketplace.vouchers import rules, service

    def one(item: Applying) -> None:
        service.submit(item.application_id, actor=item.actor, declarations=set(rules.DECLARATIONS))

    return _all(one, items)


def _begin(settings: Settings) -> None:
    global _app
    from app import create_app

    business_time.come_back()
    _app = create_app(settings)


def _all(one: Callable[[Any], None], items: Sequence[Any]) -> int:
    from marketplace.core import db

    def unit(item: Any) -> int:
        with _app.app_context(), db.unit_of_work():
            one(item)
        return 1

    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(unit, items))
