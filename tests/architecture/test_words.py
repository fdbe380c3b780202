"""One word for one thing: of several Korean words that mean the same, readers meet the same one everywhere."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
INSTEAD = {
    "공급기관": "컨설팅사",
    "납부할 곳": "납부 의무자",
    "담당관": "담당자",
    "비밀 번호": "추첨 난수",  # the draw's; a password is a 비밀번호
    "수수께끼": "보안문자",
    "순액": "공급가액",
    "전자우편": "이메일",
    "조건 지우기": "초기화",
    "지급 묶음": "일괄 지급",
    "지문": "해시값",
}
WHERE = ("translations/**/*.po", "templates/**/*", "config/**/*.toml", "marketplace/**/*.py")


def test_no_synonym_stands_where_another_word_is_used() -> None:
    files = [path for pattern in WHERE for path in ROOT.glob(pattern) if path.is_file()]
    assert len(files) > 500
    synonyms = [
        f"{path.relative_to(ROOT)}:{number}: {INSTEAD[word]} instead of {word}"
        for path in files
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for word in INSTEAD
        if word in line
    ]
    assert not synonyms
