"""Members of staff at work, for tests: an account and a finished session, without the way there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import httpx
from fastapi import FastAPI

from bot.staff import accounts, sessions
from bot.staff.office import Office
from bot.staff.sessions import Client

COOKIE = "madoguchi_staff"


@dataclass(frozen=True)
class SignedIn:
    """A member of staff and the secret that the browser would hold."""

    id: str
    name: str
    secret: str

    def client(self, http: httpx.AsyncClient) -> httpx.AsyncClient:
        """Return a client that calls as this member, from the product's own pages."""
        origin = str(http.base_url).rstrip("/")
        return httpx.AsyncClient(
            transport=http._transport,
            base_url=http.base_url,
            cookies={COOKIE: self.secret},
            headers={"Origin": origin},
        )


def sign_in(
    app: FastAPI, name: str, *, sections: tuple[str, ...] = (), roles: tuple[str, ...] = ("agent",)
) -> SignedIn:
    """Make an account and a session of it."""
    office: Office = app.state.staff
    login = f"{secrets.token_hex(6)}@city.minamo.example"
    with office.database.write() as connection:
        account = accounts.add(
            connection, name=name, login=login, roles=roles, sections=sections, now=office.now()
        )
        client = Client("192.0.2.7", "a test", "")
        secret, _ = sessions.open_session(
            connection, account, "in", "password", client, office.now()
        )
    return SignedIn(account.id, name, secret)
