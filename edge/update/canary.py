"""A downloaded model proves itself in a child process before it may be tried.

A damaged or hostile file can crash the runtime, eat memory or never end: the child has limits,
and whatever happens to it, the station only hears that the file is refused.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np

from edge.errors import NOT_JSON, ModelRefused, UpdateDelayed
from edge.inference.description import Golden
from edge.inference.golden import golden_faults, golden_picture
from edge.inference.network import Network
from edge.inference.opencv_threads import leave_cores_to_networks
from edge.records import Uint8
from edge.update.offer import Terms

_MEMORY_BYTES = 4 << 30  # address space, of which the runtime reserves far more than it uses
_CPU_S = 120
_WALL_S = 180
_RUNS = 9
_BUSY = "machine_busy"
_REPLACE = "Publish another version; this one is not offered here again."


class Job(msgspec.Struct, frozen=True):
    """What the child is asked.

    required : keypoints that the file in service answers, and this one must not lack.
    """

    path: str
    sha256: str
    terms: Terms
    required: tuple[str, ...]
    threads: int


class Answer(msgspec.Struct, frozen=True):
    """What the child found: faults as (code, sentence), and the median time of one run."""

    faults: tuple[tuple[str, str], ...] = ()
    latency_ms: float = 0.0


class Canary(Protocol):
    """Runs a job, here or in a child; raises as `in_child`."""

    def __call__(self, job: Job) -> Answer:
        """The answer of a file that passed."""


def examine(job: Job) -> Answer:
    """Find out everything about a file that needs no person before the camera."""
    try:
        network = Network.load(job.path, sha256=job.sha256, threads=job.threads)
    except ModelRefused as refusal:
        return Answer((("does_not_load", refusal.problem),))
    faults = [*_contradictions(network, job)]
    size = job.terms.golden.height_px, job.terms.golden.width_px
    pictures = [
        golden_picture(job.terms.golden.seed, *size),
        np.zeros((*size, 3), np.uint8),
        np.full((*size, 3), 255, np.uint8),
        golden_picture(job.terms.golden.seed + 1, *size),
    ]
    for picture in pictures:
        for role, output in network.run(picture).items():
            if not np.isfinite(output).all():
                faults.append(("not_finite", f"{role} is not finite on an ordinary picture"))
    latency_ms, work_ms = _times_ms(network, pictures[0], job.threads)
    most_ms = job.terms.latency_ms
    if latency_ms > most_ms:
        # What it would take on an idle machine tells a slow model from a busy machine.
        code = _BUSY if 0 < work_ms <= most_ms else "too_slow"
        faults.append((code, f"a run takes {latency_ms:.3g} ms, signed are {most_ms:g}"))
    return Answer(tuple(faults), latency_ms)


def _times_ms(network: Network, picture: Uint8, threads: int) -> tuple[float, float]:
    """Median of a run by the clock, and its mean by the processor's time, shared by threads."""
    walls_ns = []
    worked_ns = time.process_time_ns()
    for _ in range(_RUNS):
        began_ns = time.perf_counter_ns()
        network.run(picture)
        walls_ns.append(time.perf_counter_ns() - began_ns)
    work_ns = (time.process_time_ns() - worked_ns) / _RUNS / threads
    return float(np.median(walls_ns)) / 1e6, work_ns / 1e6


def _contradictions(network: Network, job: Job) -> list[tuple[str, str]]:
    """Every point in which the file is not what was signed, or gives less than what serves now."""
    terms, description = job.terms, network.description
    spec = description.input
    found = [("golden", fault) for fault in _signed_golden_faults(network, terms.golden)]
    said = (
        description.name, description.version, description.task, description.keypoints,
        (spec.height_px, spec.width_px),
    )  # fmt: skip
    signed = (terms.name, terms.version, terms.kind, terms.keypoints, terms.input_px)
    if said != signed:
        found.append(("not_as_signed", f"the file says {said}, signed are {signed}"))
    if lacking := sorted(set(job.required) - set(description.keypoints)):
        found.append(("lacks_keypoint", f"it does not know {', '.join(lacking)}"))
    return found


def _signed_golden_faults(network: Network, golden: Golden) -> list[str]:
    picture = golden_picture(golden.seed, golden.height_px, golden.width_px)
    return golden_faults(golden, network.run(picture))


def in_child(job: Job) -> Answer:
    """Examine a file in a child process with limits.

    Raises
    ------
    ModelRefused : it did not pass; the problem begins with a code.
    UpdateDelayed : the machine is too busy to tell.
    """
    try:
        child = subprocess.run(
            [sys.executable, "-m", "edge.update.canary"],
            input=msgspec.json.encode(job),
            capture_output=True,
            timeout=_WALL_S,
            check=True,
        )
        answer = msgspec.json.decode(child.stdout, type=Answer)
    except subprocess.TimeoutExpired as error:
        raise refused(job, "canary_never_ended", f"no answer within {_WALL_S} s") from error
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
        detail = f"status {error.returncode} {' '.join(last)}"
        raise refused(job, "canary_died", detail) from error
    except NOT_JSON as error:
        raise refused(job, "canary_died", "no answer that can be read") from error
    return passed(job, answer)


def passed(job: Job, answer: Answer) -> Answer:
    """The answer, if it names no fault.

    Raises
    ------
    ModelRefused : the file is at fault; says why. UpdateDelayed : the machine is too busy.
    """
    if answer.faults and answer.faults[0][0] == _BUSY:  # found last: there is no other fault
        raise UpdateDelayed(_BUSY, f"{answer.faults[0][1]}, for the machine is busy.")
    if answer.faults:
        raise refused(job, answer.faults[0][0], "; ".join(text for _, text in answer.faults))
    return answer


def refused(job: Job, code: str, detail: str) -> ModelRefused:
    name = f"{job.terms.name} {job.terms.version} ({job.sha256[:12]})"
    return ModelRefused(f"{code}: {name}: {detail}.", _REPLACE)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    leave_cores_to_networks()
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    if not Path(job.path).is_absolute():
        raise SystemExit("the path must be absolute")
    sys.stdout.buffer.write(msgspec.json.encode(examine(job)))


if __name__ == "__main__":
    main()
