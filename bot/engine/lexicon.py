"""What residents say for official words: 児手 for 児童手当; the official words count as said, too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.engine.features import Grams, Word, grams_of, together
from bot.engine.readings import Readings
from bot.engine.tokenizer import words_of
from bot.scenarios.normalise import normalise

_KANA = re.compile("[ぁ-んァ-ヶ]")
_LETTER = "[0-9a-z\u00c0-\u024f\u1e00-\u1eff]"
_LETTERS = re.compile(_LETTER * 2)
_FOREIGN = re.compile(f"{_LETTER}|[\uac00-\ud7a3]")
_NEEDLESS = re.compile(f"(?<!{_LETTER}) +| +(?!{_LETTER})")


class Lexicon:
    """Sayings and the features of the official words for each."""

    def __init__(self, meant: Mapping[str, str], readings: Readings | None = None) -> None:
        """Take what is meant by each saying; several official words stand on lines of their own.

        ``readings`` says which words kana may stand for.
        """
        self._meant, self._readings = dict(meant), readings or Readings({})
        plain = {_squeezed(normalise(saying).text): words for saying, words in meant.items()}
        self._grams = {s: _grams_of_words(words) for s, words in plain.items() if len(s) > 1}
        self._by_start: dict[str, list[str]] = {}
        # The longest first: where 住民票コード is listed, 住民票 within it says nothing more.
        for saying in sorted(self._grams, key=lambda s: (-len(s), s)):
            self._by_start.setdefault(saying[:2], []).append(saying)

    def understood(self, text: str, grams: Grams) -> Grams:
        """Return the features of a normalised text, with those of the official words that it means.

        A Japanese saying gives the words alone: its own characters and readings say enough.
        """
        is_japanese = bool(_KANA.search(text))
        found = [
            Grams(official.words, [], [], [])
            if is_japanese and not _FOREIGN.match(saying)
            else official
            for saying, official in sorted(self._grams_said(text).items())
        ]
        written_out = self._readings.words_in(text, set(grams.words))
        if written_out:
            found.append(Grams(written_out, [], [], []))
        return together([grams, *found])

    def _grams_said(self, text: str) -> dict[str, Grams]:
        return {saying: self._grams[saying] for saying in self._said(text)}

    def _said(self, text: str) -> Iterator[str]:
        text, place = _squeezed(text), 0
        while place < len(text):
            sayings = self._by_start.get(text[place : place + 2])
            found = next((s for s in sayings if _stands(s, text, place)), "") if sayings else ""
            if found:
                yield found
            place += len(found) or 1

    def save(self, folder: Path) -> None:
        """Write ``lexicon.json`` and ``readings.json``."""
        (folder / "lexicon.json").write_text(json.dumps(self._meant, ensure_ascii=False), "utf-8")
        self._readings.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Lexicon:
        """Read what :meth:`save` wrote."""
        meant = json.loads((folder / "lexicon.json").read_text("utf-8"))
        return cls(meant, Readings.load(folder))


def _squeezed(text: str) -> str:
    """Leave spaces only between words that are written with spaces; ``text`` is normalised."""
    return _NEEDLESS.sub("", text) if " " in text else text


def _stands(saying: str, text: str, place: int) -> bool:
    """Tell whether a saying stands there; one in letters (tax) only as whole words (not in taxi)."""
    end = place + len(saying)
    return text.startswith(saying, place) and not (
        _is_within_word(text, place) or _is_within_word(text, end)
    )


def _is_within_word(text: str, place: int) -> bool:
    return bool(_LETTERS.fullmatch(text[max(0, place - 1) : place + 1]))


def _grams_of_words(words: str) -> Grams:
    return together([_grams(line) for line in words.splitlines()])


def _grams(text: str) -> Grams:
    return grams_of(normalise(text).text, [Word(*word) for word in words_of(text)])
