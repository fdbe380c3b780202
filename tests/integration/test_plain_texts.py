"""The database brings texts to the same form as the program, and searches and constraints stand on it."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from random import Random

import pytest
from sqlalchemy import ARRAY, Text, func, literal, select
from sqlalchemy.exc import IntegrityError

from marketplace.core import db, text
from tests.factories import accounts

pytestmark = pytest.mark.usefixtures("database")

FORMS = [text.legible, text.plain_text, text.plain_firm_name, text.plain_number, text.tidy_name]
PIECES = [
    *"가각힣ㄱㅏA z9-‑–−(),.㈜ＡｚßſıİK\u00ad\u200b\u200d\u3164\u115f\u2800\u034f\u0301\u1161\u11a8\ufe0f\u3000\xa0\n",
    *(
        "주식회사",
        "(주)",
        "（유）",
        " Co., Ltd.",
        " inc",
        "Co.,LTD",
        "Ｉｎｃ．",
        "\U000e0101",
        "한빛",
        "Telco Ltd",
        "\u1100",
    ),
]


@cache
def signs() -> list[str]:
    """What this Python's Unicode knows; the database's may know more."""
    return [sign for sign in map(chr, range(1, 0x110000)) if unicodedata.category(sign) not in ("Cn", "Cs", "Co")]


def differences(form: Callable[[str], str], written: Sequence[str]) -> list[tuple[str, str, str]]:
    """The texts that the database brings to another form than the program, with both forms."""
    each = (
        func.unnest(literal(list(written), ARRAY(Text)))
        .table_valued("written", with_ordinality="place", joins_implicitly=True)
        .render_derived()
    )
    formed = getattr(func, form.__name__)(each.c.written)
    rows = db.session.execute(select(formed).order_by(each.c.place)).scalars()
    return [(one, form(one), row) for one, row in zip(written, rows, strict=True) if row != form(one)]


def generated(seed: int, count: int) -> Iterator[str]:
    """Texts of what is hard to compare, mixed with any characters, composed and decomposed."""
    chance = Random(seed)
    for _number in range(count):
        pieces = [
            chance.choice(PIECES if chance.random() < 0.8 else signs()) for _place in range(chance.randint(0, 12))
        ]
        yield unicodedata.normalize(chance.choice(["NFC", "NFD"]), "".join(pieces))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_database_compares_generated_texts_as_the_program_does(form: Callable[[str], str]) -> None:
    assert differences(form, list(generated(20261130, 1_500))) == []


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_database_drops_the_same_signs(form: Callable[[str], str]) -> None:
    apart = [sign for sign in signs() if text.legible(f"a{sign}b") in ("ab", "a b", "a-b")]
    beside = [chr(ord(sign) + by) for sign in apart for by in (-1, 1)]
    assert len(apart) > 300
    assert differences(form, [f"a{sign}각" for sign in {*apart, *beside} & set(signs())]) == []


@pytest.mark.slow
@pytest.mark.costly("each of 145,000 characters, by itself and between two letters")
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_database_compares_every_character_as_the_program_does(form: Callable[[str], str]) -> None:
    every = [*signs(), *(f"a{sign}각" for sign in signs())]
    assert [one for part in range(20) for one in differences(form, every[part::20])] == []


@pytest.mark.parametrize(
    "typed",
    [
        "새봄정밀",
        "새봄 정밀",
        unicodedata.normalize("NFD", "봄정"),
        "\u200b새봄\u00ad정밀",
        "（주）새봄",
        "100%_",
        "１００％＿",
    ],
)
def test_a_search_finds_a_name_however_it_is_typed(typed: str) -> None:
    name = select(literal("(주)새봄 정밀 100%_").label("name")).subquery()
    assert db.session.scalar(select(db.contains(name.c.name, typed)))


@pytest.mark.parametrize("typed", ["새%밀", "새_정밀", "\\\\", "_", "%"])
def test_signs_of_a_pattern_stand_for_themselves_in_a_search(typed: str) -> None:
    name = select(literal("새봄정밀").label("name")).subquery()
    assert not db.session.scalar(select(db.contains(name.c.name, typed)))


@pytest.mark.parametrize(
    "name", ["", " ", "산들\u3164여우", "\u3164", "\u2800\u200b", unicodedata.normalize("NFD", "새봄")]
)
def test_the_database_keeps_no_name_with_what_nobody_sees(name: str) -> None:
    person = accounts.make_person()
    person.name = name
    with pytest.raises(IntegrityError, match="ck_people_name"):
        db.flush()
