"""The figures as a JSON document, and as a page that a clerk can read without any script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.evaluation.scores import FAIRNESS_AXES, NO_CANDIDATE, Figures, Rate, Scores
from bot.scenarios.model import Catalogue

_FEWEST = 3
"""Without sentences, a pair is shown only from here on: one seen once would point at its sentence."""


@dataclass(frozen=True)
class About:
    """What was asked of whom, and when."""

    file: str
    product: str
    revision: str
    at: datetime


def to_document(scores: Scores, about: About) -> dict[str, Any]:
    """Return the figures as one JSON document; it holds no sentence."""
    return {
        "file": about.file,
        "product": about.product,
        "revision": about.revision,
        "at": about.at.isoformat(timespec="seconds"),
        **_figures(scores),
        "confusion": {wanted: dict(came) for wanted, came in scores.confusion.items()},
        "tags": {tag: _figures(figures) for tag, figures in scores.tags.items()},
        "fairness": {axis: asdict(spread) for axis, spread in scores.fairness.items()},
    }


def _figures(figures: Figures) -> dict[str, Any]:
    rates = {name: asdict(rate) for name, rate in figures.rates().items()}
    return {"rows": figures.rows, "failed": figures.failed, **rates}


def to_page(scores: Scores, about: About, catalogue: Catalogue, *, with_sentences: bool) -> str:
    """Return the report as one HTML file that loads nothing."""
    # Imported here: every other command would wait for it.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("bot.evaluation", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    return environment.get_template("report.html.j2").render(
        about=about,
        scores=scores,
        rates=scores.rates(),
        axes=_axes(scores.tags),
        pairs=_pairs(scores, catalogue, with_sentences),
        fewest=_FEWEST,
        with_sentences=with_sentences,
    )


def percent(rate: Rate) -> str:
    """Write a share with its interval, as in ``93.2 %（90.1–95.4、n=748）``."""
    if rate.value is None or rate.low is None or rate.high is None:
        return "―"
    return f"{rate.value:.1%}（{rate.low * 100:.1f}–{rate.high * 100:.1f}、n={rate.n}）"


def _axes(tags: Mapping[str, Figures]) -> dict[str, dict[str, Figures]]:
    """Group the tags by what stands before the colon, those of fairness first."""
    axes: dict[str, dict[str, Figures]] = {axis: {} for axis in FAIRNESS_AXES}
    for tag, figures in tags.items():
        axis, _, value = tag.rpartition(":")
        axes.setdefault(axis, {})[value] = figures
    return {axis: groups for axis, groups in axes.items() if groups}


def _pairs(scores: Scores, catalogue: Catalogue, with_sentences: bool) -> list[dict[str, Any]]:
    def name(service: str) -> str:
        scenario = catalogue.scenarios.get(service)
        return scenario.name["ja"] if scenario else service

    return [
        {
            "wanted": name(wanted),
            "came": "（候補なし）" if came == NO_CANDIDATE else name(came),
            "count": len(group),
            "sentences": [one.row.text for one in group] if with_sentences else [],
        }
        for (wanted, came), group in scores.confused.items()
        if with_sentences or len(group) >= _FEWEST
    ]
