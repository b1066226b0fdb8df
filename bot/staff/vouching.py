"""From what an OpenID provider says about somebody to an account of ours.

An account is found by the provider's own id of the person, else by an e-mail address that the provider
has verified, which ties the two for good. Nobody gets an account by signing in, unless the settings name
the claim that gives the roles; such an account follows the claims at each sign-in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from bot.staff import accounts, sessions
from bot.staff.accounts import Account
from bot.staff.members import ROLES, StaffError, in_order
from bot.staff.office import Office, changed
from bot.staff.provider import ProviderSettings
from bot.staff.roster import LONGEST_NAME, checked_login

BY = "provider"


def account_of(
    office: Office, settings: ProviderSettings, claims: Mapping[str, Any], sections: frozenset[str]
) -> str:
    """Return the id of the account that these claims belong to; ``sections`` are those of the ward.

    Raises:
        StaffError: ``no_account``.

    """
    with office.database.write() as connection:
        account = accounts.by_subject(connection, settings.issuer, claims["sub"])
        if account is None:
            account = _tied(office, connection, settings, claims)
        if account is None or account.follows_claims:
            account = _following(office, connection, settings, claims, account, sections)
        return account.id


def _tied(
    office: Office, connection: Connection, settings: ProviderSettings, claims: Mapping[str, Any]
) -> Account | None:
    """Tie the account of a verified address to the person, if it is tied to nobody yet."""
    login = _verified_login(claims)
    account = accounts.by_login(connection, login) if login else None
    if account is None or account.subject is not None:
        return None
    who = {"issuer": settings.issuer, "subject": claims["sub"]}
    account = accounts.change(connection, account, **who)
    office.note(connection, changed(account, "provider_tied", by=BY))
    return account


def _following(
    office: Office,
    connection: Connection,
    settings: ProviderSettings,
    claims: Mapping[str, Any],
    account: Account | None,
    known: frozenset[str],
) -> Account:
    """Make the account, or bring it up to what the claims say now."""
    roles = tuple(in_order({*_values(claims, settings.role_claim)} & {*ROLES}))
    wanted = _values(claims, settings.section_claim)
    sections = tuple(sorted(known.intersection(wanted)))
    # Sections that we do not know must not turn into none, which would mean all of them.
    if not roles or (wanted and not sections):
        raise StaffError("no_account")
    if account is None:
        return _provisioned(office, connection, settings, claims, roles, sections)
    if (account.roles, account.sections) == (roles, sections):
        return account
    values = {"roles": list(roles), "sections": list(sections)}
    account = accounts.change(connection, account, **values)
    ended = sessions.end(connection, account.id)
    office.note(connection, changed(account, "roles", ended, by=BY))
    return account


def _provisioned(
    office: Office,
    connection: Connection,
    settings: ProviderSettings,
    claims: Mapping[str, Any],
    roles: tuple[str, ...],
    sections: tuple[str, ...],
) -> Account:
    login = _verified_login(claims)
    if login is None or accounts.by_login(connection, login) is not None:
        raise StaffError("no_account")
    name = str(claims.get("name") or login.partition("@")[0])
    account = accounts.add(
        connection,
        name=name[:LONGEST_NAME],
        login=login,
        roles=roles,
        sections=sections,
        now=office.now(),
        issuer=settings.issuer,
        subject=claims["sub"],
        follows_claims=True,
    )
    office.note(connection, changed(account, "created", by=BY))
    return account


def _verified_login(claims: Mapping[str, Any]) -> str | None:
    if claims.get("email_verified") is not True:
        return None
    try:
        return checked_login(str(claims.get("email", "")))
    except StaffError:
        return None


def _values(claims: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """Return the words of a claim, which may lie within another one, as in ``realm_access.roles``."""
    value: Any = claims
    for part in filter(None, path.split(".")):
        value = value.get(part) if isinstance(value, Mapping) else None
    if not path or value is None:
        return ()
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split())
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
