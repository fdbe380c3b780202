import pytest

from marketplace.accounts import passwords

# ASVS V6.2.4, V6.2.12: not one of the common ones
COMMON = [
    "password1234",
    "PassWord!2026!",
    "ｐａｓｓｗｏｒｄ1234",
    "pass\u200bword\u00ad1234",
    "qwertyqwerty",
    "1q2w3e4r5t6y",
    "abcabcabcabc",
    "aaaaaaaaaaaa",
    "123456789012",
    "",
]
UNCOMMON = ["correct horse battery", "세 마리 토끼가 달린다", "k7#vQ2pLw9zR", "aaaaaaaaaaab!x", "lower only letters"]


@pytest.mark.parametrize("password", COMMON)
def test_common_passwords_are_recognised(password: str) -> None:
    assert passwords.is_common(password)


@pytest.mark.parametrize("password", UNCOMMON)
def test_no_composition_rule_refuses_a_long_plain_password(password: str) -> None:
    assert not passwords.is_common(password)


def test_the_list_has_the_top_three_thousand() -> None:
    assert len(passwords.common()) > 3_000


@pytest.mark.parametrize(
    ("password", "refused"), [("jiyoon.park2026", True), ("what jiyoon.park ate on friday", False)]
)
def test_little_more_than_the_owners_mail_address(password: str, refused: bool) -> None:
    assert passwords.contains_own_word(password, ["jiyoon.park", "Kim"]) is refused


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
