"""The gateway process: uvicorn around the app, ended by its lifeline when the supervisor is gone."""

from __future__ import annotations

import os

import uvicorn

from bot.lifeline import hold_lifeline
from bot.web.app import create_app
from bot.web.logging import configure_logging
from bot.web.settings import read_settings


def main() -> None:
    """Serve until ended."""
    hold_lifeline()
    os.umask(0o077)  # the log is its owner's alone
    configure_logging()
    settings = read_settings()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
