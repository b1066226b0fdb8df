"""Signing in by the ward's own OpenID provider: authorization code with PKCE, discovery, nonce, state.

OpenID Connect Core 1.0 and Discovery 1.0, RFC 7636, RFC 9207. Authlib builds the requests and checks the
claims, joserfc the signature. Nothing is asked of the provider until somebody signs in.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot.staff.addresses import is_loopback, is_safe

_SCOPE = "openid email profile"
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_LEEWAY_SECONDS = 60
_KEPT_SECONDS = 3600.0
_NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderFailed(Exception):
    """Somebody could not be vouched for; ``reason`` is a word for the log and holds nothing received."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class ProviderSettings:
    """Which provider, as whom we come to it, and what its claims mean here."""

    issuer: str
    client_id: str
    client_secret: str
    is_second_factor_there: bool
    role_claim: str
    section_claim: str


@dataclass(frozen=True)
class Attempt:
    """What the browser carries, sealed, to the provider and back; ``to`` is where it wanted to go."""

    state: str
    nonce: str
    verifier: str
    to: str

    def text(self) -> str:
        """Return it as text, to be sealed."""
        return json.dumps(asdict(self))


class Provider:
    """One provider; keeps what it has published for an hour."""

    def __init__(self, settings: ProviderSettings) -> None:
        self.settings = settings
        # The machine's proxy, if it has one, leads out of the ward's network, but never to this machine.
        trusts = not is_loopback(settings.issuer)
        self._http = httpx.Client(timeout=5.0, trust_env=trusts, follow_redirects=False)
        self._kept: dict[str, tuple[float, Any]] = {}

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def begin(self, return_to: str, to: str) -> tuple[str, Attempt]:
        """Return where to send the browser, and what it must bring back.

        Raises:
            ProviderFailed: the provider cannot be asked.

        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        attempt = Attempt(state, nonce, verifier, to)
        url = prepare_grant_uri(
            self._metadata()["authorization_endpoint"],
            client_id=self.settings.client_id,
            response_type="code",
            redirect_uri=return_to,
            scope=_SCOPE,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return str(url), attempt

    def finish(
        self, attempt: Attempt, answer: Mapping[str, str], return_to: str
    ) -> Mapping[str, Any]:
        """Return the claims about the person whom the answer vouches for.

        Raises:
            ProviderFailed: it vouches for nobody, or not for this attempt.

        """
        if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise ProviderFailed("state")
        if answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise ProviderFailed("issuer")
        if "error" in answer or not answer.get("code"):
            raise ProviderFailed("denied")
        tokens = self._tokens(answer["code"], attempt.verifier, return_to)
        return self._claims(tokens, attempt.nonce)

    def _tokens(self, code: str, verifier: str, return_to: str) -> Mapping[str, Any]:
        settings = self.settings
        body = prepare_token_request(
            "authorization_code",
            code=code,
            redirect_uri=return_to,
            code_verifier=verifier,
            client_id="" if settings.client_secret else settings.client_id,
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        # RFC 6749, 2.3.1: both parts are form-encoded before they are put together.
        who = (quote(settings.client_id, safe=""), quote(settings.client_secret, safe=""))
        auth = httpx.BasicAuth(*who) if settings.client_secret else httpx.USE_CLIENT_DEFAULT
        url = self._metadata()["token_endpoint"]
        tokens = _json(lambda: self._http.post(url, content=body, headers=headers, auth=auth))
        if not isinstance(tokens.get("id_token"), str):
            raise ProviderFailed("token")
        return tokens

    def _claims(self, tokens: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        settings = self.settings
        try:
            token = self._token(tokens["id_token"])
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": settings.issuer},
                    "aud": {"essential": True, "value": settings.client_id},
                },
                {
                    "nonce": nonce,
                    "client_id": settings.client_id,
                    "access_token": tokens.get("access_token"),
                },
            )
            claims.validate(leeway=_LEEWAY_SECONDS)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderFailed("id_token") from error
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise ProviderFailed("id_token")
        return dict(claims)

    def _metadata(self) -> Mapping[str, str]:
        issuer = self.settings.issuer
        found: dict[str, str] = self._published(str(get_well_known_url(issuer, external=True)))
        is_whole = all(isinstance(found.get(name), str) for name in _NEEDED)
        if not is_whole or found["issuer"] != issuer:
            raise ProviderFailed("metadata")
        if not all(is_safe(found[name]) for name in _NEEDED):
            raise ProviderFailed("metadata")
        return found

    def _token(self, id_token: str) -> jwt.Token:
        """Check the signature, once more with the keys asked for again: the one that signed may be new."""
        url = self._metadata()["jwks_uri"]
        try:
            return jwt.decode(id_token, KeySet.import_key_set(self._published(url)), _ALGORITHMS)
        except (JoseError, ValueError):
            self._kept.pop(url, None)
            return jwt.decode(id_token, KeySet.import_key_set(self._published(url)), _ALGORITHMS)

    def _published(self, url: str) -> Any:
        until, value = self._kept.get(url, (0.0, None))
        if time.monotonic() >= until:
            value = _json(lambda: self._http.get(url))
            self._kept[url] = (time.monotonic() + _KEPT_SECONDS, value)
        return value


def attempt_of(text: str) -> Attempt:
    """Read what :meth:`Attempt.text` gave."""
    return Attempt(**json.loads(text))


def _json(ask: Callable[[], httpx.Response]) -> dict[str, Any]:
    try:
        response = ask()
        response.raise_for_status()
        value = response.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ProviderFailed("unreachable") from error
    if not isinstance(value, dict):
        raise ProviderFailed("unreachable")
    return value
