"""The desk's API: who may come in, what each route does, how it refuses, and its stream."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from bot.dialogue.published import Published
from bot.scenarios.today import JST
from bot.staff import accounts
from bot.store.clock import Clock
from bot.web.settings import Settings
from tests.support.seats import COOKIE, SignedIn, sign_in
from tests.support.ward import Resident, Ward, open_ward, over_tcp

pytestmark = pytest.mark.slow

API = "/api/v1/desk"
MONDAY = datetime(2026, 11, 30, 10, 0, tzinfo=JST)
ASKED = "住民票の写しの手数料はいくらですか"
_PATIENCE = 60.0

READS = ["setup", "queue", "colleagues", "canned", "callbacks", "figures", "unanswered", "events"]
DOES = ["claim", "heartbeat", "reply", "notes", "transfer", "hand-back", "close", "typing", "read"]


@pytest.fixture
async def ward(settings: Callable[..., Settings], published: Published) -> AsyncIterator[Ward]:
    """The running app on a Monday morning, when counters are open."""
    async with open_ward(settings(), published, Clock(MONDAY)) as running:
        yield running


@pytest.fixture
def yamada(ward: Ward) -> SignedIn:
    """An agent of every section."""
    return sign_in(ward.app, "山田")


@pytest.fixture
async def http(ward: Ward, yamada: SignedIn) -> AsyncIterator[httpx.AsyncClient]:
    """A client that calls as the agent."""
    async with yamada.client(ward.http) as client:
        yield client


@pytest.fixture
async def waiting(ward: Ward) -> Resident:
    """A resident who has asked something and then called a person."""
    resident = await ward.resident()
    await resident.say(ASKED)
    await resident.choose("phrase:person")
    return resident


async def first_in_queue(http: httpx.AsyncClient) -> str:
    """Return the id of who waits longest."""
    queue = (await http.get(f"{API}/queue")).json()["queue"]
    return str(queue[0]["id"])


async def claimed(http: httpx.AsyncClient) -> str:
    """Claim who waits longest; returns the path of the handoff."""
    path = f"{API}/handoffs/{await first_in_queue(http)}"
    assert (await http.post(f"{path}/claim", json={})).status_code == 200
    return path


def code_of(response: httpx.Response) -> tuple[int, str]:
    """Return status and code of a refusal."""
    body = response.json()
    assert set(body) == {"error"}
    assert body["error"]["message"]
    return response.status_code, str(body["error"]["code"])


@pytest.mark.parametrize("path", READS)
async def test_nothing_is_read_without_signing_in(ward: Ward, path: str) -> None:
    """Each read is 401 in the contract's form."""
    assert code_of(await ward.http.get(f"{API}/{path}")) == (401, "not_signed_in")


@pytest.mark.parametrize("act", DOES)
async def test_nothing_is_done_without_signing_in(ward: Ward, act: str) -> None:
    """Each act is 401, from our own page too."""
    headers = {"Origin": "http://ward.test"}
    response = await ward.http.post(f"{API}/handoffs/x/{act}", json={}, headers=headers)

    assert code_of(response) == (401, "not_signed_in")


async def test_page_leads_to_signing_in_and_back(ward: Ward) -> None:
    """Whoever opens /desk without a session comes back to it afterwards."""
    response = await ward.http.get("/desk")

    assert response.status_code == 303
    assert response.headers["Location"] == "/staff/sign-in?next=%2Fdesk"


async def test_other_roles_stay_outside(ward: Ward) -> None:
    """Whoever writes scenarios reads no conversations."""
    async with sign_in(ward.app, "鈴木", roles=("operator",)).client(ward.http) as http:
        assert code_of(await http.get(f"{API}/queue")) == (403, "role")
        assert (await http.get("/desk")).status_code == 403


async def test_other_sites_cannot_act(
    ward: Ward, http: httpx.AsyncClient, waiting: Resident
) -> None:
    """A request from elsewhere claims nothing, although the session is good."""
    path = f"{API}/handoffs/{await first_in_queue(http)}/claim"
    response = await http.post(path, json={}, headers={"Origin": "https://evil.example"})

    assert code_of(response) == (403, "origin")
    assert (await http.get(f"{API}/queue")).json()["queue"][0]["state"] == "waiting"


async def test_page_has_no_inline_script_or_style(http: httpx.AsyncClient) -> None:
    """The strict policy holds, and the page keeps to it."""
    page = await http.get("/desk")

    assert page.status_code == 200
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
    assert "<style" not in page.text
    assert "style=" not in page.text
    assert "onclick" not in page.text
    assert page.text.count("<script") == page.text.count('<script type="module" src="/static/') == 1
    assert (await http.get("/static/desk/desk.js")).status_code == 200


