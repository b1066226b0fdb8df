"""What the tests of FAQ models share: what is learnt once, and a small FAQ."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.dialogue.published import Published
from bot.faq.background import Background
from bot.faq.model import FaqModel
from bot.faq.reading import Entry, read_faq
from bot.faq.vectors import WordVectors
from bot.scenarios.today import jst_today

ROOT = Path(__file__).resolve().parents[2]
SHIOMI = ROOT / "bench" / "faq" / "shiomi.csv"


@pytest.fixture(scope="session")
def background(published: Published) -> Background:
    return Background.of(published.catalogue, jst_today())


@pytest.fixture(scope="session")
def embedding() -> WordVectors:
    return WordVectors.of_package()


@pytest.fixture(scope="session")
def entries() -> tuple[Entry, ...]:
    return read_faq(SHIOMI).entries


@pytest.fixture(scope="session")
def model(entries: tuple[Entry, ...], background: Background, embedding: WordVectors) -> FaqModel:
    return FaqModel.of(entries, background, embedding)
