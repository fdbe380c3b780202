"""The invented names and texts of the demo, drawn from config/demo by a seeded chance."""

import tomllib
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import config

FOLDER = Path(config.__path__[0]) / "demo"


@cache
def names() -> dict[str, Any]:
    """The parts that names are put together from."""
    return tomllib.loads((FOLDER / "names.toml").read_text(encoding="utf-8"))


@cache
def texts() -> dict[str, Any]:
    """What people write, in both languages."""
    return tomllib.loads((FOLDER / "texts.toml").read_text(encoding="utf-8"))


def firm_names(chance: Random) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Every pair of a sight and an animal, shuffled: a firm's name without its trade."""
    pairs = [(sight, animal) for sight in names()["sights"] for animal in names()["animals"]]
    chance.shuffle(pairs)
    return pairs


def firm_name(pair: tuple[dict[str, str], dict[str, str]], trade: str, chance: Random) -> str:
    """The name in Korean with a nickname in English: 구름고래정밀 (Cloud Whale)."""
    sight, animal = pair
    return f"{sight['ko']}{animal['ko']}{chance.choice(names()['trades'][trade])} ({sight['en']} {animal['en']})"


def person_names(chance: Random) -> list[str]:
    """Every surname with every given name, shuffled."""
    made = [f"{surname}{given}" for surname in names()["surnames"] for given in names()["given"]]
    chance.shuffle(made)
    return made


def reason(code: str, language: str = "ko") -> str:
    """Why somebody decided as they did."""
    return str(texts()["reasons"][code][language])


def notice(programme: str) -> dict[str, dict[str, str]]:
    """Description and conditions of a programme's calls."""
    parts = texts()["notices"][programme]
    return {part: {language: text.strip() for language, text in parts[part].items()} for part in parts}


def pick(chance: Random, group: str, language: str = "ko") -> str:
    """One of the texts of a group."""
    return str(chance.choice(texts()[group][language]))


def report(chance: Random, opening: str) -> list[str]:
    """The paragraphs of a report that is like no other: chosen sentences, each with numbers of its own."""
    sentences = chance.sample(texts()["reports"]["sentences"], 14)
    filled = []
    for sentence in sentences:
        while "#" in sentence:
            sentence = sentence.replace("#", str(chance.randint(2, 95)), 1)
        filled.append(sentence)
    return [opening, *(" ".join(filled[at : at + 3]) for at in range(0, len(filled), 3))]
