"""Every published network through one command, and its order against the cards."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from posture_tools.evaluate.__main__ import main
from posture_tools.evaluate.all_models import Line, inversions
from posture_tools.models.cards import read_card
from posture_tools.models.describe import describe

MODELS = (
    "blazepose_lite", "efficientpose_rt", "fastestdet", "hourglass_mv2_ai14", "intel_hpe0001_paf",
    "movenet_lightning", "picodet_s_192_pedestrian", "pp_tinypose_256x192",
    "tfpose_mnv2_small_paf",
)  # fmt: skip


@pytest.mark.shared
def test_every_published_network_finds_people_in_the_studio(
    shared: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    files = []
    for name in MODELS:
        source = shared / "models" / name
        file = tmp_path / f"{name}.onnx"
        file.write_bytes(
            describe((source / f"{name}.onnx").read_bytes(), read_card(source / "card.json"))
        )
        files.append(str(file))
    photos = ["--photos", str(shared / "photos"), "--sets", "fashion_freepik", "--limit", "1"]
    assert main(["models", *files, *photos, "--json"]) == 0
    lines = {line["model"]: line for line in json.loads(capfdbinary.readouterr().out)}
    assert set(lines) == set(MODELS)
    for name, line in lines.items():
        assert line["people"] == 1
        if line["recall"] is None:
            assert line["body_oks"] > 0.5, name
        else:
            assert line["recall"] == 1, name
        assert line["on_card"] is not None
        assert line["size_bytes"] == (tmp_path / f"{name}.onnx").stat().st_size


def test_an_order_that_is_not_the_cards_is_said() -> None:
    nan = float("nan")
    a = Line("a", "labelled box", 9, 0.8, nan, nan, {}, 0.7, 1, 1)
    b = replace(a, model="b", body_oks=0.6, on_card=0.9)
    without_card = replace(b, model="c", on_card=nan)
    asked_otherwise = replace(b, model="d", asked="whole picture")
    assert inversions([a, without_card, asked_otherwise]) == []
    assert inversions([a, b]) == ["a 0.800 and b 0.600 here, 0.700 and 0.900 on their cards"]
