"""``lexicon.yml`` and ``background.yml``: what residents say, and what they say elsewhere."""

from __future__ import annotations

import pytest

from bot.dialogue.published import has_same_questions
from bot.training import model_path

from .folders import DataFolder

LEXICON = "児童手当: [児手, 育児手当]\n子ども: [育児手当]\n"
BACKGROUND = "ja:\n  - おすすめのラーメン屋は\nen:\n  - best ramen\n"


def write(data: DataFolder, name: str, text: str) -> None:
    """Put a file into the folder."""
    (data.path / name).write_text(text, "utf-8")


def test_a_saying_stands_for_all_official_words_that_list_it(data: DataFolder) -> None:
    """Clerks list sayings under the official word; the product looks them up the other way round."""
    write(data, "lexicon.yml", LEXICON)

    assert data.read().lexicon == {"児手": ("児童手当",), "育児手当": ("児童手当", "子ども")}


def test_the_background_is_read_by_language(data: DataFolder) -> None:
    """What is said elsewhere may be said in any language."""
    write(data, "background.yml", BACKGROUND)

    assert data.read().background == {"ja": ("おすすめのラーメン屋は",), "en": ("best ramen",)}


def test_a_ward_may_have_neither(data: DataFolder) -> None:
    """Both files only help."""
    for name in ("lexicon.yml", "background.yml"):
        (data.path / name).unlink(missing_ok=True)
    catalogue = data.read()

    assert (dict(catalogue.lexicon), dict(catalogue.background)) == ({}, {})


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        pytest.param("lexicon.yml", "児童手当: 児手\n", "SCN003", id="no list"),
        pytest.param("lexicon.yml", "児童手当: []\n", "SCN006", id="no saying"),
        pytest.param("lexicon.yml", "児童手当: [児]\n", "SCN006", id="a saying of one character"),
        pytest.param("background.yml", "en: [best ramen]\n", "SCN001", id="no Japanese"),
        pytest.param("background.yml", "ja: [1]\n", "SCN003", id="a number"),
    ],
)
def test_a_mistake_is_named_with_its_place(
    data: DataFolder, name: str, text: str, code: str
) -> None:
    """Who writes something else than a list of lines is told what was expected."""
    write(data, name, text)
    problem = data.problem()

    assert (problem.code, problem.path) == (code, f"data/{name}")


@pytest.mark.parametrize(
    ("name", "text"), [("lexicon.yml", LEXICON), ("background.yml", BACKGROUND)]
)
def test_an_edit_needs_another_model(data: DataFolder, name: str, text: str) -> None:
    """Both are learnt from, so the published model no longer fits."""
    before = data.read()
    write(data, name, text)
    after = data.read()

    assert before.revision != after.revision
    assert model_path(before) != model_path(after)
    assert not has_same_questions(before, after)
