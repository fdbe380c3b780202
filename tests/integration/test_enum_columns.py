"""A column of an enum is text with the member's value, and gives the member back."""

from enum import StrEnum
from uuid import UUID

import pytest
from sqlalchemy import Text, cast, literal, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Mapped
from sqlalchemy.schema import CreateTable

from marketplace.core.db import EnumText, Model, uuid_key


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Wall(Model):
    __tablename__ = "walls"

    id: Mapped[UUID] = uuid_key()
    colour: Mapped[Colour]
    undercoat: Mapped[Colour | None]


Model.metadata.remove(Wall.__table__)  # no table of the product


def test_a_column_of_an_enum_is_text():
    made = str(CreateTable(Wall.__table__))
    assert "colour TEXT NOT NULL" in made
    assert "undercoat TEXT," in made


@pytest.mark.parametrize("colour", [*Colour, None])
def test_a_member_is_stored_as_its_value_and_read_as_itself(database, colour):
    given = literal(colour, EnumText(Colour))
    stored, read = database.execute(select(cast(given, Text), given)).one()
    assert type(stored) is type(colour and colour.value)
    assert stored == colour
    assert read is colour


def test_a_value_of_no_member_is_neither_stored_nor_read(database):
    with pytest.raises(StatementError, match="'green' is not a valid Colour"):
        database.scalar(select(literal("green", EnumText(Colour))))
    with pytest.raises(ValueError, match="'green' is not a valid Colour"):
        database.scalar(text("SELECT 'green' AS colour").columns(colour=EnumText(Colour)))


def test_what_is_assigned_becomes_a_member_at_once():
    wall = Wall(colour="red", undercoat=None)
    assert wall.colour is Colour.RED
    wall.undercoat = "blue"
    assert wall.undercoat is Colour.BLUE
    with pytest.raises(ValueError, match="'green' is not a valid Colour"):
        wall.colour = "green"
