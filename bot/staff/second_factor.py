"""The second factor of an account in the database. Functions MUST run in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from bot.staff import accounts, codes
from bot.staff.accounts import Account
from bot.staff.vault import Vault
from bot.store.tables import staff_accounts
from bot.store.tables import staff_recovery_codes as table


def accepted(
    connection: Connection, vault: Vault, account: Account, code: str, phone_time: datetime
) -> str | None:
    """Take a code of the application or a recovery code, once; returns which it was, None if neither.

    Raises:
        SealBroken: the secret does not open; the master key is another one.

    """
    code = codes.plain(code)
    if codes.is_of_application(code):
        return "totp" if _take_totp(connection, vault, account, code, phone_time) else None
    return "recovery_code" if _take_recovery(connection, vault, account, code, phone_time) else None


def begin(connection: Connection, vault: Vault, account: Account) -> str:
    """Return the secret that is being enrolled; the former one stays until the new one has been used."""
    if account.totp_pending is not None:
        return vault.open(account.totp_pending, account.id)
    secret = codes.new_secret()
    accounts.change(connection, account, totp_pending=vault.seal(secret, account.id))
    return secret


def finish(
    connection: Connection, vault: Vault, account: Account, code: str, phone_time: datetime
) -> list[str] | None:
    """Enrol the application that gives this code; returns new recovery codes, None if it is wrong."""
    if account.totp_pending is None:
        return None
    secret = vault.open(account.totp_pending, account.id)
    step = codes.matching_step(secret, codes.plain(code), phone_time, last_step=0)
    if step is None:
        return None
    values = {"totp_secret": account.totp_pending, "totp_pending": None, "totp_step": step}
    account = accounts.change(connection, account, **values)
    return renew_recovery_codes(connection, vault, account)


def renew_recovery_codes(connection: Connection, vault: Vault, account: Account) -> list[str]:
    """Make all former recovery codes void and return new ones, of which only hashes are kept."""
    connection.execute(delete(table).where(table.c.account_id == account.id))
    fresh = codes.new_recovery_codes()
    rows = [{"code_hash": _hash(vault, account, c), "account_id": account.id} for c in fresh]
    connection.execute(insert(table), rows)
    return fresh


def recovery_codes_left(connection: Connection, account_id: str) -> int:
    """Return how many recovery codes have not been used."""
    query = select(func.count()).where(table.c.account_id == account_id, table.c.used_at.is_(None))
    return connection.scalar(query) or 0


def remove(connection: Connection, account: Account) -> Account:
    """Forget application and recovery codes; the next sign-in enrols anew."""
    connection.execute(delete(table).where(table.c.account_id == account.id))
    return accounts.change(connection, account, totp_secret=None, totp_pending=None)


def _take_totp(
    connection: Connection, vault: Vault, account: Account, code: str, phone_time: datetime
) -> bool:
    if account.totp_secret is None:
        return False
    secret = vault.open(account.totp_secret, account.id)
    step = codes.matching_step(secret, code, phone_time, account.totp_step)
    if step is None:
        return False
    unused = (staff_accounts.c.id == account.id) & (staff_accounts.c.totp_step < step)
    taken = connection.execute(update(staff_accounts).where(unused).values(totp_step=step))
    return taken.rowcount == 1


def _take_recovery(
    connection: Connection, vault: Vault, account: Account, code: str, phone_time: datetime
) -> bool:
    unused = (table.c.code_hash == _hash(vault, account, code)) & (table.c.used_at.is_(None))
    moment = phone_time.isoformat(timespec="microseconds")
    taken = connection.execute(update(table).where(unused).values(used_at=moment))
    return taken.rowcount == 1


def _hash(vault: Vault, account: Account, code: str) -> bytes:
    return vault.digest("recovery code", f"{account.id}\0{codes.plain(code)}")
