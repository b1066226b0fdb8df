"""Texts are texts, and the browser has nothing to complain of; also the watch that tells so is watched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import expect

from bot.dialogue.published import Published
from bot.web.settings import Settings
from tests.support.edited import edit_data
from tests.support.fake_worker import TOKEN, FakeWorker
from tests.support.ward import KNOWN

from .conftest import Visit
from .served import ServedWard, serve
from .visitor import Visitor

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
    answer = visitor.page.locator("[part=log] .bot .bubble", has_text="太字").last

    expect(answer).to_contain_text(f"{MARKUP} {ADDRESSES}")
    assert visitor.page.locator(f"[part=scroller] :is({ADDED})").count() == 0
    assert answer.locator("a").count() == 0
    assert visitor.page.title() != "taken"


@pytest.mark.parametrize(
    "text", [MARKUP, ADDRESSES, "{漢字|かんじ} &lt;b&gt;"], ids=["markup", "urls", "ruby"]
)
def test_no_markup_comes_from_the_residents_texts(visitor: Visitor, text: str) -> None:
    """What was typed is shown as typed, before and after a reload."""
    visitor.open().ask(text)
    visitor.page.reload()
    visitor.open()

    expect(visitor.said).to_have_text([text])
    assert visitor.page.locator(f"[part=scroller] :is({ADDED}, ruby, [href^='data'])").count() == 0
    assert visitor.said.locator("a").count() == 0
    assert visitor.page.title() != "taken"


@pytest.mark.parametrize(
    ("deed", "complaint"),
    [
        ("document.cookie = 'seen=1'", "cookie: seen"),
        ("console.error('wrong')", "error: wrong"),
        ("setTimeout(() => { throw new Error('thrown') })", "exception: .*thrown"),
        ("document.body.append(Object.assign(document.createElement('img'), {src: 'data:,'}))", "Security"),
        ("document.head.append(Object.assign(document.createElement('style'), {textContent: 'a{}'}))", "Security"),
        ("fetch('http://127.0.0.1:9/').catch(() => 0)", "Security"),
        ("fetch('/nowhere')", "404"),
    ],
    ids=["cookie", "console", "exception", "image", "style", "foreign call", "missing file"],
)  # fmt: skip
def test_watch_sees_what_a_visit_may_not_cause(visitor: Visitor, deed: str, complaint: str) -> None:
    """The check at the end of every test here would fail on each of these."""
    visitor.page.evaluate(
        f"async () => {{ await ({deed}) }}" if "fetch" in deed else f"() => {{ {deed} }}"
    )
    visitor.page.evaluate("() => new Promise(done => setTimeout(done))")
    seen = visitor.watch.complaints()
    visitor.context.clear_cookies()

    assert len(seen) == 1
    assert __import__("re").search(complaint, seen[0])


def test_watch_misses_what_was_expected(visitor: Visitor) -> None:
    """A test that announces a failure which does not happen fails."""
    visitor.watch.expect("503")

    assert visitor.watch.complaints() == ["not seen: 503"]
    visitor.watch.forget()


def test_page_address_goes_without_its_query(visit: Visit, served: ServedWard) -> None:
    """What a search or a form left in the address is nobody's business."""
    visitor = visit(url=f"{served.url}/?name=山田#x").open()

    assert [f"{served.url}/"] == [body["page_url"] for body in visitor.posted("conversations")]


def test_widget_leaves_no_globals(visitor: Visitor) -> None:
    """The page's own scripts see one element and nothing else."""
    visitor.open().ask(KNOWN)

    assert (
        visitor.page.evaluate(
            "() => Object.keys(window).filter(name => /madoguchi|chat|voice|composer/i.test(name))"
        )
        == []
    )


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
