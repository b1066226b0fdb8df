"""A counter for the length of an evaluation: the real gateway in this process, the real worker beside it.

Everything it writes lies in a folder that is gone afterwards, so that no question of an evaluation ever
stands in the ward's audit log.
"""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn

from bot.dialogue.reply import Composer
from bot.lifeline import VARIABLE as LIFELINE
from bot.scenarios.model import Catalogue
from bot.scenarios.today import jst_today
from bot.supervisor import Child, children_of
from bot.training import ROOT
from bot.web.app import create_app
from bot.web.settings import Settings

_START_SECONDS = 180.0
_PROBE_SECONDS = 0.2
_LONGEST_TIMEOUT = 2.5


class ProductFailed(Exception):
    """The counter did not become ready; the text says which part and what it wrote last."""


def reduced_notice(catalogue: Catalogue) -> str:
    """Return the text with which a reply begins that only the search has made."""
    return str(Composer(catalogue, "ja", jst_today()).notice("reduced_service")["text"])


@contextmanager
def temporary_product(
    data: Path, model: Path, *, workers: Callable[[Settings, Path], list[Child]] = children_of
) -> Iterator[str]:
    """Start gateway and worker over ``data``, yield the gateway's address, and end both.

    Raises:
        ProductFailed: the worker ended, or one of the two did not answer in time.

    """
    with tempfile.TemporaryDirectory(prefix="madoguchi-eval-") as folder:
        settings = Settings.model_validate(
            {"data_dir": Path(folder), "scenarios": data.resolve(), "address_rate": 0}
        )
        worker = workers(settings, model)[0]
        with _running(worker) as process:
            _wait_for(worker, process)
            address = worker.probe_url.partition("/webhooks/")[0]
            called = {
                "worker_url": address,
                "worker_token": worker.environment["MADOGUCHI_WORKER_TOKEN"],
                "worker_timeout": _LONGEST_TIMEOUT,
            }
            with _serving(settings.model_copy(update=called)) as url:
                yield url


@contextmanager
def _running(child: Child) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process on a lifeline, so that it ends even if this one is killed."""
    child.log_file.parent.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    try:
        with child.log_file.open("ab") as log:
            process = subprocess.Popen(
                child.command,
                cwd=ROOT,
                env={**os.environ, **child.environment, LIFELINE: str(reading)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[reading],
            )
        try:
            yield process
        finally:
            process.kill()  # it holds nothing that could be lost
            process.wait()
    finally:
        os.close(reading)
        os.close(writing)


def _wait_for(child: Child, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ProductFailed(
                f"{child.name}が終了しました（コード {process.returncode}）：\n{_tail(child)}"
            )
        if _is_ready(child.probe_url):
            return
        time.sleep(_PROBE_SECONDS)
    raise ProductFailed(f"{child.name}が {_START_SECONDS:.0f} 秒たっても応答しません")


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1.0, trust_env=False).json().get("ready") is True
    except (httpx.HTTPError, ValueError):
        return False


def _tail(child: Child) -> str:
    return "\n".join(child.log_file.read_text("utf-8", "replace").splitlines()[-5:])


@contextmanager
def _serving(settings: Settings) -> Iterator[str]:
    """Serve the gateway from a thread, on a loopback port that the system chooses."""
    config = uvicorn.Config(create_app(settings), log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = "http://127.0.0.1:{1}".format(*listener.getsockname())
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.02)
            if not thread.is_alive():
                raise ProductFailed("ゲートウェイを起動できません")
            yield url
        finally:
            server.should_exit = True
            thread.join()
