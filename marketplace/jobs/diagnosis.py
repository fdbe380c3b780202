"""The self-diagnosis: from a company's answers to scores per service line and to a drafted job."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from config.dated import Editions

LANGUAGES = ("ko", "en")
LOWEST, HIGHEST = 1, 5

Text = dict[str, str]


@dataclass(frozen=True)
class Question:
    """One plain statement, and the sentences that a low or middling answer puts into the draft."""

    code: str
    line: str
    text: Text
    low: Text
    middle: Text


@dataclass(frozen=True)
class Line:
    """One service line: what a job in it wants."""

    code: str
    title: Text
    goal: Text
    results: tuple[Text, ...]


@dataclass(frozen=True)
class Questionnaire:
    """One dated version of the questionnaire, as read from its data file."""

    version: str
    valid_from: date
    scale: dict[int, Text]
    lines: dict[str, Line]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Draft:
    """A drafted job: its service line and its texts by language."""

    service_line: str
    title: Text
    goal: Text
    situation: Text
    expected_results: Text


def _questionnaire(data: dict[str, Any]) -> Questionnaire:
    lines = {
        code: Line(code, line["title"], line["goal"], tuple(line["results"])) for code, line in data["lines"].items()
    }
    questions = tuple(Question(**question) for question in data["questions"])
    scale = {int(value): label for value, label in data["scale"].items()}
    return Questionnaire(data["version"], data["valid_from"], scale, lines, questions)


EDITIONS = Editions("diagnosis", _questionnaire)


def score(questionnaire: Questionnaire, answers: Mapping[str, int]) -> dict[str, int]:
    """Need of help per service line, 0 (none) to 100 (all answers lowest), rounded half up.

    Raises ValueError unless every question is answered within the scale.
    """
    if set(answers) != {question.code for question in questionnaire.questions}:
        raise ValueError("answers must cover exactly the questions")
    if any(not LOWEST <= value <= HIGHEST for value in answers.values()):
        raise ValueError("an answer lies outside the scale")
    scores = {}
    for code in questionnaire.lines:
        missing = [HIGHEST - answers[q.code] for q in questionnaire.questions if q.line == code]
        most = len(missing) * (HIGHEST - LOWEST)
        scores[code] = (200 * sum(missing) + most) // (2 * most)
    return scores


def draft(questionnaire: Questionnaire, answers: Mapping[str, int], *, service_line: str | None = None) -> Draft:
    """The job for the service line that needs help most (the first listed, of equals), or for the one named."""
    scores = score(questionnaire, answers)
    code = service_line or max(scores, key=scores.__getitem__)
    line = questionnaire.lines[code]
    asked = [question for question in questionnaire.questions if question.line == code]
    return Draft(
        service_line=code,
        title=line.title,
        goal=line.goal,
        situation={language: _situation(asked, answers, language) for language in LANGUAGES},
        expected_results={
            language: "\n".join(f"- {result[language]}" for result in line.results) for language in LANGUAGES
        },
    )


def _situation(asked: list[Question], answers: Mapping[str, int], language: str) -> str:
    """What the weak answers say, worst first; without a weak one, the statements themselves."""
    weak = sorted((q for q in asked if answers[q.code] <= 3), key=lambda q: answers[q.code])
    if not weak:
        return "\n".join(question.text[language] for question in asked)
    return "\n".join((q.low if answers[q.code] <= 2 else q.middle)[language] for q in weak)
