"""A mail is read as it was written, by Python's strict parser."""

from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from marketplace.notifications.post import Post, compose
from marketplace.notifications.rendering import Letter

POST = Post(None, "no-reply@example.org", "https://example.org")
AGENCY = "컨설팅 바우처 지원 기관"
WORDS = some.text("가나다라마바사힣 abcDEF 0123 -()[]:,.%=?_\"'①é–😀", max_size=90)


def sent(letter: Letter) -> bytes:
    """The bytes that go to the server."""
    return compose(letter, to="a@example.com", message_id="1", post=POST).as_bytes()


def test_every_korean_title_is_read_as_it_was_written() -> None:
    """The library alone loses a blank in every fifth of these."""
    chance = Random(20261130)
    for _number in range(150):
        words = [
            "".join(chance.choices("가나다라마바사아자차카타파하각힣", k=chance.randint(1, 7))) for _word in range(14)
        ]
        title = f"[{chance.randint(1, 999)}] " + " ".join(words)[: chance.randint(20, 80)].strip()
        mail = message_from_bytes(sent(Letter(title, "", AGENCY)), policy=policy.default)
        assert mail["Subject"] == title


@example("Your voucher VOU-2026-000004 is valid until the end of 31 December 2026")
@given(some.one_of(WORDS, some.text(some.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=90)))
def test_every_subject_is_read_as_it_was_written(text: str) -> None:
    subject = " ".join(text.split())
    content = sent(Letter(subject, "body\n", AGENCY))
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 78
    for strict in (policy.default, policy.SMTP, policy.strict):
        mail = message_from_bytes(content, policy=strict)
        assert mail["Subject"] == subject
        assert mail["From"].addresses[0].display_name == AGENCY
        assert mail["From"].addresses[0].addr_spec == "no-reply@example.org"
        assert not mail.defects


@given(some.lists(WORDS, max_size=20))
def test_every_text_is_read_as_it_was_written(lines: list[str]) -> None:
    body = "\n".join(["From here", ".", *lines, ""])
    mail = message_from_bytes(sent(Letter("제목", body, AGENCY)), policy=policy.default)
    assert mail.get_content().replace("\r\n", "\n") == body


@pytest.mark.parametrize("subject", ["a\nBcc: b@example.com", "가\r\nBcc: b@example.com", "가\n b"])
def test_a_subject_of_two_lines_is_no_mail(subject: str) -> None:
    with pytest.raises(ValueError):
        compose(Letter(subject, "", AGENCY), to="a@example.com", message_id="1", post=POST)


@pytest.mark.parametrize(
    "name", ["진흥원, 부산 (본원)", 'Institute "B", Ltd. <x@y.example>', "중소기업 " * 14 + "원", "A" * 100]
)
def test_every_sender_is_read_as_it_was_written(name: str) -> None:
    mail = message_from_bytes(sent(Letter("제목", "", name)))
    # Python's newer parser puts a blank between the encoded words of a long name, which no mail program does.
    (encoded, address), *others = getaddresses([mail["From"]])
    assert (str(make_header(decode_header(encoded))), address, others) == (name, "no-reply@example.org", [])


def test_a_sender_of_two_lines_is_no_mail() -> None:
    with pytest.raises(ValueError):
        sent(Letter("제목", "", "a\nBcc: b@example.com"))
