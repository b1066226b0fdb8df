"""Foreign words and the Japanese words for them: what a question is about, not a translation of it.

The questions that answers are found by are Japanese. A message in another language is turned into the
Japanese key words that it names, in its order, and goes the same way as a Japanese one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.scenarios.normalise import normalise

Terms = Mapping[str, Mapping[str, Sequence[str]]]
"""By Japanese words: the words of each locale, and those in Latin letters that stand in any text."""

ANY_TEXT = "latin"
_SPACED = {"en", "vi", "tl", "ja", "ja-easy"}
_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff々]{2,}")


@dataclass(frozen=True)
class Glossary:
    """The terms of every language, ready to be found; the longest term at a place wins.

    ``traditional`` holds pairs of a traditional character and its simplified form.
    """

    terms: Terms
    traditional: tuple[str, ...] = ()

    def japanese(self, text: str, locale: str) -> str | None:
        """Return the Japanese key words of a text in ``locale``, or nothing where it names none."""
        finder = self._finders.get(locale)
        if finder is None:
            return None
        pattern, meanings = finder
        folded = self._folded(text, locale)
        found = [meanings[match[0]] for match in pattern.finditer(folded)]
        if not found:
            return None
        named = [] if locale == "zh-Hans" else _JAPANESE.findall(normalise(text).text)
        return " ".join(dict.fromkeys([*named, *found]))

    @cached_property
    def _finders(self) -> dict[str, tuple[re.Pattern[str], dict[str, str]]]:
        locales = {name for words in self.terms.values() for name in words} - {ANY_TEXT}
        return {locale: self._finder(locale) for locale in sorted({*locales, "ja", "en"})}

    def _finder(self, locale: str) -> tuple[re.Pattern[str], dict[str, str]]:
        meanings = dict(self._words(locale))
        longest_first = sorted(meanings, key=lambda word: (-len(word), word))
        either = "|".join(map(re.escape, longest_first)) or r"(?!)"
        bounded = rf"(?<![a-z0-9])(?:{either})(?![a-z0-9])" if locale in _SPACED else either
        return re.compile(bounded), meanings

    def _words(self, locale: str) -> Iterator[tuple[str, str]]:
        for japanese, words in self.terms.items():
            for word in (*words.get(ANY_TEXT, ()), *words.get(locale, ())):
                yield self._folded(word, locale), japanese

    def _folded(self, text: str, locale: str) -> str:
        """Bring both sides to one form: simplified characters, letters without marks, plain spaces."""
        plain = " ".join(normalise(text).text.split())
        if locale == "zh-Hans":
            return plain.translate({ord(pair[0]): pair[1] for pair in self.traditional})
        return _without_marks(plain) if locale in _SPACED else plain


def _without_marks(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.replace("đ", "d"))
    return "".join(c for c in apart if not "\u0300" <= c <= "\u036f").replace("’", "'")


NOTHING = Glossary({})
