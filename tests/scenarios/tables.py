"""Small tables of facilities to read and to break: one valid set, and edits to it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from bot.scenarios.facilities.model import Facilities
from bot.scenarios.facilities.reading import COLUMNS, facility_texts, read_facilities
from bot.scenarios.problems import Problem

SHIPPED = Path(__file__).resolve().parents[2] / "data"
CHILDCARE, PUBLIC, VACANCIES = "kosodate_shisetsu", "kokyo_shisetsu", "kosodate_aki"

Rows = list[dict[str, str]]


def _nursery(number: str, **cells: str) -> dict[str, str]:
    return {
        "ID": number,
        "名称": f"みずべ保育園{number}",
        "種別": "認可保育所",
        "所在地_連結表記": "東京都みなも区水鏡町1番1号",
        "所在地_町字": "水鏡町",
        "緯度": "35.60",
        "経度": "139.87",
        "アクセス方法": "みなも線水鏡駅から徒歩5分",
        "電話番号": "03-0000-1001",
        "利用可能曜日": "月～土",
        "開始時間": "7:15",
        "終了時間": "18:15",
        "利用可能日時特記事項": "延長保育は19時15分まで",
        "収容定員": "60",
        "受入年齢": "生後57日～5歳",
        "一時預かりの有無": "有",
        "病児保育の有無": "無",
        **cells,
    }


def _figures(number: str, **cells: str) -> dict[str, str]:
    ages = range(6)
    full = {f"定員_{age}歳": "10" for age in ages} | {f"空き_{age}歳": str(age % 2) for age in ages}
    return {"ID": number, "基準日": "2026-11-01", "入園月": "2026-12", **full, **cells}


@dataclass
class Tables:
    """A folder of tables of its own for one test; it starts valid."""

    data: Path
    rows: dict[str, Rows] = field(
        default_factory=lambda: {
            CHILDCARE: [_nursery("A1"), _nursery("A2", 所在地_町字="中央一丁目")],
            PUBLIC: [_nursery("P1", 種別="図書館", 名称="みずべ図書館")],
            VACANCIES: [_figures("A1"), _figures("A2")],
        }
    )

    def __post_init__(self) -> None:
        """Put the shipped words beside the tables."""
        self.folder.mkdir(parents=True)
        self.write_text("facilities.yml", (SHIPPED / "facilities/facilities.yml").read_text())

    @property
    def folder(self) -> Path:
        """Return the folder of the tables."""
        return self.data / "facilities"

    def write_text(self, name: str, text: str) -> None:
        """Write one file as it stands."""
        (self.folder / name).write_bytes(text.encode())

    def text(self, table: str) -> str:
        """Return a table as CSV."""
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS[table], lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(self.rows[table])
        return out.getvalue()

    def write(self) -> None:
        """Write all tables."""
        for table in self.rows:
            self.write_text(f"{table}.csv", self.text(table))

    def read(self) -> tuple[Facilities, list[Problem]]:
        """Read what is in the folder."""
        texts, problems = facility_texts(self.data)
        facilities, found = read_facilities(texts)
        return facilities, [*problems, *found]

    def problem(self) -> Problem:
        """Read what is in the folder; it must have exactly one finding."""
        (only,) = self.read()[1]
        return only
