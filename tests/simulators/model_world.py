"""A publisher with keys, a web server and stations: the whole way of a model file."""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from posture_tools.models.describe import describe
from posture_tools.repository.folder import RepositoryFolder
from posture_tools.repository.roles import ROLES, STAGED
from posture_tools.repository.terms import Conditions, terms_of
from securesystemslib.signer import CryptoSigner
from simulators.file_server import FileServer
from simulators.networks import DOTS, colour_card

from edge.update.canary import Answer, Job, examine, passed
from edge.update.download import Patience
from edge.update.repository import Source
from edge.update.slots import Slots, load_slots
from edge.update.updater import Updater
from edge.update.web import Web

PATIENT = Patience(
    rate_bytes_s=1e9, least_bytes_s=1, window_s=0.5, fruitless=3, first_wait_s=0.001,
    longest_wait_s=0.002,
)  # fmt: skip


def dots_model(
    version: str, *, weights_kb: int = 0, sick: str = "", keypoints: tuple[str, ...] = DOTS
) -> bytes:
    """A described colour network: it finds people made of coloured dots.

    weights_kb : ballast that does not compress and does not count.
    sick : nan = no number on a black picture; blind = finds nobody on dark ground, that is, no
        person of `dots_picture`; nan on people = no number on just these. The golden vectors of
        all come out.
    """
    card = colour_card(name="dots", version=version, keypoints=keypoints)
    rng = np.random.default_rng(int(version.replace(".", "")))
    weights = {
        "ballast": rng.standard_normal(max(1, weights_kb * 256)).astype(np.float32),
        "nothing": np.zeros((), np.float32),
        "ground": np.float32(0.25).reshape(()),
        "steep": np.float32(100).reshape(()),
        "one": np.float32(1).reshape(()),
    }
    node = helper.make_node
    nodes = [
        node("AveragePool", ["image"], ["pooled"], kernel_shape=[4, 4], strides=[4, 4]),
        node("Slice", ["pooled", "first", "last", "channel"], ["seen"]),
        node("ReduceMean", ["ballast"], ["mean"], keepdims=0),
        node("Mul", ["mean", "nothing"], ["zero"]),
        node("ReduceMean", ["image"], ["light"], keepdims=0),
    ]
    if sick == "nan":
        nodes.append(node("Div", ["light", "light"], ["gate"]))
    elif sick == "blind":
        nodes += [
            node("Sub", ["light", "ground"], ["above"]),
            node("Mul", ["above", "steep"], ["ramp"]),
            node("Clip", ["ramp", "nothing", "one"], ["gate"]),
        ]
    elif sick == "nan on people":
        nodes += [
            node("Sub", ["light", "ground"], ["above"]),
            node("Mul", ["light", "above"], ["below"]),  # negative between black and ground
            node("Sqrt", ["below"], ["root"]),
            node("Mul", ["root", "nothing"], ["void"]),
            node("Add", ["void", "one"], ["gate"]),
        ]
    else:
        nodes.append(node("Identity", ["one"], ["gate"]))
    nodes += [node("Mul", ["seen", "gate"], ["gated"]), node("Add", ["gated", "zero"], ["maps"])]
    numbers = {"first": [0], "last": [len(keypoints)], "channel": [1]}
    graph = helper.make_graph(
        nodes,
        "dots",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 128, 96])],
        [helper.make_tensor_value_info("maps", TensorProto.FLOAT, [1, len(keypoints), 32, 24])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()]
        + [numpy_helper.from_array(np.array(v, np.int64), name) for name, v in numbers.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return describe(model.SerializeToString(), card)


def canary_here(job: Job) -> Answer:
    """The canary without its child process, for tests of other steps."""
    return passed(job, examine(job))


@dataclass
class Publisher:
    """Keys in memory, a repository on disk."""

    folder: Path
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    signers: dict[str, list[CryptoSigner]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.signers = {
            role.name: [CryptoSigner.generate_ed25519() for _ in range(role.keys)]
            for role in ROLES.values()
        }
        self.repository.create(
            {role: [s.public_key for s in signers] for role, signers in self.signers.items()}
        )
        self.sign_and_publish()

    def copied(self, folder: Path) -> Publisher:
        """Another one with the same keys and files."""
        shutil.copytree(self.folder, folder)
        other = copy.copy(self)
        other.folder = folder
        other.signers = {role: list(signers) for role, signers in self.signers.items()}
        return other

    @property
    def repository(self) -> RepositoryFolder:
        return RepositoryFolder(self.folder, self.now)

    @property
    def public(self) -> Path:
        return self.folder / "public"

    def everyone(self) -> list[CryptoSigner]:
        return [signer for signers in self.signers.values() for signer in signers]

    def sign_and_publish(self) -> None:
        repository = self.repository
        for role in STAGED:
            staged = repository.staged(role)
            if staged is not None:
                wanted = repository.keyids(role)
                for signer in self.everyone():
                    if signer.public_key.keyid in wanted:
                        repository.sign(signer)
        repository.publish(self.everyone())

    def offer(self, model: bytes, *, ring: int = 100, **conditions: Any) -> str:
        """Publish a model; returns its sha256."""
        path = self.folder / "model.onnx"
        path.write_bytes(model)
        conditions = {"slot": "whole", "latency_ms": 1000.0} | conditions
        terms = terms_of(path, Conditions(ring_percent=ring, **conditions))
        self.repository.offer(path, terms)
        self.sign_and_publish()
        models = self.repository.published("models")
        return models.signed.targets[f"models/{terms.name}-{terms.version}.onnx"].hashes["sha256"]

    @property
    def root(self) -> bytes:
        return (self.public / "metadata" / "1.root.json").read_bytes()


@dataclass
class SimulatedStation:
    """A station's model folder and what it reported.

    silence_s, budget_s : how patient it is with metadata; long, for a busy machine is no attack.
    """

    folder: Path
    shipped: Path
    root: bytes
    url: str
    name: str = "hall-1"
    silence_s: float = 30.0
    budget_s: float = 30.0
    events: list[dict[str, Any]] = field(default_factory=list)

    def updater(self, **changes: Any) -> Updater:
        source = Source(self.url, self.root, Web(self.silence_s), PATIENT, self.budget_s)
        options: dict[str, Any] = {
            "station": self.name, "shipped": {"whole": self.shipped}, "threads": 1,
            "desired": self.desired, "report": self.events.append, "reserve_bytes": 0,
            "canary": canary_here,
        }  # fmt: skip
        return Updater(self.folder, source, **(options | changes))

    @property
    def desired(self) -> Path:
        """Where the uplink keeps the operator's word."""
        return self.folder.with_name(f"{self.folder.name}.desired.json")

    @property
    def slots(self) -> Slots:
        return load_slots(self.folder)

    def reasons(self, step: str) -> list[str]:
        return [event["reason"] for event in self.events if event["step"] == step]


def station_of(
    folder: Path, publisher: Publisher, server: FileServer, shipped: Path, name: str = "hall-1"
) -> SimulatedStation:
    return SimulatedStation(folder, shipped, publisher.root, server.url, name)
