"""Application logs: one JSON line per event, never a word of a resident's."""

from __future__ import annotations

import json
import logging
import traceback

import structlog


class PlacesOnly(logging.Formatter):
    """Formats other libraries' records: where and what kind, not the message, which may quote a text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON line; of an exception its type and the places it passed."""
        line: dict[str, object] = {
            "event": "library",
            "level": record.levelname.lower(),
            "logger": record.name,
            "at": f"{record.filename}:{record.lineno}",
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["frames"] = [f"{frame.filename}:{frame.lineno}" for frame in frames[-8:]]
        return json.dumps(line)


def configure_logging() -> None:
    """Send structlog and the libraries' warnings to standard output and error as JSON lines."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(),
    )
    handler = logging.StreamHandler()
    handler.setFormatter(PlacesOnly())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
