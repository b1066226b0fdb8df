"""``publish`` and ``rollback``."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import httpx
import typer

from bot.cli.terminal import DataFolder, fail, out, print_problems, settings_or_fail
from bot.scenarios.problems import ScenarioError
from bot.training import ROOT, TrainingFailed
from bot.web.settings import Settings

if TYPE_CHECKING:
    from bot.dialogue.publications import Publication
    from bot.publishing.gate import Candidate, Gate

_FOLLOW_SECONDS = 30.0
_WARNINGS = 10


def publish(
    data: DataFolder = ROOT / "data",
    check: Annotated[bool, typer.Option("--check", help="公開せず、結果だけを見る")] = False,
    accept: Annotated[
        str, typer.Option("--accept", help="正答率が下がっても公開する理由（監査ログに残る）")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="結果を JSON で出力する")] = False,
) -> None:
    """data/ を調べ、必要なら学習し、評価用の質問で比べて、悪くなければ公開する。"""
    started = time.monotonic()
    settings = settings_or_fail()
    say = _silent if as_json else _say
    with opened_gate(settings, say) as gate:
        candidate = gate.candidate(data)
        _tell(candidate, say)
        reasons = candidate.comparison.refusals() if candidate.comparison else []
        publication = None
        if not check and not candidate.is_live and (accept or not reasons):
            publication = gate.publish(candidate, accept or None)
    is_seen = publication is not None and _is_followed(settings, publication)
    if as_json:
        print(json.dumps(_document(candidate, reasons, publication), ensure_ascii=False))
    else:
        _say_outcome(candidate, reasons, publication, is_seen, started)
    raise typer.Exit(1 if reasons and publication is None else 0)


def rollback(
    revision: Annotated[str, typer.Argument(help="戻す版。省くと、1つ前に公開していた版")] = "",
) -> None:
    """前に公開していた版に戻す（data/ のファイルは変えない）。"""
    started = time.monotonic()
    settings = settings_or_fail()
    with opened_gate(settings, _say) as gate:
        publication = gate.rollback(revision or None)
    is_seen = _is_followed(settings, publication)
    _say(f"版 {publication.revision} に戻しました（{time.monotonic() - started:.1f} 秒）")
    _say("data/ は変えていません。次に publish すると、いまの data/ が公開されます。")
    _say_followed(is_seen)


@contextmanager
def opened_gate(settings: Settings, say: Callable[[str], None]) -> Iterator[Gate]:
    """Open the gate; what can go wrong ends the command with one message."""
    # Imported here: the database and what stands on it double the start of every other command.
    from bot.dialogue.publications import UnknownRevision
    from bot.evaluation.rows import BadRows
    from bot.ledger.sealing import SealBroken
    from bot.publishing.candidate import CandidateFailed
    from bot.publishing.gate import Gate, NothingToRollBack
    from bot.store.database import StoreUnavailable

    os.umask(0o077)  # the log is its owner's alone
    try:
        gate = Gate(settings, say)
        try:
            yield gate
        finally:
            gate.close()
    except ScenarioError as error:
        print_problems(error)
        fail("シナリオに誤りがあるため、公開できません。公開中のものはそのままです。")
    except (TrainingFailed, CandidateFailed, BadRows) as error:
        fail(f"公開できません。公開中のものはそのままです。{error}")
    except UnknownRevision as error:
        fail(f"版 {error} は公開されたことがありません。", code=2)
    except NothingToRollBack:
        fail("戻せる版がありません。")
    except StoreUnavailable as error:
        fail(f"データベースを使えません（{error}）。")
    except SealBroken as error:
        fail(f"マスター鍵を使えません（{error}）。")


def _tell(candidate: Candidate, say: Callable[[str], None]) -> None:
    for found in candidate.warnings[:_WARNINGS]:
        say(f"確かめてください：{found.path}:{found.line}: {found.code} {found.message}")
    if len(candidate.warnings) > _WARNINGS:
        say(f"ほか {len(candidate.warnings) - _WARNINGS} 件の注意は madoguchi check で見られます。")
    if candidate.files:
        say(f"変わったファイル：{'、'.join(candidate.files)}")
    if candidate.comparison:
        for line in candidate.comparison.lines():
            say(line)


def _say_outcome(
    candidate: Candidate,
    reasons: list[str],
    publication: Publication | None,
    is_seen: bool,
    started: float,
) -> None:
    if candidate.is_live:
        _say(f"変更はありません。版 {candidate.published.revision} が公開中です。")
        return
    for reason in reasons:
        _say(reason)
    if publication is not None:
        seconds = time.monotonic() - started
        _say(f"公開しました：版 {publication.revision}（{seconds:.1f} 秒）")
        _say_followed(is_seen)
    elif reasons:
        _say("公開していません。質問例を見直すか、--accept に理由を書いて公開してください。")
    else:
        _say(f"公開できます：版 {candidate.published.revision}（まだ公開していません）")


def _say_followed(is_seen: bool) -> None:
    if is_seen:
        _say("動いている窓口は、新しい版で答えています。")
    else:
        _say("この設定で動いている窓口は見つかりません。次の起動から、この版で答えます。")


def _is_followed(settings: Settings, publication: Publication) -> bool:
    """Wait until the gateway of this machine answers from the publication; False if none runs."""
    from bot.supervisor import local_url

    deadline = time.monotonic() + _FOLLOW_SECONDS
    with httpx.Client(timeout=1.0, trust_env=False) as http:
        while time.monotonic() < deadline:
            try:
                answer = http.get(f"{local_url(settings)}/healthz")
            except httpx.HTTPError:
                return False
            if int(answer.headers.get("Madoguchi-Publication", "0")) >= publication.number:
                return True
            time.sleep(0.05)
    return False


def _document(
    candidate: Candidate, reasons: list[str], publication: Publication | None
) -> dict[str, object]:
    comparison = candidate.comparison
    return {
        "revision": candidate.published.revision,
        "replaces": candidate.live.revision if candidate.live else None,
        "files": list(candidate.files),
        "model": candidate.published.model,
        "warnings": [asdict(found) for found in candidate.warnings],
        "figures": comparison.figures() if comparison else {},
        "refusals": reasons,
        "published": publication is not None,
    }


def _say(text: str) -> None:
    out.print(text, markup=False)


def _silent(text: str) -> None:
    """Say nothing: the JSON document is all there is on standard output."""
