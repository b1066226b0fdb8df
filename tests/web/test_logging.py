"""Log lines of other libraries: where and what kind, never the message."""

from __future__ import annotations

import json
import logging
import sys

from bot.web.logging import PlacesOnly

CANARY = "カナリア山田太郎"


def _record(exception: BaseException | None = None) -> logging.LogRecord:
    info = (type(exception), exception, exception.__traceback__) if exception else None
    return logging.LogRecord("some.library", logging.WARNING, __file__, 7, CANARY, (), info)


def test_line_names_logger_level_and_place() -> None:
    """What a library says is dropped; who said it and where is kept."""
    line = json.loads(PlacesOnly().format(_record()))

    assert line == {
        "event": "library",
        "level": "warning",
        "logger": "some.library",
        "at": "test_logging.py:7",
    }


def test_exception_is_named_with_its_places_and_without_its_text() -> None:
    """A traceback is places only: neither the message nor the source line is printed."""
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        printed = PlacesOnly().format(_record(error))

    assert json.loads(printed)["exception"] == "ValueError"
    assert __file__ in json.loads(printed)["frames"][0]
    assert CANARY not in printed


def test_record_without_an_active_exception_names_none() -> None:
    """``exc_info=True`` outside of a handler gives an empty triple, which is no exception."""
    record = _record()
    record.exc_info = sys.exc_info()

    assert "exception" not in json.loads(PlacesOnly().format(record))
