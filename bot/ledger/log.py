"""The audit log: append inside the caller's transaction, read back in order.

This is the log's first form. Callers hand in events and get records; how records are chained, proved
and checkpointed is this module's business alone, so the Merkle ledger can take its place here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select

from bot.ledger.events import AuditEvent
from bot.ledger.sealing import KeyRing, Seal
from bot.store.tables import conversation_keys, records, sealed_fields


@dataclass(frozen=True)
class Record:
    """One record as it stands in the log; ``sealed`` holds what could be opened, by field."""

    number: int
    conversation_id: str | None
    seq: int | None
    at: str
    type: str
    envelope: dict[str, Any]
    sealed: dict[str, str]


class Log:
    """Append-only; every method MUST run inside the caller's transaction."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def open_conversation(self, connection: Connection, conversation_id: str) -> None:
        """Make the conversation's key; comes before its first event."""
        wrapped, _ = self._keys.new_key(conversation_id)
        connection.execute(
            insert(conversation_keys).values(conversation_id=conversation_id, wrapped=wrapped)
        )

    def sealed(self, connection: Connection, conversation_id: str, text: str, place: str) -> bytes:
        """Seal what is kept beside the log, under the conversation's key, for one place."""
        return self._seal(connection, conversation_id).seal(text, place)

    def opened(
        self, connection: Connection, conversation_id: str, sealed: bytes, place: str
    ) -> str:
        """Open what :meth:`sealed` gave.

        Raises:
            SealBroken: it was altered or belongs elsewhere.

        """
        return self._seal(connection, conversation_id).open(sealed, place)

    def append(
        self,
        connection: Connection,
        at: datetime,
        events: Sequence[AuditEvent],
        conversation_id: str | None = None,
    ) -> None:
        """Append events in their order; they are in the log if and only if the transaction commits."""
        seal = self._seal(connection, conversation_id) if conversation_id else None
        last = self.last_number(connection)
        rows, fields = [], []
        for number, event in enumerate(events, start=last + 1):
            rows.append(
                {
                    "number": number,
                    "conversation_id": conversation_id,
                    "seq": event.seq,
                    "at": at.isoformat(timespec="microseconds"),
                    "type": event.type,
                    "envelope": dict(event.open_fields()),
                }
            )
            for name, text in event.sealed_fields().items():
                if seal is None:
                    raise ValueError(f"{event.type}: a sealed field needs a conversation")
                sealed = seal.seal(text, f"{number}/{name}")
                fields.append({"record_number": number, "name": name, "sealed": sealed})
        connection.execute(insert(records), rows)
        if fields:
            connection.execute(insert(sealed_fields), fields)

    def of_conversation(
        self,
        connection: Connection,
        conversation_id: str,
        after_seq: int | None = None,
        *,
        types: Sequence[str] = (),
    ) -> list[Record]:
        """Return a conversation's records in order.

        With ``after_seq`` only later messages, with ``types`` only such events.
        """
        query = select(records).where(records.c.conversation_id == conversation_id)
        if after_seq is not None:
            query = query.where(records.c.seq > after_seq)
        if types:
            query = query.where(records.c.type.in_(types))
        rows = connection.execute(query.order_by(records.c.number)).mappings().all()
        if not rows:
            return []
        seal = self._seal(connection, conversation_id)
        opened = self._fields(connection, seal, conversation_id, rows[0]["number"])
        return [Record(**row, sealed=opened.get(row["number"], {})) for row in rows]

    def message(self, connection: Connection, conversation_id: str, seq: int) -> Record | None:
        """Return one message of a conversation, opened."""
        query = select(records).where(
            records.c.conversation_id == conversation_id, records.c.seq == seq
        )
        row = connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        seal = self._seal(connection, conversation_id)
        fields = select(sealed_fields).where(sealed_fields.c.record_number == row["number"])
        opened = {
            field["name"]: seal.open(field["sealed"], f"{row['number']}/{field['name']}")
            for field in connection.execute(fields).mappings()
        }
        return Record(**row, sealed=opened)

    def after(
        self,
        connection: Connection,
        number: int,
        types: Sequence[str],
        limit: int,
        within: tuple[Sequence[str], Sequence[str]] = ((), ()),
    ) -> list[Record]:
        """Return the next records of some types in order, sealed fields left sealed.

        ``within`` names further types, and the conversations in which they count.
        """
        further, conversations = within
        wanted = or_(
            records.c.type.in_(types),
            and_(records.c.type.in_(further), records.c.conversation_id.in_(conversations)),
        )
        query = select(records).where(records.c.number > number, wanted)
        rows = connection.execute(query.order_by(records.c.number).limit(limit)).mappings()
        return [Record(**row, sealed={}) for row in rows]

    def last_number(self, connection: Connection) -> int:
        """Return the number of the newest record; 0 while there is none."""
        return int(connection.scalar(select(func.coalesce(func.max(records.c.number), 0))) or 0)

    def erase(self, connection: Connection, number: int) -> None:
        """Destroy the sealed fields of a record; the record itself stays in its place."""
        connection.execute(delete(sealed_fields).where(sealed_fields.c.record_number == number))

    def every(self, connection: Connection) -> Iterator[Record]:
        """Yield all records of all conversations in order, sealed fields left sealed."""
        for row in connection.execute(select(records).order_by(records.c.number)).mappings():
            yield Record(**row, sealed={})

    def _fields(
        self, connection: Connection, seal: Seal, conversation_id: str, first: int
    ) -> dict[int, dict[str, str]]:
        query = (
            select(sealed_fields)
            .join(records, records.c.number == sealed_fields.c.record_number)
            .where(records.c.conversation_id == conversation_id, records.c.number >= first)
        )
        opened: dict[int, dict[str, str]] = {}
        for row in connection.execute(query).mappings():
            number, name = row["record_number"], row["name"]
            opened.setdefault(number, {})[name] = seal.open(row["sealed"], f"{number}/{name}")
        return opened

    def _seal(self, connection: Connection, conversation_id: str) -> Seal:
        query = select(conversation_keys.c.wrapped).where(
            conversation_keys.c.conversation_id == conversation_id
        )
        return self._keys.unwrap(connection.execute(query).scalar_one(), conversation_id)
