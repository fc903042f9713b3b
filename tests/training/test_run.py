"""Runs: stopped and continued, handed on, decayed, told to end; and what they learn."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from training.synthetic import PLAIN, sampler

torch = pytest.importorskip("torch")

from posture_tools.training import recipe as recipes  # noqa: E402
from posture_tools.training import run as running  # noqa: E402
from posture_tools.training.checkpoint import load_weights  # noqa: E402
from posture_tools.training.network import PoseNetwork, load_matching  # noqa: E402
from posture_tools.training.recipe import RECIPES  # noqa: E402
from posture_tools.training.run import Run  # noqa: E402

pytestmark = [
    pytest.mark.usefixtures("one_torch_thread"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

RECIPE = replace(RECIPES["joint"], mix=PLAIN, batch=6, warmup=4, mirrored=1)


@pytest.fixture(autouse=True)
def narrow(monkeypatch) -> None:
    """A network of a quarter of the width learns the same way."""
    monkeypatch.setattr(
        recipes, "PoseNetwork", lambda maps, **with_: PoseNetwork(maps, **with_, width=0.25)
    )


def make(folder: Path, name: str, **settings) -> Run:
    return Run(RECIPE, sampler(folder), folder / name, workers=0, **settings)


def test_an_interrupted_run_ends_as_an_uninterrupted_one(tmp_path: Path):
    make(tmp_path, "whole").run(images=36)
    assert make(tmp_path, "halves").run(images=18).images == 18
    assert make(tmp_path, "halves").run(images=36).images == 36
    ends = [
        torch.load(tmp_path / name / "joint" / "checkpoint.pt", weights_only=True)
        for name in ("whole", "halves")
    ]
    for part in ("network", "average"):
        for key, value in ends[0][part].items():
            assert torch.equal(value, ends[1][part][key]), key


def test_batches_drawn_ahead_in_another_process_are_the_same(tmp_path: Path):
    make(tmp_path, "here").run(images=18)
    Run(RECIPE, sampler(tmp_path), tmp_path / "ahead", workers=1).run(images=18)
    here, ahead = (load_weights(tmp_path / n / "joint/weights.pt")[0] for n in ("here", "ahead"))
    assert all(torch.equal(here[name], ahead[name]) for name in here)


def test_losses_fall(tmp_path: Path):
    run = make(tmp_path, "learns")
    batch = {
        name: torch.from_numpy(np.asarray(array))
        for name, array in sampler(tmp_path).batch(6, np.random.default_rng(0)).items()
    }
    first = {name: float(value) for name, value in run._step(batch).items()}
    for _ in range(40):
        last = {name: float(value) for name, value in run._step(batch).items()}
    assert last["total"] < 0.7 * first["total"]
    for name in ("photo", "body", "yaw"):
        assert last[name] < first[name], name


def test_weights_handed_on_go_on_where_they_were(tmp_path: Path):
    make(tmp_path, "here").run(images=12)
    weights = tmp_path / "here" / "joint" / "weights.pt"
    there = make(tmp_path, "there", start=weights)
    assert there.progress.images == 12
    kept, _ = load_weights(weights)
    assert all(torch.equal(there.network.state_dict()[name], kept[name]) for name in kept)
    assert there.run(images=18).images == 18
    with pytest.raises(ValueError, match="another network"):
        load_matching(there.network, {"stem.weight": kept["stem.0.0.weight"]})


def test_a_run_that_is_handed_on_draws_crops_that_nobody_has_seen(tmp_path: Path):
    drawn: list[bytes] = []

    class Recorded:
        def __init__(self) -> None:
            self._source = sampler(tmp_path)
            self.census = self._source.census

        def batch(self, size: int, rng: np.random.Generator):
            batch = self._source.batch(size, rng)
            drawn.append(np.asarray(batch["image"]).tobytes())
            return batch

    Run(RECIPE, Recorded(), tmp_path / "here", workers=0).run(images=12)
    weights = tmp_path / "here" / "joint" / "weights.pt"
    Run(RECIPE, Recorded(), tmp_path / "there", workers=0, start=weights).run(images=24)
    assert len(drawn) == len(set(drawn)) == 4


def test_a_run_ends_when_its_rate_has_fallen_and_keeps_what_was_before(tmp_path: Path):
    make(tmp_path, "runs").run(images=12)
    assert make(tmp_path, "runs", decay=24).run(images=24).images == 24, "stopped on the way"
    run = make(tmp_path, "runs")
    assert run.run().images == 36
    assert run.finished
    rates = []
    for images in (12, 24, 35):
        run.progress.images = images
        run._set_learning_rate()
        rates.append(run._optimisers[0].param_groups[0]["lr"])
    assert rates[0] > rates[1] > rates[2] > 0
    stable = torch.load(tmp_path / "runs" / "joint" / "stable.pt", weights_only=True)
    assert stable["progress"]["images"] == 12


def test_a_run_that_is_told_to_end_leaves_a_checkpoint(tmp_path: Path, monkeypatch):
    run = make(tmp_path, "runs")
    step = run._step

    def step_and_stop(batch):
        os.kill(os.getpid(), signal.SIGTERM)
        return step(batch)

    monkeypatch.setattr(run, "_step", step_and_stop)
    before = signal.getsignal(signal.SIGTERM)
    assert run.run(images=600).images == 6
    assert signal.getsignal(signal.SIGTERM) is before
    assert make(tmp_path, "runs").progress.images == 6


def test_the_log_has_losses_pace_and_scores(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(running, "LOG_EVERY", 6)
    monkeypatch.setattr(running, "VALIDATE_EVERY", 12)
    make(tmp_path, "runs", validate=lambda network: {"score": 0.5}).run(images=12)
    rows = [
        json.loads(line) for line in (tmp_path / "runs/joint/log.jsonl").read_text().splitlines()
    ]
    assert [row["images"] for row in rows] == [6, 12]
    assert all(row["images_per_s"] > 0 and row["total"] > 0 for row in rows)
    assert ["score" in row for row in rows] == [False, True]


REPLICA = """
import sys
from dataclasses import replace
from pathlib import Path
import torch
sys.path.insert(0, sys.argv[2])
from training.synthetic import PLAIN, sampler
from posture_tools.training import recipe as recipes
from posture_tools.training import run
from posture_tools.training.network import PoseNetwork
from posture_tools.training.recipe import RECIPES
from posture_tools.training.replicas import Replicas
torch.set_num_threads(1)
network = torch.nn.Linear(2, 1)
replicas = Replicas()
for parameter in network.parameters():
    parameter.grad = torch.full_like(parameter, float(replicas.rank + 1))
replicas.average_gradients(network)
assert all((p.grad == 1.5).all() for p in network.parameters())
assert replicas.agree(stop=replicas.rank == 1)
recipes.PoseNetwork = lambda maps, **with_: PoseNetwork(maps, **with_, width=0.25)
folder = Path(sys.argv[1])
recipe = replace(RECIPES["joint"], mix=PLAIN, batch=12, mirrored=1)
trained = run.Run(recipe, sampler(folder / str(replicas.rank)), folder / "runs", workers=0)
trained.run(images=24)
print(sum(float(p.double().sum()) for p in trained.network.parameters()), flush=True)
"""


def test_processes_that_train_together_have_the_same_weights(tmp_path: Path):
    script = tmp_path / "replica.py"
    script.write_text(REPLICA)
    for rank in ("0", "1"):
        (tmp_path / rank).mkdir()
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [*launcher, "--standalone", script, tmp_path, tests],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    sums = done.stdout.split()
    assert len(sums) == 2
    assert sums[0] == sums[1]
