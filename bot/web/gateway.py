"""The gateway process: uvicorn around the app, ended by its lifeline when the supervisor is gone."""

from __future__ import annotations

import os
import sys

import uvicorn
from fastapi import FastAPI

from bot.ledger.sealing import SealBroken
from bot.lifeline import hold_lifeline
from bot.scenarios.problems import ScenarioError
from bot.store.database import StoreUnavailable
from bot.web.app import create_app
from bot.web.logging import configure_logging
from bot.web.settings import Settings, SettingsError, read_settings


def main() -> None:
    """Serve until ended."""
    hold_lifeline()
    os.umask(0o077)  # the log is its owner's alone
    configure_logging()
    settings, app = _settings_and_app()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=3,
    )


def _settings_and_app() -> tuple[Settings, FastAPI]:
    """Build the app, or end with one line, which the supervisor repeats to the administrator."""
    try:
        settings = read_settings()
        return settings, create_app(settings)
    except StoreUnavailable as error:
        sys.exit(
            f"データベースを使えません（{error}）。DATA_DIR か MADOGUCHI_DATABASE_URL を確かめてください。"
        )
    except (SettingsError, ScenarioError, SealBroken, OSError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
