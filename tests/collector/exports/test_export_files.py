"""`posture-collector export` in its three formats."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from posture_tools.collector.__main__ import main
from posture_tools.collector.archive import files
from pyarrow import parquet
from simulators.pages_world import fill


@pytest.fixture
def store(tmp_path: Path) -> Path:
    fill(tmp_path / "collector.db", tmp_path)
    return tmp_path / "collector.db"


def test_parquet_says_what_the_csv_says(store: Path, tmp_path: Path) -> None:
    table, typed = tmp_path / "m.csv", tmp_path / "m.parquet"
    assert (
        main(["export", "--csv", str(table), "--parquet", str(typed), "--store", str(store)]) == 0
    )
    with table.open(newline="") as file:
        lines = list(csv.DictReader(file))
    rows = parquet.read_table(typed).to_pylist()
    assert len(rows) == len(lines) > 200
    for row, line in zip(rows, lines, strict=True):
        assert row.keys() == line.keys()
        for name, value in row.items():
            if isinstance(value, float):
                assert value == float(line[name])
            else:
                assert ("" if value is None else str(value)) == line[name].removeprefix("'")
    assert {row["value"] is None for row in rows} == {True, False}


def test_a_bundle_of_some(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bundle.json"
    chosen = ["--site", "north", "--session", "spring", "--limit", "2", "--store", str(store)]
    assert main(["export", "--fhir", str(path), *chosen]) == 0
    entries = json.loads(path.read_text("utf-8"))["entry"]
    assert f"{len(entries)} resources in" in capsys.readouterr().out
    numbers = {
        each["resource"]["identifier"][0]["value"].split(":")[2]
        for each in entries
        if each["resource"]["resourceType"] == "Observation"
    }
    assert len(numbers) == 2
    assert main(["export", "--fhir", str(path), *chosen]) == 0, "its own file may be replaced"


def test_a_file_of_somebody_else_stays(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "precious.json"
    path.write_text("{}")
    assert main(["export", "--fhir", str(path), "--store", str(store)]) == 2
    assert path.read_text() == "{}"


def test_no_file_named_is_said(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--store", str(store)]) == 2
    assert "--fhir" in capsys.readouterr().err


def test_without_pyarrow_csv_and_fhir_still_work(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files.importlib.util, "find_spec", lambda _: None)
    at = ["--store", str(store)]
    assert main(["export", "--parquet", str(tmp_path / "m.parquet"), *at]) == 3
    assert main(["export", "--csv", str(tmp_path / "m.csv"), *at]) == 0
    assert main(["export", "--fhir", str(tmp_path / "m.json"), *at]) == 0
