"""What a text may hold, and the one form in which it is kept."""

import re
import unicodedata

# Characters that reorder or hide what a reader sees, and the mark of bytes that were no text.
HIDDEN_CHARACTERS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffd")


def storable(value: str) -> bool:
    """True unless the text holds what the database or a reader can't take (NUL, controls, reordering marks)."""
    if value.isascii() and value.isprintable():
        return True
    return not any(
        character in HIDDEN_CHARACTERS
        or (unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n\r")
        for character in value
    )


def tidy(text: str) -> str:
    """The text as it is kept: letters composed (NFC), lines ended alike, nothing around it."""
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()


def numbers_in(text: str, *kinds: str) -> list[str]:
    """The numbers of these kinds (`COP`) that a text names, each once, as next_number() writes them.

    People and banks write COP-2026-000001 in small letters, full width, with blanks or other dashes, or with nothing
    between its parts.
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf").upper()
    pattern = rf"(?<![A-Z])({'|'.join(kinds)})[\W_]{{0,3}}(\d{{4}})[\W_]{{0,3}}(\d{{6,}})"
    return list(dict.fromkeys("-".join(parts) for parts in re.findall(pattern, plain, re.ASCII)))


def number_in(kind: str, *texts: str) -> str | None:
    """The number of this kind that the first of the texts with any names; None when it names several."""
    numbers = next((numbers for text in texts if (numbers := numbers_in(text, kind))), [])
    return numbers[0] if len(numbers) == 1 else None
