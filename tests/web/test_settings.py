"""The environment is read once, completely, and refused in one sentence that names the variable."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.web.settings import ROOT, Settings, SettingsError, read_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name in {"PORT", "DATA_DIR"} or name.startswith("MADOGUCHI_"):
            monkeypatch.delenv(name)


DEFAULTS = {
    "port": 8000,
    "data_dir": Path("var"),
    "scenarios": ROOT / "data",
    "host": "127.0.0.1",
    "database_url": "",
    "address_rate": 60,
    "clock": None,
    "allowed_origins": (),
    "trusted_proxies": (),
}


def test_empty_environment_gives_the_embedded_default() -> None:
    """A fresh machine needs no setting; the gateway is on loopback, the store is SQLite."""
    settings = read_settings()

    assert {name: getattr(settings, name) for name in DEFAULTS} == DEFAULTS
    assert f"sqlite:///{Path('var').resolve() / 'madoguchi.db'}" == settings.store_url


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("PORT", "9000", "port", 9000),
        ("DATA_DIR", "/srv/state", "data_dir", Path("/srv/state")),
        ("MADOGUCHI_SCENARIOS", "/srv/data", "scenarios", Path("/srv/data")),
        ("MADOGUCHI_HOST", "0.0.0.0", "host", "0.0.0.0"),
        ("MADOGUCHI_DATABASE_URL", "sqlite:////x.db", "store_url", "sqlite:////x.db"),
        ("MADOGUCHI_ADDRESS_RATE", "0", "address_rate", 0),
        ("MADOGUCHI_WORKER_TIMEOUT", "0.5", "worker_timeout", 0.5),
        ("MADOGUCHI_WORKER_URL", "http://127.0.0.1:1", "worker_url", "http://127.0.0.1:1"),
        ("MADOGUCHI_WORKER_TOKEN", "t", "worker_token", "t"),
        ("MADOGUCHI_ALLOWED_ORIGINS", "https://a, https://b", "allowed_origins", None),
        ("MADOGUCHI_ALLOWED_ORIGINS", " https://a   https://b,", "allowed_origins", None),
        ("MADOGUCHI_TRUSTED_PROXIES", "", "trusted_proxies", ()),
    ],
)
def test_setting_is_read_from_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, field: str, value: Any
) -> None:
    """Each setting has one variable; lists are split at commas and blanks."""
    monkeypatch.setenv(variable, text)
    expected = ("https://a", "https://b") if value is None else value

    assert expected == getattr(read_settings(), field)


@pytest.mark.parametrize(
    "text", ["2027-04-01T00:00:00+09:00", "2027-03-31T15:00:00Z", "2027-03-31T10:00:00-05:00"]
)
def test_clock_is_read_with_any_offset(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """The three spellings of one moment are that moment."""
    monkeypatch.setenv("MADOGUCHI_CLOCK", text)
    clock = read_settings().clock

    assert clock is not None
    assert timedelta(0) == clock - datetime.fromisoformat("2027-04-01T00:00:00+09:00")


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PORT", "abc"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", ""),
        ("MADOGUCHI_ADDRESS_RATE", "-1"),
        ("MADOGUCHI_ADDRESS_RATE", "many"),
        ("MADOGUCHI_ADDRESS_RATE", ""),
        ("MADOGUCHI_WORKER_TIMEOUT", "0"),
        ("MADOGUCHI_WORKER_TIMEOUT", "3"),
        ("MADOGUCHI_CLOCK", "tomorrow"),
        ("MADOGUCHI_CLOCK", "2027-04-01T00:00:00"),
        ("MADOGUCHI_CLOCK", "2027-04-01"),
        ("MADOGUCHI_CLOCK", "2027-02-30T00:00:00+09:00"),
        ("MADOGUCHI_CLOCK", ""),
    ],
)
def test_ill_typed_setting_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    """The sentence names the variable, its value and what is wrong with it."""
    monkeypatch.setenv(variable, text)

    with pytest.raises(SettingsError, match=rf"^{variable}={re.escape(repr(text))}: .+$"):
        read_settings()


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to start the product as often as there are mistakes."""
    monkeypatch.setenv("PORT", "x")
    monkeypatch.setenv("MADOGUCHI_ADDRESS_RATE", "y")

    with pytest.raises(SettingsError) as refused:
        read_settings()
    names = {line.split("=")[0] for line in str(refused.value).splitlines()}
    assert {"PORT", "MADOGUCHI_ADDRESS_RATE"} == names


@pytest.mark.parametrize("variable", ["MADOGUCHI_PROT", "MADOGUCHI_", "MADOGUCHI_CLOCKS"])
def test_unknown_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """A slip of the pen is no silent default; the sentence lists what there is."""
    monkeypatch.setenv(variable, "1")

    with pytest.raises(SettingsError, match=rf"^unknown setting {variable};") as refused:
        read_settings()
    assert {"PORT", "DATA_DIR", "MADOGUCHI_CLOCK"} <= set(re.findall("[A-Z_]+", str(refused.value)))


@pytest.mark.parametrize("variable", ["MADOGUCHI_PORT", "MADOGUCHI_DATA_DIR"])
def test_setting_under_another_name_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """``PORT`` and ``DATA_DIR`` have no prefix; with one they would be left aside in silence."""
    monkeypatch.setenv(variable, "9000")

    with pytest.raises(SettingsError, match=variable):
        read_settings()


def test_given_environment_is_read_instead_of_the_process() -> None:
    """Whoever hands in an environment gets settings from it."""
    assert read_settings({"PORT": "9000"}).port == 9000


def test_settings_do_not_change_after_the_start() -> None:
    """What was logged at the start holds until the end."""
    with pytest.raises(ValueError, match="frozen"):
        read_settings().port = 1  # type: ignore[misc]


def test_every_setting_says_what_it_is_for() -> None:
    """The documentation of a setting stands beside it."""
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_other_programs_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is full of names that are none of the product's business."""
    monkeypatch.setenv("SOMETHING_ELSE", "1")
    monkeypatch.setenv("MADOGUCHI_LIFELINE", "3")

    assert read_settings().port == 8000
