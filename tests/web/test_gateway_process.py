"""The gateway as a process of its own: it serves, logs without a resident's word, and ends when told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.lifeline import VARIABLE as LIFELINE
from bot.supervisor import free_port
from tests.support.fake_worker import TOKEN, FakeWorker
from tests.support.faults import refusing
from tests.support.ward import API

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CANARY = "カナリア山田太郎"
_PATIENCE = 300.0  # a busy machine is no defect


class Gateway:
    """A started gateway and what it has printed."""

    def __init__(self, folder: Path, worker: FakeWorker) -> None:
        self.port, self.data_dir, self._output = free_port(), folder / "var", folder / "printed"
        reading, writing = os.pipe()
        self._lifeline: int | None = writing
        own = {
            "PORT": str(self.port),
            "DATA_DIR": str(self.data_dir),
            "MADOGUCHI_WORKER_URL": worker.url,
            "MADOGUCHI_WORKER_TOKEN": TOKEN,
            LIFELINE: str(reading),
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MADOGUCHI_")}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.web.gateway"],
                cwd=ROOT,
                env={**kept, **own},
                stdout=output,
                stderr=output,
                pass_fds=[reading],
            )
        os.close(reading)
        url = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=url, timeout=_PATIENCE, trust_env=False)

    @property
    def printed(self) -> str:
        """Return all that it has printed."""
        return self._output.read_text("utf-8")

    def wait_until_ready(self) -> None:
        """Wait until a turn can be taken; fail at once if the process ends instead."""
        end = time.monotonic() + _PATIENCE
        while not self._is_ready():
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < end, self.printed
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            return self.http.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def let_go(self) -> None:
        """Close the supervisor's end of the lifeline, as the kernel does at its death."""
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    def close(self) -> None:
        """End it, however the test went."""
        self.http.close()
        self.let_go()
        self.process.kill()
        self.process.wait(_PATIENCE)


@pytest.fixture
def gateway(tmp_path: Path, worker: FakeWorker) -> Iterator[Gateway]:
    """A gateway that is ready."""
    running = Gateway(tmp_path, worker)
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.close()


def test_gateway_prints_json_without_a_word_of_a_resident(gateway: Gateway) -> None:
    """Whatever is said and whatever goes wrong, the log names places and kinds, never texts."""
    opened = gateway.http.post(
        f"{API}/conversations", json={"page_url": f"https://ward.example/?q={CANARY}"}
    ).json()
    path = f"{API}/conversations/{opened['conversation_id']}"
    gateway.http.headers["Authorization"] = f"Bearer {opened['token']}"

    def post(end: str, **body: Any) -> int:
        return gateway.http.post(path + end, json=body).status_code

    with refusing(gateway.data_dir / "madoguchi.db", "sealed_fields"):
        statuses = [post("/turns", client_message_id=str(uuid.uuid4()), text=CANARY)]
    statuses += [
        post("/turns", client_message_id=str(uuid.uuid4()), text=CANARY),
        post("/turns", client_message_id=CANARY, text=CANARY),
        post("/turns", client_message_id=str(uuid.uuid4()), choice=CANARY),
        post("/feedback", turn_id=CANARY, helpful=True, comment=CANARY),
        gateway.http.get(f"/{CANARY}").status_code,
    ]
    lines = [json.loads(line) for line in gateway.printed.splitlines()]

    assert statuses == [503, 200, 422, 422, 404, 404]
    assert "store_unavailable" in {line["event"] for line in lines}
    assert CANARY not in gateway.printed
    assert opened["token"] not in gateway.printed


def test_gateway_ends_when_told(gateway: Gateway) -> None:
    """SIGTERM ends it in order, with what was said in the log."""
    gateway.http.post(f"{API}/conversations", json={})
    gateway.process.send_signal(signal.SIGTERM)

    assert gateway.process.wait(_PATIENCE) in {0, -signal.SIGTERM}
    assert "Traceback" not in gateway.printed


def test_gateway_ends_with_its_supervisor(tmp_path: Path, worker: FakeWorker) -> None:
    """When the supervisor is gone, by whatever way, the gateway goes too, even while starting."""
    running = Gateway(tmp_path, worker)
    try:
        running.let_go()

        assert running.process.wait(_PATIENCE) == 0
    finally:
        running.close()


def test_gateway_does_not_start_on_wrong_settings() -> None:
    """A process with a setting that it cannot read ends at once and names the variable."""
    ended = subprocess.run(
        [sys.executable, "-m", "bot.web.gateway"],
        cwd=ROOT,
        env={**os.environ, "MADOGUCHI_CLOCK": "tomorrow"},
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )

    assert ended.returncode != 0
    assert "MADOGUCHI_CLOCK='tomorrow'" in ended.stderr
