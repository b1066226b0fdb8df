"""Texts are texts, and the browser has nothing to complain of; also the watch that tells so is watched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, expect

from bot.dialogue.published import Published
from bot.web.settings import Settings
from tests.support.edited import edit_data
from tests.support.fake_worker import TOKEN, FakeWorker

from .conftest import Visit
from .served import ServedWard, serve
from .visitor import Visitor, Watch

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
MARKUP = "<img src=x onerror=\"document.title='taken'\"><b>太字</b><script>document.title='taken'</script>"
ADDRESSES = "javascript:alert(1) http://insecure.example/ data:text/html,x"
ADDED = "img, b, script, iframe, style, link"


@pytest.fixture(scope="module")
def hostile(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedWard]:
    """A ward into whose texts somebody has put markup."""
    data = edit_data(ROOT / "data", tmp_path_factory.mktemp("hostile") / "data")
    phrases = data / "phrases.yml"
    content = yaml.load(phrases.read_text("utf-8"), Loader=yaml.BaseLoader)
    content["phrases"]["thanks"]["text"]["ja"] = f"{MARKUP} {ADDRESSES} {{漢字}}"
    content["labels"]["option.menu"]["ja"] = MARKUP
    phrases.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    with FakeWorker(published.index) as worker:
        settings = Settings(
            data_dir=tmp_path_factory.mktemp("hostile"),
            address_rate=0,
            worker_url=worker.url,
            worker_token=TOKEN,
        )
        with serve(settings, Published.from_folder(data), worker) as ward:
            yield ward


def test_no_markup_comes_from_the_wards_texts(visit: Visit, hostile: ServedWard) -> None:
    """An answer, and a button, show what they hold, letter by letter."""
    visitor = visit(url=hostile.url).open()
    expect(visitor.part("option").last).to_have_text(MARKUP)
    visitor.ask("ありがとう")
    answer = visitor.page.locator(".bot .bubble", has_text=ADDRESSES)

    expect(answer).to_contain_text(f"{MARKUP} {ADDRESSES}")
    assert visitor.page.locator(f"[part=scroller] :is({ADDED})").count() == 0
    assert answer.locator("a").count() == 0
    assert visitor.page.title() != "taken"


def test_no_markup_comes_from_the_residents_texts(visitor: Visitor) -> None:
    """What was typed is shown as typed, before and after a reload."""
    typed = [MARKUP, ADDRESSES, "{漢字|かんじ} &lt;b&gt;"]
    visitor.open()
    for text in typed:
        visitor.ask(text)
    expect(visitor.said).to_have_text(typed)
    visitor.page.reload()
    visitor.open()

    expect(visitor.said).to_have_text(typed)
    assert visitor.said.locator(f":is({ADDED}, ruby, a)").count() == 0
    assert visitor.page.title() != "taken"


@pytest.fixture(scope="module")
def _offender(browser: Browser, served: ServedWard) -> Iterator[Visitor]:
    context = browser.new_context()
    yield Visitor(context, served.url)
    context.close()


@pytest.mark.parametrize(
    ("deed", "complaint"),
    [
        ("document.cookie = 'seen=1'", "cookie: seen"),
        ("console.error('wrong')", "error: wrong"),
        ("setTimeout(() => { throw new Error('thrown') })", "exception: .*thrown"),
        ("document.body.append(make('img', { src: 'data:,' }))", "Security Policy"),
        ("document.head.append(make('style', { textContent: 'a {}' }))", "Security Policy"),
        ("document.head.append(make('script', { textContent: '1' }))", "Security Policy"),
        ("await fetch('http://127.0.0.1:9/').catch(() => 0)", "Security Policy"),
        ("await fetch('/nowhere')", "404"),
    ],
    ids=["cookie", "console", "exception", "image", "style", "script", "foreign call", "missing"],
)
def test_watch_sees_what_a_visit_may_not_cause(
    _offender: Visitor, deed: str, complaint: str
) -> None:
    """The check at the end of every test here would fail on each of these."""
    make = "const make = (tag, values) => Object.assign(document.createElement(tag), values)"
    wait = "await new Promise(done => setTimeout(done))"
    _offender.page.evaluate(f"async () => {{ {make}; {deed}; {wait}; }}")
    seen = _offender.watch.complaints()
    _offender.context.clear_cookies()

    assert [line for line in seen if re.search(complaint, line)] != []
    assert _offender.watch.complaints() == []


def test_watch_misses_what_was_expected(_offender: Visitor) -> None:
    """A test that announces a failure which does not happen fails."""
    watch = Watch(_offender.context, patience=0.2)
    watch.expect("503")

    assert watch.complaints() == ["not seen: 503"]


def test_page_address_goes_without_its_query(visit: Visit, served: ServedWard) -> None:
    """What a search or a form left in the address is nobody's business."""
    visitor = visit(url=f"{served.url}/?name=山田#x").open()

    assert [f"{served.url}/"] == [body["page_url"] for body in visitor.posted("conversations")]


def test_widget_leaves_no_globals(reader: Visitor) -> None:
    """The page's own scripts see one element and nothing else."""
    names = "() => Object.keys(window).filter(name => /madoguchi|chat|voice|composer/i.test(name))"

    assert reader.page.evaluate(names) == []


def test_no_file_is_missing(visitor: Visitor, served: ServedWard) -> None:
    """Everything that the page asks for is there, the icon of the tab included."""
    served.answered.clear()
    visitor.page.reload()
    icon = visitor.page.locator("link[rel=icon]").get_attribute("href")
    visitor.open()
    response = served.http.get(icon)

    assert response.headers["Content-Type"] == "image/svg+xml"
    assert {200, 201, 304} >= {status for _, status in served.answered}
    assert "/favicon.ico" not in {path for path, _ in served.answered}