async def test_setup_tells_what_the_page_needs(ward: Ward, http: httpx.AsyncClient) -> None:
    """Words, who asks, the sections that one may choose, the results, where the stream begins."""
    setup = (await http.get(f"{API}/setup")).json()
    async with sign_in(ward.app, "田中", sections=("zeimu",)).client(ward.http) as other:
        own = (await other.get(f"{API}/setup")).json()["sections"]

    assert setup["me"]["name"] == "山田"
    assert setup["words"]["claim"] == "引き受ける"
    assert {"id": "hoiku", "name": "保育課"} in setup["sections"]
    assert own == [{"id": "zeimu", "name": "税務課"}]
    assert setup["results"] != []
    assert setup["number"] > 0


async def test_view_comes_with_names_candidates_and_phrases(
    http: httpx.AsyncClient, waiting: Resident, yamada: SignedIn
) -> None:
    """The bot's ranking has its texts, phrases are rendered, staff have names."""
    view = (await http.get(f"{API}/handoffs/{await first_in_queue(http)}")).json()

    assert view["candidates"][0]["service"] == "juminhyo"
    assert view["candidates"][0]["text"]
    assert "みなも区役所" in view["phrases"][0]["text"]
    assert view["names"][yamada.id] == "山田"


async def test_reply_reaches_the_resident_once(http: httpx.AsyncClient, waiting: Resident) -> None:
    """The same id says it once; the answer names the place in the conversation."""
    path = await claimed(http)
    body = {"client_message_id": str(uuid.uuid4()), "text": "お調べします。"}
    first = await http.post(f"{path}/reply", json=body)
    again = await http.post(f"{path}/reply", json=body)
    said = [m for m in await waiting.transcript() if m["role"] == "agent"]

    assert first.json() == again.json() == {"seq": said[0]["seq"]}
    assert [message["text"] for message in said] == ["お調べします。"]


@pytest.mark.parametrize(
    "body",
    [
        {"text": "x"},
        {"client_message_id": "no id", "text": "x"},
        {"client_message_id": str(uuid.uuid4()), "text": " "},
        {"client_message_id": str(uuid.uuid4()), "text": "あ" * 1001},
    ],
    ids=["no id", "wrong id", "empty", "too long"],
)
async def test_wrong_replies_are_refused(
    http: httpx.AsyncClient, waiting: Resident, body: dict[str, str]
) -> None:
    """Nothing is said that is empty, too long, or could be said twice."""
    path = await claimed(http)
    response = await http.post(f"{path}/reply", json=body)

    assert response.status_code == 422
    assert [m for m in await waiting.transcript() if m["role"] == "agent"] == []


async def test_second_agent_is_told_who_has_it(
    ward: Ward, http: httpx.AsyncClient, waiting: Resident
) -> None:
    """The refusal says the colleague's name, in words and as a field."""
    path = await claimed(http)
    async with sign_in(ward.app, "田中").client(ward.http) as tanaka:
        response = await tanaka.post(f"{path}/claim", json={})

    assert code_of(response) == (409, "claimed_by_other")
    assert response.json()["error"]["name"] == "山田"
    assert response.json()["error"]["message"] == "山田さんが先に引き受けました。"


@pytest.mark.parametrize(
    ("act", "body", "expected"),
    [
        ("close", {"result": "nonsense"}, (422, "result_unknown")),
        ("transfer", {"section": "zeimu", "reason": "x"}, (409, "nobody_there")),
    ],
)
async def test_refusals_of_a_holder(
    http: httpx.AsyncClient,
    waiting: Resident,
    act: str,
    body: dict[str, str],
    expected: tuple[int, str],
) -> None:
    """An unknown result and an empty section are told apart."""
    path = await claimed(http)

    assert code_of(await http.post(f"{path}/{act}", json=body)) == expected


@pytest.mark.parametrize("act", ["heartbeat", "hand-back", "typing", "read"])
async def test_nothing_is_done_without_a_claim(
    http: httpx.AsyncClient, waiting: Resident, act: str
) -> None:
    """Whoever has not claimed neither keeps, returns, types nor reads on."""
    path = f"{API}/handoffs/{await first_in_queue(http)}"
    response = await http.post(f"{path}/{act}", json={"seq": 1})

    assert code_of(response) == (409, "not_claimed")
    assert code_of(await http.get(f"{path}/messages")) == (409, "not_claimed")


