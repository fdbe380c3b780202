"""A column of an enum is text with the member's value, and gives the member back."""

import pytest
from sqlalchemy import Text, cast, literal, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateTable

from marketplace.core.db import EnumText
from marketplace.programmes.models import Call
from marketplace.programmes.states import CallStatus, Stratum


def test_a_column_of_an_enum_is_text():
    made = str(CreateTable(Call.__table__))
    assert "status TEXT NOT NULL" in made
    assert "quota_by TEXT," in made


@pytest.mark.parametrize("stratum", [*Stratum, None])
def test_a_member_is_stored_as_its_value_and_read_as_itself(database, stratum):
    given = literal(stratum, EnumText(Stratum))
    stored, read = database.execute(select(cast(given, Text), given)).one()
    assert type(stored) is type(stratum and stratum.value)
    assert stored == stratum
    assert read is stratum


def test_a_value_of_no_member_is_neither_stored_nor_read(database):
    with pytest.raises(StatementError, match="'green' is not a valid Stratum"):
        database.scalar(select(literal("green", EnumText(Stratum))))
    with pytest.raises(ValueError, match="'green' is not a valid Stratum"):
        database.scalar(text("SELECT 'green' AS stratum").columns(stratum=EnumText(Stratum)))


def test_what_is_assigned_becomes_a_member_at_once():
    call = Call(status="draft", quota_by=None)
    assert call.status is CallStatus.DRAFT
    call.quota_by = "band"
    assert call.quota_by is Stratum.BAND
    with pytest.raises(ValueError, match="'green' is not a valid Stratum"):
        call.quota_by = "green"
