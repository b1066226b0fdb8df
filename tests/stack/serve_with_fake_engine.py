"""``madoguchi serve`` with the fake engine in Rasa's place and no training; all else is the product's."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from bot.supervisor import Child, Supervisor, check_port, children_of, local_url
from bot.web.settings import read_settings


def main() -> None:
    """Start it and watch over it, as ``bot.cli.serve`` does."""
    settings = read_settings()
    check_port(settings)
    children = [_with_fake_engine(child) for child in children_of(settings, Path("no-model"))]
    url = local_url(settings)
    supervisor = Supervisor(children, lambda text: print(text, flush=True))
    supervisor.run(lambda: print(f"準備ができました： {url}/", flush=True), f"{url}/readyz")


def _with_fake_engine(child: Child) -> Child:
    command = list(child.command)
    if "--port" not in command:
        return child
    port = command[command.index("--port") + 1]
    return replace(child, command=[sys.executable, "-m", "tests.stack.fake_engine", "--port", port])


if __name__ == "__main__":
    main()
