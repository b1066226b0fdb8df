"""Personal numbers never reach the disk or a log in clear, wherever they are typed."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_worker import FakeWorker
from tests.support.faults import refusing
from tests.support.ward import API, KNOWN, Resident, Ward

# Numbers of the right shape that belong to nobody: test numbers and wrong check digits.
CANARIES = {
    "my-number": ("1234 5678 9018", "1234 5678 9018"),
    "my-number-full-width": ("１２３４５６７８９０１８", "１２３４５６７８９０１８"),
    "my-number-kanji": ("一二三四五六七八九〇一八", "一二三四五六七八九〇一八"),
    "phone": ("090-1234-5678", "090-1234-5678"),
    "email": ("taro.canary@example.jp", "taro.canary"),
    "credit-card": ("4111 1111 1111 1111", "4111 1111 1111 1111"),
    "bank-account": ("口座番号7654321", "7654321"),
    "residence-card": ("AB12345678CD", "AB12345678CD"),
    "passport": ("TK1234567", "TK1234567"),
    "license": ("運転免許 301234567890", "301234567890"),
    "pension": ("基礎年金番号 1234-567890", "1234-567890"),
    "insurance": ("保険証の記号12 番号3456789", "3456789"),
}
every_canary = pytest.mark.parametrize(("text", "number"), CANARIES.values(), ids=CANARIES)


def _stored(folder: Path) -> bytes:
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".key"]
    assert {"madoguchi.db", "madoguchi.db-wal"} <= {path.name for path in files}
    return b"\n".join(path.read_bytes() for path in files)


def _forms(text: str) -> list[bytes]:
    """Return the bytes in which a text could stand: as UTF-8, and escaped as in JSON."""
    return [text.encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le")]


async def _everywhere(ward: Ward, resident: Resident, text: str) -> list[int]:
    """Type a text into every field that residents and clients can fill."""
    turn_id = (await resident.say(KNOWN))["turn_id"]
    page = f"https://ward.example/form?q={text}#{text}"
    odd = {**resident.headers, "X-Odd": "1", "Referer": "https://x.example/"}
    url = f"{resident.path}/turns"
    replies = [
        await resident.turn(text=text),
        await resident.turn(text=f"すみません、{text} なんですけど"),
        await resident.judge(turn_id, comment=text),
        await resident.judge(text, comment=text),
        await resident.turn(choice=text),
        await resident.turn(text, text=text),
        await resident.turn(text=text, locale=text),
        await ward.http.post(f"{API}/conversations", json={"page_url": page, "locale": "ja"}),
        await ward.http.post(f"{API}/conversations", json={"locale": text}),
        await ward.http.get(f"{resident.path}/events", params={"after": text}, headers=odd),
        await ward.http.post(url, content=text.encode(), headers=resident.headers),
        await ward.http.get(f"{API}/conversations/{text}/messages", headers=resident.headers),
    ]
    return [reply.status_code for reply in replies]


@every_canary
async def test_typed_number_is_nowhere_on_disk_or_in_a_log(
    ward: Ward,
    text: str,
    number: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever resident or client does with a number, no file and no log line holds it in clear."""
    caplog.set_level(logging.DEBUG)
    resident = await ward.resident()
    statuses = await _everywhere(ward, resident, text)
    stored, printed = _stored(ward.settings.data_dir), "".join(capfd.readouterr())

    assert statuses[:9] == [200, 200, 204, 404, 422, 422, 422, 201, 422]
    assert [form for form in _forms(number) if form in stored] == []
    assert number not in printed
    assert number not in "".join(record.getMessage() for record in _ours(caplog))


def _ours(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Leave out the test's own client, which names the addresses that it calls."""
    return [record for record in caplog.records if not record.name.startswith("httpx")]


async def test_failing_statement_does_not_print_what_it_would_have_stored(
    ward: Ward, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A database error quotes neither parameters nor texts, in the reply, on screen or in a log."""
    caplog.set_level(logging.DEBUG)
    resident = await ward.resident()
    with refusing(ward.file, "turns"):
        refused = await resident.turn(text="カナリア山田 090-1234-5678")
    printed = "".join(capfd.readouterr()) + "".join(r.getMessage() for r in _ours(caplog))

    assert refused.status_code == 503
    assert "store_unavailable" in printed
    for text in ("カナリア", "090-1234-5678", resident.opened["token"]):
        assert text not in printed + refused.text


@every_canary
async def test_worker_and_reader_see_the_number_masked(
    ward: Ward, worker: FakeWorker, text: str, number: str
) -> None:
    """The model is asked with the masked text, and the transcript shows nothing else."""
    resident = await ward.resident()
    await resident.say(text)
    said = next(m for m in await resident.transcript() if m["role"] == "resident")

    assert number not in worker.calls[-1]["text"]
    assert number not in said["text"]
    assert "【" in said["text"]


async def test_words_are_sealed_too(ward: Ward) -> None:
    """What no pattern finds, a name in a sentence, is not in clear either."""
    resident = await ward.resident()
    turn_id = (await resident.say("カナリア山田太郎の妻です"))["turn_id"]
    await resident.judge(turn_id, comment="カナリア花子より")
    stored = _stored(ward.settings.data_dir)

    assert [form for form in _forms("カナリア") if form in stored] == []
    assert resident.id.encode() in stored


@pytest.mark.parametrize(
    "url",
    ["https://taro:secret090@ward.example/", "https://ward.example/mypage/090-1234-5678"],
    ids=["user-and-password", "number-in-the-path"],
)
async def test_page_address_gives_nobody_away(ward: Ward, url: str) -> None:
    """Who came from a page with a name in its address is not in the log by that name."""
    await ward.resident(page_url=url)
    stored = _stored(ward.settings.data_dir)

    assert not any(number in stored for number in (b"secret090", b"090-1234-5678"))


async def test_file_in_clear_would_be_found(ward: Ward, tmp_path: Path) -> None:
    """The search of these tests finds what is there: it is no test that cannot fail."""
    resident = await ward.resident()
    (tmp_path / "leak.log").write_text("tel 090-1234-5678")

    assert resident.id.encode() in _stored(tmp_path)
    assert _forms("090-1234-5678")[0] in _stored(tmp_path)


def _values(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _values(item)]
    if isinstance(value, list):
        return [text for item in value for text in _values(item)]
    return [str(value)]


async def test_decision_quotes_no_word_of_the_resident(ward: Ward) -> None:
    """The trace stays readable for good, so it holds keys and numbers only."""
    resident = await ward.resident()
    await resident.say("カナリア山田は児童手当をもらえますか")
    (decision,) = (r for r in ward.records(resident) if r.type == "decision")

    assert not [text for text in _values(decision.envelope) if "カナリア" in text]
    assert decision.sealed == {}
