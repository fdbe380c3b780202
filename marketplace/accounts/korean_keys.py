"""Korean words on a keyboard: which letters the keys spell, and which keys letters are typed with."""

import re
import unicodedata
from functools import cached_property

FIRST_SYLLABLE, INITIAL, VOWEL, FINAL = 0xAC00, 0x1100, 0x1161, 0x11A8


class Keys:
    """A keyboard: the keys of the first, middle and last parts of a syllable, each in Unicode's order."""

    def __init__(self, initials: str, vowels: str, finals: str) -> None:
        self.initials, self.vowels, self.finals = initials.split(), vowels.split(), ["", *finals.split()]

    def spelled_by(self, typed: str) -> str:
        """The syllables that the keys spell, if all letters become syllables; otherwise the text as it is.

        So `eogksalsrnr` is 대한민국, and an English sentence stays one.
        """
        spelled = self._syllable.sub(self._compose, self._plain_keys(typed))
        return typed if re.search("[A-Za-z]", spelled) else spelled

    def typed_for(self, text: str) -> str:
        """The keys that this text is typed with: `qwer` for ㅂㅈㄷㄱ."""
        return "".join(self._key_of.get(sign, sign) for sign in unicodedata.normalize("NFKD", text))

    @cached_property
    def _syllable(self) -> re.Pattern[str]:
        initial, vowel, final = (
            "|".join(sorted(filter(None, keys), key=len, reverse=True))
            for keys in (self.initials, self.vowels, self.finals)
        )
        # A consonant before a vowel begins the next syllable.
        return re.compile(f"({initial})({vowel})(?:({final})(?!{vowel}))?")

    @cached_property
    def _key_of(self) -> dict[str, str]:
        parts = ((INITIAL, self.initials), (VOWEL, self.vowels), (FINAL, self.finals[1:]))
        return {chr(first + place): key for first, keys in parts for place, key in enumerate(keys)}

    def _plain_keys(self, typed: str) -> str:
        """Capitals are letters of their own on a few keys; on the others they are what small ones are."""
        own = "".join(key for key in self.initials + self.vowels if key.isupper())
        return re.sub(f"[A-Z](?<![{own}])", lambda key: key[0].lower(), typed)

    def _compose(self, match: re.Match[str]) -> str:
        initial, vowel = self.initials.index(match[1]), self.vowels.index(match[2])
        return chr(
            FIRST_SYLLABLE + (initial * len(self.vowels) + vowel) * len(self.finals) + self.finals.index(match[3] or "")
        )
