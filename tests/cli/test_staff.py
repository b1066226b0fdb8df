"""`madoguchi staff` on a real data folder: what it prints, its exit codes, and what it leaves in the log."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import app
from bot.cli.staff import first_link
from bot.web.settings import Settings, read_settings

pytestmark = pytest.mark.slow

ADD = ("add", "yamada@city.example.jp", "--name", "山田 花子", "--role", "agent")
LINK = re.compile(r"^http://127\.0\.0\.1:8000/staff/invitation/([\w-]{43})$", re.MULTILINE)
Command = Callable[..., Result]


@pytest.fixture
def staff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command of the group on a data folder of its own."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["staff", *words])

    return run


def rows(folder: Path, query: str) -> list[tuple[str, ...]]:
    """Read the database from outside."""
    with closing(sqlite3.connect(folder / "var" / "madoguchi.db")) as connection:
        return connection.execute(query).fetchall()


def test_add_prints_a_link_and_list_shows_who_is_there(staff: Command, tmp_path: Path) -> None:
    """The link is alone on its line, so that it can be copied or piped."""
    added = staff(*ADD, "--role", "operator", "--section", "zeimu")
    listed = json.loads(staff("list", "--json").stdout)
    table = staff("list").stdout

    assert added.exit_code == 0
    assert LINK.search(added.stdout)
    assert listed == [
        {
            "id": listed[0]["id"],
            "name": "山田 花子",
            "login": "yamada@city.example.jp",
            "roles": ["agent", "operator"],
            "sections": ["zeimu"],
            "status": "invited",
            "has_second_factor": False,
        }
    ]
    assert "山田 花子" in table


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        pytest.param((*ADD[:1], "yamada", *ADD[2:]), 2, "メールアドレスの形", id="address"),
        pytest.param((*ADD[:3], " ", *ADD[4:]), 2, "氏名を1文字以上", id="name"),
        pytest.param((*ADD[:5], "cook"), 2, "役割「cook」はありません", id="role"),
        pytest.param((*ADD, "--section", "x"), 2, "窓口「x」はありません", id="section"),
        pytest.param((*ADD, "--subject", "1"), 2, "MADOGUCHI_OIDC_ISSUER", id="no provider"),
        pytest.param(ADD[:4], 2, "--role", id="no role"),
        pytest.param(("disable", "x@y.jp"), 1, "この職員は見つかりません", id="disable"),
        pytest.param(("enable", "x@y.jp"), 1, "この職員は見つかりません", id="enable"),
        pytest.param(("reset", "x@y.jp"), 1, "この職員は見つかりません", id="reset"),
        pytest.param(("roles", "x@y.jp", "--role", "agent"), 1, "見つかりません", id="roles"),
        pytest.param(("fly",), 2, "No such command", id="command"),
    ],
)
def test_what_cannot_be_is_said_with_the_code_of_the_contract(
    staff: Command, words: tuple[str, ...], code: int, says: str
) -> None:
    """2 for wrong use, 1 where the state of things stands against it; nothing is made."""
    refused = staff(*words)

    assert refused.exit_code == code
    assert says in refused.stderr
    assert json.loads(staff("list", "--json").stdout) == []


def test_an_address_is_taken_once(staff: Command) -> None:
    """However it is written."""
    staff(*ADD)
    again = staff("add", "YAMADA@City.example.jp", *ADD[2:])

    assert again.exit_code == 1
    assert "もう登録されています" in again.stderr


def test_disable_enable_roles_and_reset_change_the_account(staff: Command, tmp_path: Path) -> None:
    """Each says what it did, and each is a record with who did it."""
    staff(*ADD)
    done = [
        staff("roles", ADD[1], "--role", "auditor"),
        staff("disable", ADD[1]),
        staff("reset", ADD[1]),
        staff("enable", ADD[1]),
        staff("reset", "--second-factor", ADD[1]),
    ]
    (account,) = json.loads(staff("list", "--json").stdout)
    records = rows(tmp_path, "SELECT envelope FROM records WHERE type = 'staff_account_changed'")
    changes = [json.loads(envelope) for (envelope,) in records]

    assert [result.exit_code for result in done] == [0, 0, 1, 0, 0]
    assert "役割：auditor（窓口：すべて）" in done[0].stdout
    assert "利用を止めました" in done[1].stdout
    assert "先に、利用を再開" in done[2].stderr
    assert LINK.search(done[4].stdout)
    assert account["roles"] == ["auditor"]
    assert [c["change"] for c in changes] == [
        "created",
        "roles",
        "disabled",
        "enabled",
        "password_and_second_factor_reset",
    ]
    assert all(c["by"].startswith("os:") for c in changes)


def test_a_new_administrators_link_voids_the_one_before(staff: Command, tmp_path: Path) -> None:
    """Only its hash is stored."""
    links = [LINK.search(staff("invite-admin").stdout) for _ in range(2)]
    stored = rows(tmp_path, "SELECT hex(token_hash), purpose FROM staff_invitations")

    assert all(links)
    assert len(stored) == 1
    assert stored[0][1] == "administrator"
    assert not any(link[1] in repr(stored) for link in links if link)


def test_a_start_prints_a_link_only_while_nobody_is_there(staff: Command, tmp_path: Path) -> None:
    """With the address that browsers use; once there is an account, no more."""
    settings = Settings(data_dir=tmp_path / "var", public_url="https://chat.city.example.jp")
    before = first_link(settings)
    staff(*ADD)

    assert re.search(r"： https://chat\.city\.example\.jp/staff/invitation/[\w-]{43}$", before)
    assert first_link(settings) == ""


def test_a_start_goes_on_where_no_link_can_be_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what is wrong and how to get a link later: residents are served all the same."""
    (tmp_path / "madoguchi.db").write_text("no database at all" * 100)
    said = first_link(Settings(data_dir=tmp_path))

    assert "madoguchi staff invite-admin" in said
    assert "データベースを使えません" in capsys.readouterr().err


