"""``staff``: members of staff from the machine itself, which is where the first administrator comes from."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from bot.cli.terminal import fail, out, settings_or_fail
from bot.scenarios.problems import ScenarioError
from bot.staff.members import ROLES, StaffError
from bot.web.settings import ROOT, Settings

if TYPE_CHECKING:
    from bot.staff.accounts import Account
    from bot.staff.roster import Roster

app = typer.Typer(help="職員のアカウントを作り、止め、役割を決める", no_args_is_help=True)

_WRONG_USE = {
    "login_form",
    "name_form",
    "roles_empty",
    "unknown_role",
    "unknown_section",
}
Login = Annotated[str, typer.Argument(help="メールアドレス", show_default=False)]
Roles = Annotated[
    list[str],
    typer.Option("--role", help=f"役割（何度でも）：{'、'.join(ROLES)}", show_default=False),
]
Sections = Annotated[
    list[str] | None,
    typer.Option("--section", help="担当の窓口（何度でも。なければすべて）", show_default=False),
]


@app.command()
def add(
    login: Login,
    name: Annotated[str, typer.Option("--name", help="氏名", show_default=False)],
    role: Roles,
    section: Sections = None,
    subject: Annotated[
        str, typer.Option("--subject", help="庁内の認証でのID（sub）。メールの確認を使わないとき")
    ] = "",
) -> None:
    """職員を招待し、1回だけ使えるリンクを表示する。"""
    settings = settings_or_fail()
    if subject and not settings.oidc_issuer:
        fail("--subject には MADOGUCHI_OIDC_ISSUER の設定が要ります。", code=2)
    with _roster(settings) as roster:
        known_as = (settings.oidc_issuer, subject) if subject else None
        account, token = roster.invite(name, login, role, section or [], known_as)
        _print_link(settings, f"{account.name} さんの招待のリンク（3日間、1回だけ）", token)


@app.command(name="list")
def list_members(
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出力する")] = False,
) -> None:
    """職員の一覧を表示する。"""
    with _roster(settings_or_fail()) as roster:
        members = roster.every()
    if as_json:
        print(json.dumps([_document(account) for account in members], ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("氏名", "メールアドレス", "役割", "窓口", "状態", "番号"):
        table.add_column(heading)
    for account in members:
        sections = "、".join(account.sections) or "すべて"
        roles = "、".join(account.roles)
        table.add_row(account.name, account.login, roles, sections, account.status, account.id)
    out.print(table)


@app.command()
def disable(login: Login) -> None:
    """利用を止め、ログイン中の端末をすぐに終わらせる。"""
    with _roster(settings_or_fail()) as roster:
        account = roster.disable(roster.of_login(login).id)
    _say(f"{account.name} さんの利用を止めました。ログイン中の端末は終わりました。")


@app.command()
def enable(login: Login) -> None:
    """止めていた利用を再開する。"""
    with _roster(settings_or_fail()) as roster:
        account = roster.enable(roster.of_login(login).id)
    _say(f"{account.name} さんの利用を再開しました。")


@app.command()
def reset(
    login: Login,
    second_factor: Annotated[
        bool,
        typer.Option(
            "--second-factor", help="認証アプリと予備コードも消す（スマートフォンをなくしたとき）"
        ),
    ] = False,
) -> None:
    """パスワードを無効にし、決め直すためのリンクを表示する。"""
    settings = settings_or_fail()
    with _roster(settings) as roster:
        account = roster.of_login(login)
        _, token = roster.reset(account.id, second_factor_too=second_factor)
        _print_link(settings, f"{account.name} さんの再設定のリンク（1回だけ）", token)


@app.command()
def roles(login: Login, role: Roles, section: Sections = None) -> None:
    """役割と担当の窓口を、書いたとおりにする。"""
    with _roster(settings_or_fail()) as roster:
        account = roster.assign(roster.of_login(login).id, role, section or [])
    sections = "、".join(account.sections) or "すべて"
    _say(f"{account.name} さんの役割：{'、'.join(account.roles)}（窓口：{sections}）")


@app.command()
def invite_admin() -> None:
    """管理者を登録するためのリンク（30分、1回だけ）を表示する。前のリンクは使えなくなる。"""
    settings = settings_or_fail()
    with _roster(settings) as roster:
        _print_link(settings, _FOR_ADMINISTRATOR, roster.administrator_link())


_FOR_ADMINISTRATOR = "管理者を登録するリンク（30分、1回だけ）"


def first_link(settings: Settings) -> str:
    """Return what to say at a start while nobody can sign in: a link for the first administrator."""
    try:
        with _roster(settings) as roster:
            if roster.is_anybody_there():
                return ""
            token = roster.administrator_link()
    except typer.Exit:  # what was wrong has been said; residents are served all the same
        return "管理者を登録するリンクは、 madoguchi staff invite-admin で作れます"
    return f"{_FOR_ADMINISTRATOR}： {link_of(settings, token)}"


def link_of(settings: Settings, token: str) -> str:
    """Return the address behind which a one-time link leads."""
    return f"{settings.site_url}/staff/invitation/{token}"


def _print_link(settings: Settings, what: str, token: str) -> None:
    _say(what)
    print(link_of(settings, token))


@contextmanager
def _roster(settings: Settings) -> Iterator[Roster]:
    """Open the accounts of the data folder; what can go wrong ends the command with one message."""
    # Imported here: the database and what stands on it double the start of every other command.
    from bot.ledger.opening import open_log
    from bot.ledger.sealing import SealBroken
    from bot.publishing.person import staff_name
    from bot.scenarios.staffwords import read_staff_words
    from bot.staff.office import open_office
    from bot.staff.roster import Actor, Roster
    from bot.store.database import Database, StoreUnavailable

    os.umask(0o077)  # the log is its owner's alone
    database = None
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        database = Database(settings.store_url)
        database.migrate()
        log = open_log(database, settings.data_dir)
        idle, hours = settings.staff_idle_minutes, settings.staff_session_hours
        office = open_office(database, log, settings.new_clock(), settings.data_dir, idle, hours)
        actor = Actor(f"os:{staff_name()}", is_host=True)
        yield Roster(office, actor, _sections(settings))
    except StaffError as error:
        words = read_staff_words(settings.scenarios, ROOT / "data")["errors"]
        text = words[error.code].format(**error.details)
        fail(text, code=2 if error.code in _WRONG_USE else 1)
    except StoreUnavailable as error:
        fail(f"データベースを使えません（{error}）。")
    except (SealBroken, OSError) as error:
        fail(f"DATA_DIR の鍵を使えません（{error}）。")
    finally:
        if database is not None:
            database.close()


def _sections(settings: Settings) -> list[str]:
    """Return the ids of the ward's counters."""
    from bot.scenarios.reading import read_files

    try:
        ward = read_files([settings.scenarios / "ward.yml"], settings.scenarios)[0].value
    except ScenarioError as error:
        fail(f"窓口の一覧を読めません（{error.problems[0]}）。")
    assert isinstance(ward, dict)
    counters = ward["counters"]
    assert isinstance(counters, dict)
    return list(counters)


def _document(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "login": account.login,
        "roles": list(account.roles),
        "sections": list(account.sections),
        "status": account.status,
        "has_second_factor": account.has_second_factor,
    }


def _say(text: str) -> None:
    out.print(text, markup=False)
