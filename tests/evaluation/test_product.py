"""The counter that stands only for an evaluation: started, asked, gone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot.dialogue.published import Published
from bot.evaluation.asking import HttpAsk, ask_all
from bot.evaluation.product import ProductFailed, reduced_notice, temporary_product
from bot.evaluation.rows import Row
from bot.supervisor import Child, children_of
from bot.web.settings import Settings
from tests.support.ward import KNOWN

pytestmark = pytest.mark.slow

DATA = Path(__file__).resolve().parents[2] / "data"
NO_MODEL = Path("no-model")


def with_worker(*command: str) -> Callable[[Settings, Path], list[Child]]:
    """Put another command in the place of Rasa."""

    def workers(settings: Settings, model: Path) -> list[Child]:
        worker, gateway = children_of(settings, model)
        port = worker.command[list(worker.command).index("--port") + 1]
        own = [part.replace("PORT", port) for part in command]
        return [replace(worker, command=[sys.executable, *own]), gateway]

    return workers


FAKE = with_worker("-m", "tests.stack.fake_engine", "--port", "PORT")


def test_it_answers_while_it_stands_and_is_gone_afterwards(published: Published) -> None:
    """Gateway and worker are there for the block alone."""
    notice = reduced_notice(published.catalogue)
    with temporary_product(DATA, NO_MODEL, workers=FAKE) as url, HttpAsk(url, notice) as ask:
        (done,) = ask_all(ask, [Row(KNOWN)])

    assert done.reply is not None
    assert done.reply.candidates[0].startswith("jido_teate.")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz", trust_env=False)


def test_a_worker_that_ends_is_told_with_its_last_words() -> None:
    """Its exit status and the end of its log stand in the message."""
    broken = with_worker("-c", "print('no model here'); raise SystemExit(3)")

    with (
        pytest.raises(ProductFailed, match=r"コード 3）：\nno model here"),
        temporary_product(DATA, NO_MODEL, workers=broken),
    ):
        pass
