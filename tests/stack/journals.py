"""The oracle of the kill runs: what residents were shown, held against transcript, stream and log."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx

from bot.ledger.log import Log, Record
from bot.ledger.sealing import KeyRing, load_master_key
from bot.store.database import Database

from .residents import Conversation

Line = dict[str, Any]
_ONLY_IN_TRANSCRIPT = {"at", "outcome", "answer", "sources"}


def transcript_of(conversation: Conversation) -> list[Line]:
    """Return the transcript that the journal makes one expect."""
    lines = [{"role": "bot", "turn_id": "", **message} for message in conversation.opening]
    for said, shown in conversation.journal.items():
        turn = json.loads(shown[0])
        spoken = {"turn_id": turn["turn_id"], "client_message_id": said.id}
        spoken["seq"] = turn["messages"][0]["seq"] - 1
        what = {"choice": said.choice} if said.choice else {"text": said.text}
        lines.append({"role": "resident", "type": "text", **spoken, **what})
        lines += [
            {"role": "bot", "turn_id": turn["turn_id"], **message} for message in turn["messages"]
        ]
    return sorted(lines, key=lambda line: int(line["seq"]))


def as_shown(line: Line) -> Line:
    """Return a line of the transcript without what the journal cannot know."""
    kept = {name: value for name, value in line.items() if name not in _ONLY_IN_TRANSCRIPT}
    if kept["role"] == "resident":
        kept.pop("text" if kept["choice"] else "choice")
    return kept


def replies_that_differ(conversations: Sequence[Conversation]) -> list[tuple[bytes, ...]]:
    """Return the replies that were not the same bytes each time their message was sent."""
    shown = [replies for c in conversations for replies in c.journal.values()]
    return [tuple(replies) for replies in shown if len(set(replies)) != 1]


class Follower(threading.Thread):
    """Listens to the event stream of one conversation, and goes on where it broke off."""

    def __init__(self, url: str, conversation: Conversation) -> None:
        super().__init__(name=f"follower-{conversation.id}", daemon=True)
        self.conversation = conversation
        self.heard: list[Line] = []
        self._url = url
        self._stopping = threading.Event()

    def run(self) -> None:
        """Listen until told to stop."""
        with httpx.Client(base_url=self._url, timeout=1.0, trust_env=False) as http:
            while not self._stopping.is_set():
                try:
                    self._listen(http)
                except httpx.TransportError:
                    self._stopping.wait(0.05)

    def stop(self) -> None:
        """End at the next silence."""
        self._stopping.set()

    @property
    def last(self) -> int:
        """Return the seq of the last event heard."""
        return int(self.heard[-1]["seq"]) if self.heard else 0

    def _listen(self, http: httpx.Client) -> None:
        headers = {**self.conversation.headers, "Last-Event-ID": str(self.last)}
        path = f"{self.conversation.path}/events"
        with http.stream("GET", path, headers=headers) as answer:
            event: dict[str, str] = {}
            for line in answer.iter_lines():
                if not line and "data" in event:
                    assert event["id"] == str(json.loads(event["data"])["seq"])
                    self.heard.append(json.loads(event["data"]))
                    event = {}
                name, _, value = line.partition(": ")
                event[name] = value


class LogBook:
    """The log of an ended product, read without it."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / "madoguchi.db"
        self._database = Database(f"sqlite:///{self._file}")
        self._log = Log(KeyRing(load_master_key(data_dir / "keys" / "master.key")))

    def of(self, conversation: Conversation) -> list[Record]:
        """Return the records of a conversation, opened."""
        with self._database.read() as connection:
            return self._log.of_conversation(connection, conversation.id)

    def every(self) -> list[Record]:
        """Return all records, sealed."""
        with self._database.read() as connection:
            return list(self._log.every(connection))

    def damage(self) -> str:
        """Return what SQLite itself finds wrong with the file: `ok`, or the damage."""
        connection = sqlite3.connect(self._file)
        found: str = connection.execute("PRAGMA integrity_check").fetchone()[0]
        connection.close()
        return found

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def messages_in(records: Sequence[Record]) -> list[Line]:
    """Return the messages of a conversation as they stand in the log, in the transcript's form."""
    lines: list[Line] = []
    for record in records:
        if record.type == "resident_message":
            own = {name: record.envelope[name] for name in ("client_message_id", "choice")}
            lines.append({"type": "text", "text": record.sealed["raw"], **own, **_place(record)})
        elif record.type == "bot_message":
            lines.append({**json.loads(record.sealed["content"]), **_place(record)})
    return [as_shown(line) for line in lines]


def _place(record: Record) -> Line:
    envelope = record.envelope
    return {"seq": record.seq, "turn_id": envelope["turn_id"], "role": envelope["role"]}


def times_logged(records: Sequence[Record]) -> Counter[str]:
    """Return how often each message id of the clients stands in the log."""
    said = (record for record in records if record.type == "resident_message")
    return Counter(record.envelope["client_message_id"] for record in said)


def turns_counted(records: Sequence[Record]) -> Iterator[int]:
    """Yield the fake engine's count at each turn that it answered."""
    for record in records:
        if record.type == "decision" and record.envelope["trace"].get("engine") == "rasa":
            yield int(record.envelope["trace"]["turns"])
