"""Application logs: one JSON line per event, never a word of a resident's."""

from __future__ import annotations

import logging

import structlog


def configure_logging() -> None:
    """Send structlog and the libraries' warnings to standard error as JSON lines."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(),
    )
    # Libraries log requests and statements, which may hold texts, below this level.
    logging.basicConfig(level=logging.WARNING, format='{"event": "library", "logger": "%(name)s"}')
