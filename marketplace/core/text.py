"""What a text may hold, and the one form in which it is kept."""

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
