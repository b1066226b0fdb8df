"""Every setting of the product, in one place: name, default, meaning. Nothing else reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from bot.lifeline import VARIABLE as LIFELINE
from bot.staff.addresses import is_safe
from bot.store.clock import Clock

PREFIX = "MADOGUCHI_"
_BARE = {"port", "data_dir"}
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")
ROOT = Path(__file__).resolve().parents[2]


class SettingsError(Exception):
    """The environment asks for something that the product does not have or cannot read."""


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("needs an offset, as in 2027-04-01T00:00:00+09:00")
    return moment


def _origin(url: str) -> str:
    if url and not _ORIGIN.fullmatch(url):
        raise ValueError("needs the form https://chat.city.example.jp, without a path or a last /")
    return url


def _issuer(url: str) -> str:
    if url and not is_safe(url):
        raise ValueError("needs https://, or http:// on this machine")
    return url


def _split(text: Any) -> Any:
    return tuple(filter(None, text.replace(",", " ").split())) if isinstance(text, str) else text


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]


class Settings(BaseModel):
    """Read from the environment at start; unknown or ill-typed ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    port: int = Field(8000, ge=1, le=65535, description="public port")
    data_dir: Path = Field(Path("var"), description="where the log and the keys are kept")
    scenarios: Path = Field(
        ROOT / "data", description="what the ward edits: scenarios, phrases, ward"
    )
    host: str = Field("127.0.0.1", description="address to listen on")
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in DATA_DIR")
    address_rate: int = Field(60, ge=0, description="messages a minute per address; 0: no limit")
    clock: Annotated[datetime, AfterValidator(_aware)] | None = Field(
        None, description="RFC 3339 time at which the product's clock starts (rehearsals, tests)"
    )
    clock_since: float | None = Field(
        None, description="when that was, on the machine's own clock; set by `madoguchi serve`"
    )
    allowed_origins: Words = Field(
        (), description="ward pages that may embed the widget, e.g. https://www.city.example.jp"
    )
    trusted_proxies: Words = Field((), description="addresses whose X-Forwarded-For is believed")
    public_url: Annotated[str, AfterValidator(_origin)] = Field(
        "",
        description="origin under which browsers reach the gateway, e.g. https://chat.example.jp",
    )
    staff_idle_minutes: int = Field(
        15, ge=1, le=720, description="minutes without activity after which staff are signed out"
    )
    staff_session_hours: int = Field(
        12, ge=1, le=24, description="hours after which staff sign in again, whatever they did"
    )
    oidc_issuer: Annotated[str, AfterValidator(_issuer)] = Field(
        "", description="OpenID provider of the ward; empty: staff sign in by password only"
    )
    oidc_client_id: str = Field("", description="as whom the gateway comes to the provider")
    oidc_client_secret: str = Field("", repr=False, description="its secret; empty: PKCE alone")
    oidc_second_factor: Literal["here", "provider"] = Field(
        "here", description="who asks for the second factor after the provider"
    )
    oidc_role_claim: str = Field(
        "", description="claim that gives roles, and accounts to whoever has one; empty: none"
    )
    oidc_section_claim: str = Field("", description="claim that gives sections to such accounts")
    alarm_minutes: int = Field(
        10,
        ge=1,
        description="minutes of opening hours after which an unclaimed handoff is an alarm",
    )
    worker_timeout: float = Field(
        2.0, gt=0, le=2.5, description="seconds that understanding a message may take"
    )
    worker_url: str = Field("", description="dialogue worker; set by `madoguchi serve`")
    worker_token: str = Field("", description="shared with the worker; set by `madoguchi serve`")

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Settings:
        if self.oidc_issuer and not self.oidc_client_id:
            names = [variable_of(name) for name in ("oidc_issuer", "oidc_client_id")]
            raise ValueError("{} needs {}, by which the provider knows us".format(*names))
        return self

    @property
    def store_url(self) -> str:
        """Return the database to use."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'madoguchi.db'}"

    def new_clock(self) -> Clock:
        """Return the clock that is asked for; the same for all processes of one start."""
        return Clock(self.clock, self.clock_since)

    @property
    def site_url(self) -> str:
        """Return where browsers reach the gateway; without a public one, this machine's own address."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return self.public_url or f"http://{host}:{self.port}"


def variable_of(field: str) -> str:
    """Return the environment variable of a setting; the two of every such service have no prefix."""
    return field.upper() if field in _BARE else PREFIX + field.upper()


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the environment.

    Raises:
        SettingsError: one sentence per wrong or unknown variable.

    """
    fields = {variable_of(field): field for field in Settings.model_fields}
    unknown = sorted(
        n for n in environment if n.startswith(PREFIX) and n not in {*fields, LIFELINE}
    )
    if unknown:
        raise SettingsError(f"unknown setting {', '.join(unknown)}; known are {', '.join(fields)}")
    given = {fields[name]: value for name, value in environment.items() if name in fields}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError("\n".join(map(_sentence, error.errors()))) from error


def _sentence(error: Any) -> str:
    if not error["loc"]:
        return str(error["msg"])
    return f"{variable_of(str(error['loc'][0]))}={error['input']!r}: {error['msg']}"
