"""A small OpenID provider on loopback: discovery, authorization with PKCE, tokens, keys; it can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "madoguchi", "a secret: with signs/"


@dataclass
class OpenIdProvider:
    """Vouches for ``person`` without asking; ``lies`` replace claims, ``refuses`` sends an error back."""

    person: dict[str, Any] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    refuses: str = ""
    is_broken: bool = False
    metadata_lies: dict[str, Any] = field(default_factory=dict)
    signs_with: RSAKey | None = None
    algorithm: str = "RS256"
    secret: str = CLIENT_SECRET
    asked: list[str] = field(default_factory=list)
    url: str = ""
    keys: list[RSAKey] = field(default_factory=list)
    grants: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rotate()

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        kid = secrets.token_hex(4)
        self.keys.insert(0, RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}))

    def metadata(self) -> dict[str, Any]:
        """Return the discovery document."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            **self.metadata_lies,
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where the browser is sent back to."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        back = {"state": asked["state"], "iss": self.url}
        if self.refuses:
            return f"{asked['redirect_uri']}?{urlencode({**back, 'error': self.refuses})}"
        code = secrets.token_urlsafe(16)
        self.grants[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({**back, 'code': code})}"

    def token(self, sent: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Exchange a code, once, for the client that asked and knows the verifier; None if it is not."""
        asked = self.grants.pop(sent.get("code", ""), None)
        if asked is None or not self._is_client(sent, authorization):
            return None
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            challenge != asked["code_challenge"]
            or sent.get("redirect_uri") != asked["redirect_uri"]
        ):
            return None
        access = secrets.token_urlsafe(16)
        return {"access_token": access, "token_type": "Bearer", "id_token": self._id_token(asked)}

    def _is_client(self, sent: dict[str, str], authorization: str) -> bool:
        if not self.secret:
            return sent.get("client_id") == CLIENT_ID and not authorization
        name, _, secret = (
            base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        )
        given = {key: parse_qs(f"v={value}")["v"][0] for key, value in (("n", name), ("s", secret))}
        return given == {"n": CLIENT_ID, "s": self.secret}

    def _id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.person,
            **self.lies,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.signs_with or self.keys[0]
        header = {"alg": self.algorithm, "kid": self.keys[0].kid}
        if self.algorithm == "none":
            parts = [json.dumps(part).encode() for part in (header, claims)]
            return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts) + "."
        return jwt.encode(header, claims, key, [self.algorithm])


@contextmanager
def running_provider() -> Iterator[OpenIdProvider]:
    """Serve a provider on a port of its own until the block ends."""
    provider = OpenIdProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            provider.asked.append(parts.path)
            if provider.is_broken:
                self._answer(500, b"broken")
            elif parts.path == "/.well-known/openid-configuration":
                self._answer(200, json.dumps(provider.metadata()).encode())
            elif parts.path == "/jwks":
                public = KeySet(list(provider.keys[:1])).as_dict(private=False)
                self._answer(200, json.dumps(public).encode())
            elif parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(_fields(parts.query)))
                self.end_headers()
            else:
                self._answer(404, b"{}")

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            tokens = provider.token(_fields(body), self.headers.get("Authorization", ""))
            if tokens is None:
                self._answer(400, b'{"error": "invalid_grant"}')
            else:
                self._answer(200, json.dumps(tokens).encode())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _fields(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}
