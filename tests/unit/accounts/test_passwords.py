from datetime import date

import pytest

import config.passwords
from marketplace.accounts import passwords
from marketplace.accounts.korean_keys import Keys
from marketplace.accounts.passwords import Weakness

RULE = config.passwords.rule(date(2026, 12, 1))
KEYS = Keys(**RULE.keys)
OWN = ["jiyoon.park@hanbit.example", "jiyoon.park", "박지윤", "(주)한빛정밀", "Korea Innovation Agency"]


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("password1234", Weakness.COMMON),
        ("Pass\u200bword\u00ad1234", Weakness.COMMON),
        ("ｐａｓｓｗｏｒｄ1234", Weakness.COMMON),
        ("knackwurst8853", Weakness.COMMON),  # nothing but a list of breaches knows it
        ("abcdefghijkl", Weakness.COMMON),
        ("voucher12345", Weakness.EASY),
        ("qwertyqwerty", Weakness.COMMON),
        ("1q2w3e4r5t6y", Weakness.COMMON),
        ("zaq12wsxcde34rfv", Weakness.EASY),
        ("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴ", Weakness.EASY),
        ("abcabcabcabc", Weakness.EASY),
        ("bcdefghijklm", Weakness.EASY),
        ("aaaaaaaaaaaab", Weakness.EASY),
        ("PassWord!2026!", Weakness.EASY),
        ("비밀번호바우처2026!", Weakness.EASY),
        ("dkssudgktpdy", Weakness.KOREAN_KEYS),  # 안녕하세요
        ("Dkssudgktpdy1!", Weakness.KOREAN_KEYS),
        ("qlalfqjsgh1234", Weakness.KOREAN_KEYS),  # 비밀번호
        ("eogksalsrnr2026", Weakness.KOREAN_KEYS),  # 대한민국
        ("jiyoon.park2026", Weakness.OWN_WORDS),
        ("Hanbit!Hanbit!", Weakness.OWN_WORDS),
        ("박지윤박지윤1234!", Weakness.OWN_WORDS),
        ("qkrwldbs123456", Weakness.OWN_WORDS),  # 박지윤
        ("한빛정밀비밀번호2026!", Weakness.OWN_WORDS),
        ("innovation2026!", Weakness.OWN_WORDS),
    ],
)
def test_what_is_guessed_early_is_refused_and_said_why(password: str, why: Weakness) -> None:
    assert passwords.weakness(password, OWN, RULE) is why  # ASVS 6.2.4, 6.2.11, 6.2.12


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "세 마리 토끼가 달린다",
        "tp akfl xhRlrk ekfflsek",  # the same on a Latin keyboard
        "k7#vQ2pLw9zR",
        "lower only letters",
        "what jiyoon.park ate on friday",
        "three quiet rabbits run",
        "x" * 3 + "kq!7 blue otters" * 8,
    ],
)
def test_no_composition_rule_refuses_a_good_password(password: str) -> None:
    assert passwords.weakness(password, OWN, RULE) is None


def test_the_list_has_the_top_three_thousand_and_breached_ones() -> None:
    assert len(config.passwords.common()) > 4_000


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("dkssudgktpdy", "안녕하세요"),
        ("rkqt", "값"),
        ("rkqtk", "갑사"),  # a consonant before a vowel begins a syllable
        ("ekfrl", "달기"),
        ("dhkdnj", "와워"),
        ("qkRdptj RhrRhr", "밖에서 꼭꼭"),
        ("DKSSUD 12!", "안녕 12!"),
        ("correct horse", "correct horse"),  # not all of it becomes syllables
        ("", ""),
    ],
)
def test_keys_spell_syllables(typed: str, spelled: str) -> None:
    assert KEYS.spelled_by(typed) == spelled
    if spelled != typed:
        assert KEYS.typed_for(spelled).lower() == typed.lower()


def test_the_hash_is_argon2id_and_matches_only_its_password() -> None:
    kept = passwords.hashed("세 마리 토끼가 달린다")
    assert kept.startswith("$argon2id$")
    assert passwords.matches(kept, "세 마리 토끼가 달린다")
    assert not passwords.matches(kept, "세 마리 토끼가 달린다 ")


def test_letters_typed_apart_or_together_are_the_same_password() -> None:
    together, apart = "caf\u00e9 au lait noir", "cafe\u0301 au lait noir"
    assert passwords.matches(passwords.hashed(together), apart)


def test_an_unknown_person_matches_nothing() -> None:
    assert not passwords.matches(None, "anything at all here")
    assert not passwords.matches("not a hash", "anything at all here")


def test_the_last_of_128_characters_counts() -> None:
    kept = passwords.hashed("x" * 127 + "y")  # ASVS V6.2.8: no truncation
    assert not passwords.matches(kept, "x" * 127 + "z")
