"""``madoguchi serve`` with the fake engine in Rasa's place and no training; all else is the product's."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from bot.cli.staff import first_link
from bot.supervisor import (
    CannotStart,
    Child,
    Supervisor,
    check_port,
    children_of,
    local_url,
    make_data_dir,
)
from bot.web.settings import Settings, read_settings


def main() -> None:
    """Start it and watch over it, as ``bot.cli.serving`` does."""
    settings = read_settings()
    url = local_url(settings)
    try:
        check_port(settings)
        make_data_dir(settings)
        children = [_with_fake_engine(child) for child in children_of(settings, Path("no-model"))]
        supervisor = Supervisor(children, lambda text: print(text, flush=True))
        supervisor.run(lambda: _announce(settings, url), f"{url}/readyz")
    except CannotStart as error:
        sys.exit(f"madoguchi: {error}")


def _announce(settings: Settings, url: str) -> None:
    print(first_link(settings), flush=True)
    print(f"準備ができました： {url}/", flush=True)


def _with_fake_engine(child: Child) -> Child:
    command = list(child.command)
    if "--port" not in command:
        return child
    port = command[command.index("--port") + 1]
    return replace(child, command=[sys.executable, "-m", "tests.stack.fake_engine", "--port", port])


if __name__ == "__main__":
    main()
