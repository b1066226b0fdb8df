"""Security headers on every response (OWASP ASVS 5.0, 3.4)."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


STAFF_PAGES = ("/staff", "/desk", "/studio", "/audit")
_STAFF_HEADERS = {
    **_HEADERS,
    "Content-Security-Policy": CONTENT_SECURITY_POLICY.replace(
        "frame-ancestors 'self'", "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    # Without a referrer a browser would say "Origin: null" on our own forms, which must be told from others.
    "Referrer-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds the headers; the API's own responses and the staff pages are never cached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_STAFF_HEADERS if is_staff_page(scope["path"]) else _HEADERS)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def is_staff_page(path: str) -> bool:
    """Tell whether a path is one of the pages that staff use."""
    return any(path == page or path.startswith(f"{page}/") for page in STAFF_PAGES)
