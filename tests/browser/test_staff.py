"""Staff at real screens: from the first administrator to an agent who is out at once."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import DESKTOP, PHONE, Audit
from .served import ServedWard

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "川べりを朝に散歩する黒い犬"
Screen = Callable[..., Page]


@pytest.fixture
def screen(browser: Browser, served: ServedWard) -> Iterator[Screen]:
    """Open browsers that have never been seen; none may have anything to complain of in the end."""
    contexts, complaints = [], []

    def open_one(size: tuple[int, int] = DESKTOP, **options: object) -> Page:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, locale="ja-JP", **options)
        context.set_default_timeout(60_000)
        context.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        contexts.append(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()
    # That a wrong code is answered with 401 is what the test wants; everything else is a complaint.
    assert [
        text for text in complaints if "the server responded with a status of 4" not in text
    ] == []


@contextmanager
def leading_on(page: Page) -> Iterator[None]:
    """Wait until what is done in the block has led to another page."""
    with page.expect_navigation():
        yield


def press(page: Page, name: str) -> None:
    """Press a button or follow a link, and wait for where it leads."""
    button = page.get_by_role("button", name=name, exact=True)
    with leading_on(page):
        (
            button if button.count() else page.get_by_role("link", name=name, exact=True)
        ).first.click()


def first_link(served: ServedWard) -> str:
    """Ask the machine for the first administrator's link, with the real command."""
    settings = {"DATA_DIR": str(served.file.parent), "MADOGUCHI_PUBLIC_URL": served.url}
    done = subprocess.run(
        [ROOT / ".venv" / "bin" / "madoguchi", "staff", "invite-admin"],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()[-1]


def code(secret: str, ahead: int = 0) -> str:
    """Return what the application shows now, or in the next half minute."""
    shown: str = pyotp.TOTP(secret).at(int(time.time()) + 30 * ahead)
    return shown


def register(page: Page, link: str, **fields: str) -> str:
    """Follow a one-time link to the end; returns the application's secret."""
    page.goto(link)
    for label, text in fields.items():
        page.get_by_label(label).fill(text)
    page.get_by_label("パスワード").fill(PASSWORD)
    press(page, "決めて次へ")
    expect(page.get_by_role("img", name="認証アプリで読み取る二次元コード")).to_be_visible()
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    page.get_by_label("確認コード").fill(code(secret))
    press(page, "登録する")
    expect(page.get_by_role("list", name="予備コードの一覧").get_by_role("listitem")).to_have_count(
        10
    )
    press(page, "控えました。次へ")
    return secret


def test_from_the_first_administrator_to_an_agent_who_is_out_at_once(
    screen: Screen, served: ServedWard
) -> None:
    """The machine's link, an invitation, enrolment, signing in, being stopped, and no way back."""
    boss, agent = screen(), screen(PHONE)
    register(boss, first_link(served), 氏名="管理 太郎", メールアドレス="kanri@city.example.jp")
    expect(boss.get_by_role("heading", name="職員の管理")).to_be_visible()
    press(boss, "職員を招待する")
    boss.get_by_label("氏名").fill("山田 花子")
    boss.get_by_label("メールアドレス").fill("yamada@city.example.jp")
    boss.get_by_label("税務課").check()
    press(boss, "リンクを作る")
    secret = register(agent, boss.get_by_label("リンク").input_value())
    expect(agent.get_by_role("heading", level=1)).to_be_visible()

    press(agent, "ログアウト")
    agent.get_by_label("メールアドレス").fill("yamada@city.example.jp")
    agent.get_by_label("パスワード").fill(PASSWORD)
    press(agent, "ログイン")
    agent.get_by_label("確認コード").fill("000000")
    press(agent, "確認する")
    expect(agent.get_by_role("alert")).to_contain_text("確認コードが違う")
    agent.get_by_label("確認コード").fill(code(secret, ahead=1))
    press(agent, "確認する")
    agent.goto(f"{served.url}/staff/account")
    expect(agent.get_by_role("heading", name="自分のアカウント")).to_be_visible()

    press(boss, "職員の管理")
    press(boss, "山田 花子 さんを開く")
    press(boss, "利用を止める")
    expect(boss.get_by_role("status")).to_have_text("利用を止めました。")
    agent.reload()
    expect(agent.get_by_role("heading", name="職員ログイン")).to_be_visible()
    agent.get_by_label("メールアドレス").fill("yamada@city.example.jp")
    agent.get_by_label("パスワード").fill(PASSWORD)
    press(agent, "ログイン")
    expect(agent.get_by_role("alert")).to_have_text("メールアドレスかパスワードが違います。")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_of_staff_is_a_barrier(
    screen: Screen, served: ServedWard, audit: Audit, size: tuple[int, int]
) -> None:
    """axe finds nothing, nothing is wider than the screen, on any page, with and without a complaint."""
    page, login = screen(size, bypass_csp=True), f"audit{size[0]}@city.example.jp"
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        page.wait_for_load_state()
        found[name] = audit(page)
        if page.evaluate("document.documentElement.scrollWidth") > size[0]:
            found[name].append("wider than the screen")

    page.goto(f"{served.url}/staff/sign-in")
    look("sign-in")
    page.goto(f"{served.url}/staff/invitation/gone")
    look("gone")
    page.goto(first_link(served))
    look("administrator")
    page.get_by_label("氏名").fill("監査 次郎")
    page.get_by_label("メールアドレス").fill(login)
    page.get_by_label("パスワード").fill("password2026!")
    press(page, "決めて次へ")
    look("refused")
    page.get_by_label("パスワード").fill(PASSWORD)
    press(page, "決めて次へ")
    look("enrol")
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    page.get_by_label("確認コード").fill(code(secret))
    press(page, "登録する")
    look("recovery codes")
    press(page, "控えました。次へ")
    look("members")
    press(page, "職員を招待する")
    look("invite")
    page.get_by_label("氏名").fill("長い名前の職員" * 7)
    page.get_by_label("メールアドレス").fill(f"{'x' * 60}{size[0]}@city.example.jp")
    press(page, "リンクを作る")
    look("link")
    page.goto(f"{served.url}/staff/members")
    look("members with a long name")
    with leading_on(page):
        page.locator("tbody a").last.click()
    look("member")
    page.goto(f"{served.url}/staff/account")
    look("account")
    press(page, "ログアウト")
    page.get_by_label("メールアドレス").fill(login)
    page.get_by_label("パスワード").fill(PASSWORD)
    press(page, "ログイン")
    look("code")

    assert {name: violations for name, violations in found.items() if violations} == {}
    assert len(found) == 13
