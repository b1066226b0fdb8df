"""What understanding one message costs: Rasa's own ``Agent.parse_message`` with either side's model.

No server, no dialogue, no log: only the pipeline, in a process of its own that holds nothing else.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.servers import STOCK_PYTHON, environment
from bot.training import ENGINE_PYTHON, ROOT

_PARSE = """
import asyncio, json, sys, time
from rasa.core.agent import Agent
async def main():
    agent = Agent.load(sys.argv[1])
    messages = json.load(sys.stdin)
    for message in messages:
        await agent.parse_message(message)
    started = time.process_time()
    for message in messages:
        await agent.parse_message(message)
    spent = time.process_time() - started
    pages = int(open("/proc/self/statm").read().split()[1])
    print("\\n" + json.dumps([spent / len(messages) * 1000, pages * 4096 / 2**20]))
asyncio.run(main())
"""


class ParsingFailed(Exception):
    """A model could not be loaded or asked; the text holds the last lines of what it said."""


@dataclass(frozen=True)
class Parsing:
    """Processor time per message and resident memory of the process that holds the model."""

    cpu_ms: float
    rss_mb: float


def measure(
    ours: Path, theirs: Path, messages: Sequence[str], rounds: int
) -> tuple[Parsing, Parsing]:
    """Ask both models all messages by turns, twice a round, the first time unmeasured; medians."""
    sides = (ENGINE_PYTHON, ours), (STOCK_PYTHON, theirs)
    seen = [[_parsed(python, model, messages) for python, model in sides] for _ in range(rounds)]
    first, second = (
        Parsing(median(p.cpu_ms for p in side), median(p.rss_mb for p in side))
        for side in zip(*seen, strict=True)
    )
    return first, second


def _parsed(python: Path, model: Path, messages: Sequence[str]) -> Parsing:
    done = subprocess.run(
        [str(python), "-W", "ignore", "-c", _PARSE, str(model)],
        cwd=ROOT,
        env=environment(),
        input=json.dumps(list(messages)),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ParsingFailed("\n".join(done.stderr.splitlines()[-5:]))
    cpu, rss = json.loads(done.stdout.splitlines()[-1])
    return Parsing(round(cpu, 2), round(rss, 1))
