"""One browser and one gateway for all tests here, and a fresh visitor for each."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.dialogue.published import Published
from bot.web.settings import Settings
from tests.support.fake_worker import TOKEN, FakeWorker
from tests.support.ward import KNOWN

from .served import ServedWard, serve
from .visitor import Visitor

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PHONE, DESKTOP = (360, 740), (1280, 800)
_PATIENCE = 60_000  # milliseconds; a busy machine is no defect

Visit = Callable[..., Visitor]
Audit = Callable[[Page], list[str]]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A real browser; where there is none the tests are skipped, which fails in CI."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium")
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="package")
def served(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedWard]:
    """The gateway with the shipped data; each visitor has a conversation of their own."""
    with FakeWorker(published.index) as worker:
        settings = Settings(
            data_dir=tmp_path_factory.mktemp("browser"),
            address_rate=0,
            worker_url=worker.url,
            worker_token=TOKEN,
            worker_timeout=2.5,
        )
        with serve(settings, published, worker) as ward:
            yield ward


@contextmanager
def _visits(browser: Browser, served: ServedWard) -> Iterator[Visit]:
    visitors: list[Visitor] = []

    def come(size: tuple[int, int] = DESKTOP, url: str = served.url, **options: Any) -> Visitor:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, locale="ja-JP", **options)
        context.set_default_timeout(_PATIENCE)
        visitors.append(Visitor(context, url))
        return visitors[-1]

    yield come
    complaints = [visitor.watch.complaints() for visitor in visitors]
    for visitor in visitors:
        visitor.context.close()
    assert [[] for _ in visitors] == complaints


@pytest.fixture
def visit(browser: Browser, served: ServedWard) -> Iterator[Visit]:
    """Bring visitors to the demo page; in the end no browser may have anything to complain of."""
    with _visits(browser, served) as come:
        yield come


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    """A visitor at a desk who has not opened the widget yet."""
    return visit()


@pytest.fixture(scope="package")
def _standing(browser: Browser, served: ServedWard) -> Iterator[Visitor]:
    with _visits(browser, served) as come:
        visitor = come().open()
        visitor.ask(KNOWN)
        yield visitor


@pytest.fixture
def reader(_standing: Visitor) -> Iterator[Visitor]:
    """A visitor with one answer, for tests that say nothing and leave all as it was."""
    yield _standing
    assert _standing.watch.complaints() == []


@pytest.fixture(scope="package")
def axe() -> str:
    """The source of axe-core in the locked version, installed where it is not."""
    folder = HERE / "node_modules" / "axe-core"
    locked = json.loads((HERE / "package-lock.json").read_text("utf-8"))["packages"]
    wanted = locked["node_modules/axe-core"]["version"]
    manifest = folder / "package.json"
    if not manifest.is_file() or json.loads(manifest.read_text("utf-8"))["version"] != wanted:
        npm = shutil.which("npm")
        assert npm, "axe-core is not installed, and there is no npm to install it"
        subprocess.run([npm, "ci", "--silent"], cwd=HERE, check=True, timeout=120)
    return (folder / "axe.min.js").read_text("utf-8")


@pytest.fixture
def audit(axe: str) -> Audit:
    """Look for violations of WCAG 2.2 A and AA and of good practice, shadow trees included."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

    def look(page: Page) -> list[str]:
        page.evaluate(axe)
        found = page.evaluate("tags => axe.run(document, { runOnly: tags })", tags)
        assert found["passes"], "axe looked at nothing"
        return [
            f"{violation['id']}: {node['html'][:120]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    return look
