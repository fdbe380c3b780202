"""Things two people do to accounts at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask

from marketplace.accounts import queries, service
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError
from tests.factories.accounts import PASSWORD, make_member, make_person, make_sme

pytestmark = pytest.mark.usefixtures("real_database")


def at_once(app: Flask, *verbs: object) -> list[str]:
    """What came of the verbs, each in its own transaction, begun together."""
    start = Barrier(len(verbs))

    def attempt(verb: object) -> str:
        with app.app_context():
            start.wait()
            try:
                with db.unit_of_work():
                    verb()  # type: ignore[operator]
            except DomainError:
                return "refused"
            return "done"

    with ThreadPoolExecutor(len(verbs)) as pool:
        return sorted(pool.map(attempt, verbs))


def test_two_signatories_cannot_remove_each_other_at_once(app: Flask) -> None:
    """Without the lock on the organisation each still counts the other, and the company is left with nobody."""
    for _round in range(5):
        with app.app_context(), db.unit_of_work():
            first: Actor = make_sme()
            second = make_member(first, Role.SIGNATORY)
        outcome = at_once(
            app,
            lambda: service.end_membership(second.membership_id, actor=first),  # noqa: B023  used in this round
            lambda: service.end_membership(first.membership_id, actor=second),  # noqa: B023
        )
        assert outcome == ["done", "refused"]
        with app.app_context(), db.unit_of_work():
            assert len(queries.memberships_in(first.organisation_id)) == 1


def test_a_mailed_link_works_once_even_when_opened_twice_at_once(app: Flask) -> None:
    """Without the lock on the token both would set a password."""
    for _round in range(5):
        with app.app_context(), db.unit_of_work():
            secret = service.ask_for_new_password(make_person().email)
        reset = lambda: service.reset_password(secret, password=f"{PASSWORD} again")  # noqa: B023, E731
        assert at_once(app, reset, reset) == ["done", "refused"]