async def test_unknown_handoffs_are_not_found(http: httpx.AsyncClient) -> None:
    """An id that never was is 404 for reading and for acting."""
    assert code_of(await http.get(f"{API}/handoffs/x")) == (404, "unknown_handoff")
    assert code_of(await http.post(f"{API}/handoffs/x/claim", json={})) == (404, "unknown_handoff")


async def test_acts_of_a_whole_conversation(
    ward: Ward, http: httpx.AsyncClient, waiting: Resident
) -> None:
    """Note, sign of life, read, transfer to a colleague, claim, close; figures and questions tell of it."""
    path = await claimed(http)
    async with sign_in(ward.app, "田中").client(ward.http) as tanaka:
        await tanaka.get(f"{API}/queue")  # whoever looks at the queue is at the desk
        people = (await http.get(f"{API}/colleagues")).json()
        done = [
            await http.post(f"{path}/notes", json={"text": "折り返しは午後"}),
            await http.post(f"{path}/typing", json={}),
            await http.post(f"{path}/read", json={"seq": 3}),
            await http.post(f"{path}/heartbeat", json={}),
            await http.post(
                f"{path}/transfer", json={"to": people["people"][0]["id"], "reason": "得意なので"}
            ),
            await tanaka.post(f"{path}/claim", json={}),
        ]
        view = (await tanaka.get(path)).json()
        done.append(await tanaka.post(f"{path}/close", json={"result": "answered"}))
        figures = (await tanaka.get(f"{API}/figures")).json()["sections"]
        asked = (await tanaka.get(f"{API}/unanswered")).json()["questions"]
        elsewhere = (await tanaka.get(f"{API}/unanswered?section=zeimu")).json()["questions"]

    assert [response.status_code for response in done] == [204, 204, 204, 200, 200, 200, 204]
    assert [note["text"] for note in view["notes"]] == ["折り返しは午後", "得意なので"]
    assert [(f["asked"], f["results"]) for f in figures] == [(1, {"answered": 1})]
    assert [question["question"] for question in asked] == [ASKED]
    assert elsewhere == []
    assert [s["people"] for s in people["sections"] if s["id"] == "zeimu"] == [1]


async def test_conversation_goes_back_to_the_bot(
    http: httpx.AsyncClient, waiting: Resident
) -> None:
    """After it is handed back the next question is answered by itself."""
    path = await claimed(http)
    silent = await waiting.say(ASKED)
    handed_back = await http.post(f"{path}/hand-back", json={})
    answered = await waiting.say(ASKED)

    assert handed_back.status_code == 204
    assert (silent["outcome"], answered["outcome"]) == ("human", "answered")


async def test_contacts_are_opened_one_by_one(
    ward: Ward, http: httpx.AsyncClient, waiting: Resident
) -> None:
    """The list has no contact; opening is logged; settling takes it off the list."""
    left = {
        "client_message_id": str(uuid.uuid4()),
        "name": "水面",
        "phone": "03-0000-1111",
        "consent": True,
    }
    response = await waiting.http.post(
        f"{waiting.path}/callback", json=left, headers=waiting.headers
    )
    assert response.is_success, response.text
    (row,) = (await http.get(f"{API}/callbacks")).json()["callbacks"]
    opened = (await http.post(f"{API}/callbacks/{row['id']}/open", json={})).json()
    settled = await http.post(f"{API}/callbacks/{row['id']}/finish", json={"result": "answered"})

    assert "03-0000-1111" not in json.dumps(row)
    assert opened["phone"] == "03-0000-1111"
    assert [r.type for r in ward.records(waiting)].count("callback_read") == 1
    assert settled.status_code == 204
    assert (await http.get(f"{API}/callbacks")).json()["callbacks"] == []


async def test_canned_answers_are_searched(http: httpx.AsyncClient) -> None:
    """In the resident's language; an unknown language is Japanese."""
    english = (await http.get(f"{API}/canned", params={"q": "児童手当", "locale": "en"})).json()
    unknown = (await http.get(f"{API}/canned", params={"q": "児童手当", "locale": "xx"})).json()

    assert english["answers"][0]["service"] == "jido_teate"
    assert english["answers"][0]["locale"] == "en"
    assert unknown["answers"][0]["locale"] == "ja"


async def test_watching_the_queue_is_no_activity_but_being_there_is(
    ward: Ward, http: httpx.AsyncClient
) -> None:
    """What the page asks by itself leaves the session to its end; `here` lengthens it."""
    seen = "SELECT seen_at FROM staff_sessions"
    before = ward.rows(seen)
    ward.app.state.clock._ticks = lambda base=ward.app.state.clock._ticks: base() + 300
    await http.get(f"{API}/queue")
    watched = ward.rows(seen)
    here = await http.post(f"{API}/here", json={})

    assert here.status_code == 204
    assert before == watched
    assert ward.rows(seen) != before