def test_a_subject_ties_the_account_to_the_provider(
    staff: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once; a second account with the same one is refused and not made."""
    monkeypatch.setenv("MADOGUCHI_OIDC_ISSUER", "https://sso.city.example.jp")
    monkeypatch.setenv("MADOGUCHI_OIDC_CLIENT_ID", "madoguchi")
    first = staff(*ADD, "--subject", "0001")
    second = staff("add", "suzuki@city.example.jp", *ADD[2:], "--subject", "0001")

    assert (first.exit_code, second.exit_code) == (0, 1)
    assert "ほかの職員に結びついています" in second.stderr
    assert rows(tmp_path, "SELECT issuer, subject FROM staff_accounts") == [
        ("https://sso.city.example.jp", "0001")
    ]


def test_a_database_that_cannot_be_used_is_told(staff: Command, tmp_path: Path) -> None:
    """One sentence and exit code 1."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "madoguchi.db").write_text("no database at all" * 100)
    refused = staff("list")

    assert refused.exit_code == 1
    assert "データベースを使えません" in refused.stderr


def test_a_key_that_is_gone_is_told_and_not_made_anew(staff: Command, tmp_path: Path) -> None:
    """Where something is sealed under it, a new key would open nothing."""
    staff(*ADD)
    (tmp_path / "var" / "keys" / "master.key").unlink()
    with closing(sqlite3.connect(tmp_path / "var" / "madoguchi.db")) as connection:
        connection.execute("UPDATE staff_accounts SET totp_secret = x'00'")
        connection.commit()
    refused = staff("list")

    assert refused.exit_code == 1
    assert "DATA_DIR の鍵を使えません" in refused.stderr
    assert not (tmp_path / "var" / "keys" / "master.key").exists()


def test_a_ward_file_that_cannot_be_read_is_told(
    staff: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the ward's counters nobody knows which sections there are."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ward.yml").write_text("ward: [")
    monkeypatch.setenv("MADOGUCHI_SCENARIOS", str(tmp_path / "data"))
    refused = staff("list")

    assert refused.exit_code == 1
    assert "窓口の一覧を読めません" in refused.stderr


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("MADOGUCHI_PUBLIC_URL", "https://chat.city.example.jp/", "without a path"),
        ("MADOGUCHI_PUBLIC_URL", "chat.city.example.jp", "needs the form"),
        ("MADOGUCHI_OIDC_ISSUER", "http://sso.city.example.jp", "https://"),
        ("MADOGUCHI_OIDC_ISSUER", "https://sso.city.example.jp", "MADOGUCHI_OIDC_CLIENT_ID"),
        ("MADOGUCHI_OIDC_SECOND_FACTOR", "nowhere", "here"),
        ("MADOGUCHI_STAFF_IDLE_MINUTES", "0", "greater than or equal to 1"),
    ],
)
def test_a_setting_that_would_be_unsafe_is_refused(
    staff: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    """At the start, with what was expected."""
    monkeypatch.setenv(name, value)
    refused = staff("list")

    assert refused.exit_code == 2
    assert says in refused.stderr


def test_a_public_address_may_be_on_this_machine_too() -> None:
    """IPv6 and ports are addresses as well."""
    for url in ("http://127.0.0.1:8000", "http://[::1]:8000", "https://chat.city.example.jp:8443"):
        assert read_settings({"MADOGUCHI_PUBLIC_URL": url}).site_url == url
