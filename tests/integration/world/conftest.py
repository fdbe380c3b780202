"""The world in which these tests begin, and everybody's browser in it."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import Browser
from tests.factories.accounts import sign_in_as
from tests.factories.world import World, make_world
from tests.milestones import Milestones


@pytest.fixture(scope="session")
def begins() -> Any:
    return make_world


@pytest.fixture
def world(database: object, milestones: Milestones) -> World:
    return milestones.read(make_world)


@pytest.fixture
def clients(app: Flask, world: World) -> dict[str, FlaskClient]:
    """Everybody's browser in English, by their column of the access matrix; all are signed in before any page."""
    app.test_client_class = Browser
    made = {
        name: sign_in_as(app.test_client(), actor) if actor.person_id else app.test_client()
        for name, actor in world.actors.items()
    }
    for client in made.values():
        client.set_cookie("lang", "en")
    return made
