"""What a text may hold, the one form in which it is kept, and the one form in which it is compared.

Kept and handed out: NFC. Compared: NFKC without what nobody sees. What the database compares, it brings to the same
form: functions of the same names in `core/sql/`, held equal by a test.
"""

import re
import unicodedata

import phonenumbers

from marketplace.core import clock

# Characters that reorder or hide what a reader sees, and the mark of bytes that were no text.
HIDDEN_CHARACTERS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffd")
# What shows nothing and takes no room (Unicode's Default_Ignorable_Code_Point), interlinear marks, and the blank of
# Braille, which is no space to Unicode.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
BLANKS = re.compile("[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
DASHES = re.compile("[\u2010-\u2015\u2043\u2212]")
FULL_WIDTH = {sign + 0xFEE0: sign for sign in range(0x21, 0x7F)}
LEGAL_FORMS = re.compile(r"\(주\)|주식회사|\(유\)|유한회사|([ ,]+co\.?[ ,]+|co\.[ ,]*|[ ,]+)(ltd|inc)\.?$")


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
    """The text as it is kept: letters composed (NFC), lines ended alike, nothing around it; empty if nothing shows."""
    kept = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    return kept if legible(kept) else ""


def tidy_name(text: str) -> str:
    """A name as it is kept: tidy, without what nobody sees, single blanks; two names that look alike are one."""
    kept = unicodedata.normalize("NFC", UNSEEN.sub("", unicodedata.normalize("NFC", text)))
    return BLANKS.sub(" ", kept).strip()


def shown(text: str) -> str:
    """A text from elsewhere (a bank, a file's name) as it is kept: like a name, and without control characters."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return "".join(sign for sign in tidy_name(text) if unicodedata.category(sign) not in ("Cc", "Cs")).strip()


def narrow(text: str) -> str:
    """A number or date as it was typed, but in ASCII where it is only wider there; 10² stays what it is."""
    return DASHES.sub("-", UNSEEN.sub("", text.translate(FULL_WIDTH))).strip()


def legible(text: str) -> str:
    """What a reader sees of a text, in plain signs: NFKC, nothing unseen, one kind of dash, single blanks."""
    seen = DASHES.sub("-", UNSEEN.sub("", unicodedata.normalize("NFKC", text)))
    return unicodedata.normalize("NFKC", BLANKS.sub(" ", seen)).strip()


def plain_text(text: str) -> str:
    """A name, an address or any text as it is compared: what is legible, in one case, without blanks."""
    return unicodedata.normalize("NFKC", legible(text).casefold().replace(" ", ""))


def plain_firm_name(text: str) -> str:
    """A firm's name as it is compared: without its legal form, so that a bank's spelling meets the register's."""
    return plain_text(LEGAL_FORMS.sub("", legible(text).casefold()))


def plain_number(text: str) -> str:
    """The number of an account or a business as it is compared: its digits and Latin letters, nothing between them."""
    return re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", text).upper())


def phone_number(text: str) -> str:
    """A telephone number as it is compared (E.164), read as dialled in the agency's country; empty for what is none.

    Abroad 00 is what + is here, and 내선 is Korean for an extension, which the library doesn't know.
    """
    dialled = re.sub(r"^00(?=[1-9])", "+", legible(text)).replace("내선", " ext. ")
    try:
        number = phonenumbers.parse(dialled, clock.country())
    except phonenumbers.NumberParseException:
        return ""
    possible = phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if possible else ""


def numbers_in(text: str, *kinds: str) -> list[str]:
    """The numbers of these kinds (`COP`) that a text names, each once, as next_number() writes them.

    People and banks write COP-2026-000001 in small letters, full width, with blanks or other dashes, or with nothing
    between its parts.
    """
    pattern = rf"(?<![A-Z])({'|'.join(kinds)})[\W_]{{0,3}}(\d{{4}})[\W_]{{0,3}}(\d{{6,}})"
    return list(dict.fromkeys("-".join(parts) for parts in re.findall(pattern, legible(text).upper(), re.ASCII)))


def number_in(kind: str, *texts: str) -> str | None:
    """The number of this kind that the first of the texts with any names; None when it names several."""
    numbers = next((numbers for text in texts if (numbers := numbers_in(text, kind))), [])
    return numbers[0] if len(numbers) == 1 else None
