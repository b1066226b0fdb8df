"""From the windows of a run to ratios: pair by pair, then the median with the lowest and the highest."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.parsing import Parsing
from bench.servers import STOCK_PYTHON, processors
from bench.training import Training

SIDES = {
    "A": "Madoguchi: durable log, SQLite WAL, synchronous=FULL",
    "B": "stock Rasa, REST channel, tracker in memory",
    "C": "stock Rasa, REST channel, tracker in SQLite",
}
# What is compared; ↑ more is better, ↓ less is better.
_METRICS = {
    "turns_per_second": "毎秒の応答数 ↑",
    "p50_ms": "応答時間 p50 ↓",
    "p95_ms": "応答時間 p95 ↓",
    "p99_ms": "応答時間 p99 ↓",
    "cpu_ms_per_turn": "CPU／応答 ↓",
    "rss_mb": "メモリ（RSS）↓",
    "pss_mb": "メモリ（PSS）↓",
}
_PARSING = {"cpu_ms": "理解の CPU／文 ↓", "rss_mb": "理解のプロセスのメモリ ↓"}
_TRAINING = {
    "wall_seconds": "学習の時間 ↓",
    "cpu_seconds": "学習の CPU ↓",
    "peak_rss_mb": "学習の最大メモリ ↓",
    "model_mb": "モデルの大きさ ↓",
}

Window = Mapping[str, Any]
Ratio = Mapping[str, float]


def ratios_of(windows: Sequence[Window], other: str) -> dict[str, dict[str, Ratio]]:
    """Return A's figures over the other side's, by number of clients and metric, pair by pair."""
    found: dict[str, dict[str, Ratio]] = {}
    for clients in _levels(windows):
        ours = _by_round(windows, "A", clients)
        theirs = _by_round(windows, other, clients)
        found[str(clients)] = {
            metric: _spread(ours[r][metric] / theirs[r][metric] for r in sorted(ours))
            for metric in _METRICS
        }
    return found


def medians_of(windows: Sequence[Window]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the medians over the rounds, by side, number of clients and metric."""
    return {
        side: {
            str(clients): {
                metric: median(w[metric] for w in _by_round(windows, side, clients).values())
                for metric in _METRICS
            }
            for clients in _levels(windows)
        }
        for side in SIDES
    }


def training_ratios(ours: Training, theirs: Training) -> dict[str, float]:
    """Return A's training cost over the stock side's; each side was trained once."""
    return {name: getattr(ours, name) / getattr(theirs, name) for name in _TRAINING}


def parsing_ratios(ours: Parsing, theirs: Parsing) -> dict[str, Mapping[str, float]]:
    """Return what understanding costs on both sides, and A's cost over the stock side's."""
    ratios = {name: getattr(ours, name) / getattr(theirs, name) for name in _PARSING}
    return {"A/B": ratios, "A": asdict(ours), "B": asdict(theirs)}


def accuracy_of(found: Sequence[str], golden: Sequence[Mapping[str, str]]) -> dict[str, float]:
    """Compare keys (``service.topic``) with the golden rows: share of right services, and of both."""
    pairs = [
        (key, row["service"], f"{row['service']}.{row['topic']}") for key, row in zip(found, golden)
    ]
    return {
        "service": sum(key.split(".")[0] == service for key, service, _ in pairs) / len(pairs),
        "service_and_topic": sum(key == both for key, _, both in pairs) / len(pairs),
    }


def problems_of(windows: Iterable[Window]) -> dict[str, int]:
    """Return how often what went wrong; empty if every turn was really answered."""
    total: dict[str, int] = {}
    for window in windows:
        for problem, times in window["problems"].items():
            name = f"{window['side']}: {problem}"
            total[name] = total.get(name, 0) + times
    return total


def machine() -> dict[str, Any]:
    """Describe the machine by its class, not by its name."""
    memory_kib = int(_line("/proc/meminfo", "MemTotal").split()[0])
    return {
        "cpu": _line("/proc/cpuinfo", "model name"),
        "cores": processors(),
        "memory_gib": round(memory_kib / 2**20, 1),
        "kernel": platform.release(),
        "filesystem": _filesystem(),
        "python": platform.python_version(),
        "stock_python": _stock("platform.python_version()"),
        "stock_rasa": _stock("importlib.metadata.version('rasa')"),
    }


def save(result: Mapping[str, Any], file: Path) -> None:
    """Write the result, whole or not at all."""
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", "utf-8")
    unfinished.replace(file)


def show(result: Mapping[str, Any], console: Console) -> None:
    """Print the ratios; the absolute figures stay in the file with the machine's description."""
    console.print(_load_table(result))
    console.print(_once_table(result))
    others = [window["other_share"] for window in result["windows"]]
    console.print(f"測定中のほかの負荷： 中央値 {median(others):.0%}、最大 {max(others):.0%}")
    if result["problems"]:
        console.print(
            f"答えられなかった、または検索だけで答えた応答： {result['problems']}", style="red"
        )
    if not result["quotable"]:
        console.print(
            "試し運転か、失敗の多い結果です。数字を引用しないでください。", style="yellow"
        )


def _load_table(result: Mapping[str, Any]) -> Table:
    table = Table(title="Madoguchi（A）÷ 素の Rasa（B＝メモリ、C＝SQLite）　中央値（最小–最大）")
    for name in ("", "同時", "A/B", "A/C"):
        table.add_column(name, justify="left" if not name else "right", no_wrap=True)
    for metric, title in _METRICS.items():
        for clients in result["ratios"]["A/B"]:
            pair = [_shown(result["ratios"][p][clients][metric]) for p in ("A/B", "A/C")]
            table.add_row(title, clients, *pair)
            title = ""
    return table


def _once_table(result: Mapping[str, Any]) -> Table:
    table = Table(title="学習（1回ずつ）、1文の理解、正答率（参考）")
    for name in ("", "A", "B", "A/B"):
        table.add_column(name, justify="left" if not name else "right")
    for name, title in _TRAINING.items():
        table.add_row(title, "", "", f"{result['training']['A/B'][name]:.3f}")
    for name, title in _PARSING.items():
        a, b = (f"{result['parsing'][side][name]:.1f}" for side in "AB")
        table.add_row(title, a, b, f"{result['parsing']['A/B'][name]:.3f}")
    for name, title in (("service", "手続き"), ("service_and_topic", "手続きと項目")):
        ours, theirs = (result["accuracy"][side][name] for side in ("A", "B"))
        table.add_row(f"正答率（{title}）", f"{ours:.0%}", f"{theirs:.0%}", "")
    return table


def _shown(ratio: Ratio) -> str:
    return f"{ratio['median']:.2f}（{ratio['min']:.2f}–{ratio['max']:.2f}）"


def _spread(ratios: Iterable[float]) -> Ratio:
    values = sorted(ratios)
    return {"median": median(values), "min": values[0], "max": values[-1], "pairs": len(values)}


def _levels(windows: Sequence[Window]) -> list[int]:
    return sorted({window["clients"] for window in windows})


def _by_round(windows: Sequence[Window], side: str, clients: int) -> dict[int, Window]:
    return {w["round"]: w for w in windows if w["side"] == side and w["clients"] == clients}


def _line(file: str, name: str) -> str:
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "0 unknown"


def _filesystem() -> str:
    here = Path(__file__).parent
    return _output(["stat", "-f", "-c", "%T", str(here)]) if shutil.which("stat") else "unknown"


def _stock(expression: str) -> str:
    code = f"import importlib.metadata, platform; print({expression})"
    return _output([str(STOCK_PYTHON), "-c", code])


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
