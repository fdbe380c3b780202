"""How alike two deliverables are: shingles of their words, a sketch of them, and the share in common.

The sketch keeps the SIZE smallest hashes of a text's shingles (a bottom-k sketch: Broder, "On the resemblance and
containment of documents", 1997; Cohen & Kaplan, "Summarizing data using bottom-k sketches", 2007). For texts with
fewer shingles the comparison is exact; for longer ones its standard error is at most 0.5 / sqrt(SIZE), here 0.03.
"""

import re
from collections.abc import Iterable
from hashlib import blake2b

from marketplace.core.text import legible

SIZE = 256
WORDS = 5
CHARACTERS = 9
FEW_WORDS = 60
NEAR_COPY = 0.6
ENOUGH = 20

_WORD = re.compile(r"\w+")


def shingles(text: str) -> set[str]:
    """Every run of five words; of a text with few words (Korean without spaces) every run of nine characters."""
    words = _WORD.findall(legible(text).casefold())
    if len(words) >= FEW_WORDS:
        return {" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)}
    letters = "".join(words)
    return {letters[at : at + CHARACTERS] for at in range(len(letters) - CHARACTERS + 1)}


def sketch(text: str) -> list[int]:
    """The smallest hashes of the text's shingles, ascending, as 63-bit numbers; empty for too little text."""
    pieces = shingles(text)
    if len(pieces) < ENOUGH:
        return []
    return sorted({_hash(shingle) for shingle in pieces})[:SIZE]


def resemblance(one: Iterable[int], other: Iterable[int]) -> float:
    """The estimated Jaccard index of two sketched texts, 0 to 1; 0 when either has too little text."""
    first, second = set(one), set(other)
    if not first or not second:
        return 0.0
    smallest = set(sorted(first | second)[:SIZE])
    return len(smallest & first & second) / len(smallest)


def is_near_copy(value: float) -> bool:
    """Whether a reviewer must look: integrity rule E29 asks from 0.6 on."""
    return value >= NEAR_COPY


def _hash(shingle: str) -> int:
    return int.from_bytes(blake2b(shingle.encode(), digest_size=8).digest()) >> 1
