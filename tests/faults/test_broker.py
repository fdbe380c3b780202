"""A broker that fails or says nothing: whoever stores something hardly waits for it."""

import socket
import time
from contextlib import nullcontext
from multiprocessing import get_context
from threading import Thread
from uuid import uuid4

import pytest

from marketplace.core.task_queue import Queue
from workers import celery_app


def ring_often(settings):
    celery_app.connect(settings, nullcontext)
    begin = time.monotonic()
    for _commit in range(3):
        celery_app.ring([(uuid4(), Queue.MAIL)] * 3)
    assert time.monotonic() - begin < 2  # much of it for the first use of Celery


@pytest.mark.parametrize("says_nothing", [False, True])
def test_a_broker_that_fails_is_tried_once_however_many_are_rung(settings, tmp_path, says_nothing):
    """Each try is a wait of seconds for whoever has just stored something."""
    tries = []

    def answer_the_door(door):
        while True:
            tries.append(door.accept()[0])
            if not says_nothing:
                tries[-1].close()

    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "broker"))
        door.listen(20)
        Thread(target=answer_the_door, args=[door], daemon=True).start()
        # A process of its own, since Celery keeps its first connection.
        ringer = get_context("fork").Process(
            target=ring_often, args=[settings.model_copy(update={"redis_url": f"unix://{tmp_path}/broker"})]
        )
        ringer.start()
        ringer.join(60)
    assert ringer.exitcode == 0
    assert len(tries) == 1
