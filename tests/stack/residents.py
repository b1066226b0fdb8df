"""Residents who write over HTTP, write again until they are answered, and keep a journal of it all."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

_AT_ONCE = 10
_MOST_TURNS = 12
_SAYINGS = (
    "児童手当はいくらですか",
    "𠮷野です。髙橋ではありません㈱",
    "ｼﾞﾄﾞｳﾃｱﾃ\n2行目です",
    "👨‍👩‍👧 こんにちは",
    'これは「引用」と\\と"の文です',
)


class _GivenUp(Exception):
    """The run is over before the reply came."""


@dataclass(frozen=True)
class Said:
    """One message of a resident's: a text or a pressed button, under the client's own id."""

    id: str
    text: str | None = None
    choice: str | None = None

    def body(self) -> dict[str, Any]:
        """Return the body of the turn."""
        what = {"text": self.text} if self.choice is None else {"choice": self.choice}
        return {"client_message_id": self.id, **what}


@dataclass
class Conversation:
    """A conversation and the journal of it: what was said, and the bytes shown for it each time."""

    id: str
    token: str
    opening: list[dict[str, Any]]
    journal: dict[Said, list[bytes]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Return where it is."""
        return f"/api/v1/conversations/{self.id}"

    @property
    def headers(self) -> dict[str, str]:
        """Return what shows that it is ours."""
        return {"Authorization": f"Bearer {self.token}"}

    def replies(self) -> list[dict[str, Any]]:
        """Return each turn once, in the order of its seq."""
        turns = [json.loads(shown[0]) for shown in self.journal.values()]
        return sorted(turns, key=lambda turn: int(turn["seq"]))


class Visitor:
    """Asks as a browser does: one request, answered or failed."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=30.0, trust_env=False)

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, locale: str = "ja") -> Conversation:
        """Open a conversation."""
        answer = self.http.post("/api/v1/conversations", json={"locale": locale})
        assert answer.status_code == 201, answer.text
        return opened(answer)

    def say(self, conversation: Conversation, text: str) -> dict[str, Any]:
        """Send a text once, and journal what is shown."""
        said = Said(str(uuid.uuid4()), text=text)
        answer = self.send(conversation, said)
        assert answer.status_code == 200, answer.text
        conversation.journal[said] = [answer.content]
        turn: dict[str, Any] = answer.json()
        return turn

    def send(self, conversation: Conversation, said: Said) -> httpx.Response:
        """Send a message, for the first time or again."""
        path = f"{conversation.path}/turns"
        return self.http.post(path, json=said.body(), headers=conversation.headers)

    def send_again(self, conversation: Conversation, said: Said) -> bytes:
        """Send a message again, once more after the pause that is asked of whoever writes fast."""
        answer = self.send(conversation, said)
        if answer.status_code == 429:
            time.sleep(float(answer.headers["Retry-After"]))
            answer = self.send(conversation, said)
        assert answer.status_code == 200, answer.text
        return answer.content

    def transcript(self, conversation: Conversation) -> list[dict[str, Any]]:
        """Return the messages of a conversation as the counter has them."""
        answer = self.http.get(f"{conversation.path}/messages", headers=conversation.headers)
        assert answer.status_code == 200, answer.text
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    def close(self) -> None:
        """Close the connections."""
        self.http.close()


class Resident(threading.Thread):
    """Writes in several conversations at a time until told to stop, then ends what is begun."""

    def __init__(self, url: str, seed: str) -> None:
        super().__init__(name=f"resident-{seed}", daemon=True)
        self.conversations: list[Conversation] = []
        self.answered = 0
        self._visitor = Visitor(url)
        self._random = random.Random(seed)
        self._stopping = threading.Event()
        self._given_up = threading.Event()

    def run(self) -> None:
        """Write until told to stop."""
        with ThreadPoolExecutor(2) as hands, suppress(_GivenUp):
            while not self._stopping.is_set():
                self._take_turn(self._next_conversation(), hands)
        self._visitor.close()

    def stop(self) -> None:
        """Let the message that is under way be the last; `join` waits for its reply."""
        self._stopping.set()

    def give_up(self) -> None:
        """Stop without waiting for any reply: the run has failed."""
        self._stopping.set()
        self._given_up.set()

    def _next_conversation(self) -> Conversation:
        """Go through the open ones in turn, so that none is written to faster than allowed."""
        going = [c for c in self.conversations if len(c.journal) < _MOST_TURNS]
        if len(going) < _AT_ONCE:
            self.conversations.append(self._open())
            return self.conversations[-1]
        return going[self.answered % len(going)]

    def _open(self) -> Conversation:
        return opened(self._until_taken("POST", "/api/v1/conversations", {"locale": "ja"}, {}, 201))

    def _take_turn(self, conversation: Conversation, hands: ThreadPoolExecutor) -> None:
        """Send a message once, once more afterwards, or twice at the same moment."""
        said = self._think()
        shown = conversation.journal[said] = []
        times = self._random.choice((1, 1, 2))
        if self._random.random() < 0.3:
            both = [hands.submit(self._send, conversation, said) for _ in range(times)]
            shown.extend(reply.result() for reply in both)
        else:
            shown.extend(self._send(conversation, said) for _ in range(times))
        self.answered += 1

    def _think(self) -> Said:
        message_id = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        if self._random.random() < 0.2:
            return Said(message_id, choice=self._random.choice(("menu", "service:jido_teate")))
        return Said(message_id, text=f"{self._random.choice(_SAYINGS)}（{self.answered}）")

    def _send(self, conversation: Conversation, said: Said) -> bytes:
        path, headers = f"{conversation.path}/turns", conversation.headers
        return self._until_taken("POST", path, said.body(), headers, 200).content

    def _until_taken(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str],
        wanted: int,
    ) -> httpx.Response:
        """Repeat the same request until it is taken, as the widget does."""
        while not self._given_up.is_set():
            try:
                answer = self._visitor.http.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                self._given_up.wait(self._random.uniform(0.01, 0.1))
                continue
            if answer.status_code == wanted:
                return answer
            assert answer.status_code in (429, 503), f"{answer.status_code}: {answer.text}"
            self._given_up.wait(float(answer.headers["Retry-After"]) / 4)
        raise _GivenUp


def opened(answer: httpx.Response) -> Conversation:
    """Return the conversation that an answer to its opening describes."""
    body = answer.json()
    return Conversation(body["conversation_id"], body["token"], body["messages"])
