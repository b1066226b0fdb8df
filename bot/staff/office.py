"""What every part of staff accounts works with: the database, the log, the clocks, the vault, the limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from bot.ledger.events import AuditEvent, StaffAccountChanged
from bot.ledger.log import Log
from bot.ledger.sealing import load_master_key
from bot.staff.accounts import Account
from bot.staff.sessions import Limits
from bot.staff.vault import Vault
from bot.store.clock import Clock
from bot.store.database import Database


@dataclass(frozen=True)
class Office:
    """Handed to every part; ``phone_clock`` is the real time, for a phone knows of no rehearsal."""

    database: Database
    log: Log
    clock: Clock
    vault: Vault
    limits: Limits
    phone_clock: Clock = field(default_factory=Clock)

    def now(self) -> datetime:
        """Return the present moment of the product."""
        return self.clock.now()

    def note(self, connection: Connection, *events: AuditEvent) -> None:
        """Append to the audit log, in the transaction of what is noted."""
        self.log.append(connection, self.now(), events)


def open_office(
    database: Database, log: Log, clock: Clock, data_dir: Path, idle_minutes: int, hours: int
) -> Office:
    """Open the office of a data folder, whose log is open already."""
    vault = Vault(load_master_key(data_dir / "keys" / "master.key"))
    limits = Limits(timedelta(minutes=idle_minutes), timedelta(hours=hours))
    return Office(database, log, clock, vault, limits)


def changed(account: Account, change: str, ended: int = 0, by: str = "") -> StaffAccountChanged:
    """Describe a change of an account for the audit log; without ``by`` its owner made it."""
    return StaffAccountChanged(
        member=account.id,
        change=change,
        by=by or account.id,
        roles=account.roles,
        sections=account.sections,
        sessions_ended=ended,
    )
