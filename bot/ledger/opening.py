"""Opening the log of a data folder: with its own master key, or not at all."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from bot.ledger.log import Log
from bot.ledger.sealing import KeyRing, load_master_key
from bot.store.database import Database
from bot.store.tables import conversation_keys, staff_accounts

_SEALED = (
    select(conversation_keys.c.conversation_id).limit(1),
    select(staff_accounts.c.id).where(staff_accounts.c.totp_secret.is_not(None)).limit(1),
)


def open_log(database: Database, data_dir: Path) -> Log:
    """Read the master key; make one only while nothing has been sealed yet.

    Raises:
        SealBroken: the key is gone, and with it what the database holds sealed.

    """
    with database.read() as connection:
        in_use = any(connection.execute(query).first() for query in _SEALED)
    return Log(KeyRing(load_master_key(data_dir / "keys" / "master.key", may_make=not in_use)))