async def _take(
    response: httpx.Response, wanted: Callable[[dict[str, str]], bool]
) -> dict[str, str]:
    """Return the first event that is wanted."""
    event: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        elif event:
            if wanted(event):
                return event
            event = {}
    raise AssertionError("the stream ended")


async def test_stream_tells_changes_and_resumes_by_number(
    ward: Ward, yamada: SignedIn, http: httpx.AsyncClient, waiting: Resident
) -> None:
    """A change comes with the number of its record, without words; from there on only what is new."""
    async with over_tcp(ward) as tcp:
        tcp.cookies.set(COOKIE, yamada.secret)
        tcp.timeout = httpx.Timeout(_PATIENCE)

        async def first(**headers: str) -> dict[str, str]:
            async with (
                asyncio.timeout(_PATIENCE),
                tcp.stream("GET", f"{API}/events", headers=headers) as response,
            ):
                return await _take(
                    response,
                    lambda e: e.get("event") == "change" and '"type": "handoff_' in e["data"],
                )

        requested = await first()
        await claimed(http)
        claim = await first(**{"Last-Event-ID": requested["id"]})

    told = json.loads(requested["data"])
    assert told["type"] == "handoff_requested"
    assert str(told["number"]) == requested["id"]
    assert ASKED not in requested["data"]
    assert json.loads(claim["data"])["type"] == "handoff_claimed"
    assert int(claim["id"]) > int(requested["id"])


@pytest.mark.parametrize("resume", ["x", "-1", "9" * 40, "１"])
async def test_stream_ignores_numbers_that_are_none(
    ward: Ward, yamada: SignedIn, waiting: Resident, resume: str
) -> None:
    """A broken `Last-Event-ID` begins where the address says."""
    async with over_tcp(ward) as tcp, asyncio.timeout(_PATIENCE):
        tcp.cookies.set(COOKIE, yamada.secret)
        tcp.timeout = httpx.Timeout(_PATIENCE)
        headers = {"Last-Event-ID": resume.encode("utf-8")}
        async with tcp.stream("GET", f"{API}/events?after=0", headers=headers) as response:
            event = await _take(response, lambda e: e.get("event") == "change")

    assert int(event["id"]) > 0


async def test_stream_shows_signs_of_life(
    ward: Ward, yamada: SignedIn, http: httpx.AsyncClient, waiting: Resident
) -> None:
    """That the resident types and has read comes without a number, for what one holds."""
    path = await claimed(http)
    async with over_tcp(ward) as tcp, asyncio.timeout(_PATIENCE):
        tcp.cookies.set(COOKIE, yamada.secret)
        tcp.timeout = httpx.Timeout(_PATIENCE)
        async with tcp.stream("GET", f"{API}/events") as response:
            signs = {"typing": True, "read_seq": 4}
            await waiting.http.post(f"{waiting.path}/presence", json=signs, headers=waiting.headers)
            event = await _take(
                response, lambda e: e.get("event") == "presence" and '"typing": true' in e["data"]
            )

    assert json.loads(event["data"]) == {path.rpartition("/")[2]: {"typing": True, "read_seq": 4}}
    assert "id" not in event


async def test_stream_ends_when_the_account_is_disabled(ward: Ward, yamada: SignedIn) -> None:
    """Without anything else happening the stream is over in seconds, and so is everything else."""
    office = ward.app.state.staff
    async with over_tcp(ward) as tcp, asyncio.timeout(_PATIENCE):
        tcp.cookies.set(COOKIE, yamada.secret)
        tcp.timeout = httpx.Timeout(_PATIENCE)
        async with tcp.stream("GET", f"{API}/events") as response:
            lines = response.aiter_lines()
            assert await anext(lines) == "retry: 2000"
            with office.database.write() as connection:
                account = accounts.by_id(connection, yamada.id)
                accounts.change(connection, account, disabled_at=office.now().isoformat())
            rest = [line async for line in lines]
        refused = await tcp.get(f"{API}/queue")

    assert [line for line in rest if line.startswith("event: change")] == []
    assert refused.status_code == 401


async def test_every_refusal_of_the_desk_has_its_words(ward: Ward) -> None:
    """Each code that the desk's own docstring names stands in data/desk.yml."""
    from bot.dialogue import desk

    words: Any = ward.app.state.desk_words
    named = {code for code in words.errors if f"``{code}``" in str(desk.DeskError.__doc__)}

    assert named == set(words.errors)
