"""One word for one thing: of several words that mean the same, readers meet the same one everywhere."""

import re
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
INSTEAD = {
    "KRW 단위": "원 단위",
    "공급기관": "컨설팅사",
    "납부할 곳": "납부 의무자",
    "담당관": "담당자",
    "본인부담금": "자기부담금",
    "비밀 번호": "추첨 난수",  # the draw's; a password is a 비밀번호
    "세요": "십시오",
    "수수께끼": "보안문자",
    "산출물": "문서",
    "순액": "공급가액",
    "전자우편": "이메일",
    "접수 중인 과제": "공개 과제",
    "조건 지우기": "초기화",
    "지급 묶음": "일괄 지급",
    "지문": "해시값",
    "컨설팅 기업": "컨설팅사",
    "저절로": "자동으로",
    "결손 처리": "결손 처분",
    "움직임": "거래",
    "영업일": "근무일",
    "회사": "기업",
}
# A part of names, and of no sentence.
LEGAL_FORMS = re.compile("(주식|유한|유한책임|합자|합명)회사")
WHERE = ("translations/**/*.po", "templates/**/*", "config/**/*.toml", "marketplace/**/*.py")


def test_no_synonym_stands_where_another_word_is_used() -> None:
    files = [path for pattern in WHERE for path in ROOT.glob(pattern) if path.is_file()]
    assert len(files) > 500
    synonyms = [
        f"{path.relative_to(ROOT)}:{number}: {INSTEAD[word]} instead of {word}"
        for path in files
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for word in INSTEAD
        if word in LEGAL_FORMS.sub("", line)
    ]
    assert not synonyms


# What people read in English: the sources of the catalogue, mails, and data in both languages.
ENGLISH_INSTEAD = {
    r"(?<!e-)\bmails?\b": "e-mail",
    r"\bdeliverables?\b": "document",
    r"co-payments?": "own share",
    r"(?<![/_.])\bproviders?\b(?![/_])": "firm",
    r"\bthe SME\b": "the company",
    r"whole units of": "whole won",
    r"\bcloses on\b": "is open until",  # a day's end is no moment of the next day
}


def test_no_english_synonym_stands_where_another_word_is_used() -> None:
    with (ROOT / "translations/ko/LC_MESSAGES/messages.po").open("rb") as file:
        texts = [str(message.id) for message in read_po(file)]
    texts += [path.read_text("utf-8") for path in ROOT.glob("templates/emails/**/*.en.txt")]
    for path in ROOT.glob("config/*/*.toml"):
        texts += re.findall(r'\ben = "([^"]*)"', path.read_text("utf-8"))
    assert len(texts) > 2000
    synonyms = [
        f"{instead} instead of {found[0]}: {text[:200]}"
        for text in texts
        for word, instead in ENGLISH_INSTEAD.items()
        if (found := re.search(word, text, re.I))
    ]
    assert not synonyms


DEADLINE = re.compile(
    r"\b(closes_at|until_at|reply_due_at|appeal_due_at|appeal_ends_at|offer_ends_at)\|(date|datetime)\b"
)


def test_a_deadline_is_told_by_the_day_that_it_ends() -> None:
    """Midnight after the last day is shown as the end of that day, never as 00:00 of the next."""
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in ROOT.glob("templates/**/*.*")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if DEADLINE.search(line)
    ]
    assert not wrong


def test_no_page_shows_a_rule_by_its_code_alone() -> None:
    bare = re.compile(r"\{\{[^}]*\b(rule_id|rule\.id)\b[^}]*\}\}")
    named = re.compile(r"url_for|rules\[|rule_title")
    shown = [
        f"{path.relative_to(ROOT)}: {found}"
        for path in ROOT.glob("templates/**/*.html")
        for found in (match[0] for match in bare.finditer(path.read_text("utf-8")))
        if not named.search(found)
    ]
    assert not shown
