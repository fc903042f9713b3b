"""`python -m posture_tools.uploads.finder PICTURE`: everybody in it, as `assess` sees them.

A process of its own: the networks' memory is given back, and the pages go on answering.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from posture_tools.uploads.pose_file import Found

from edge.errors import ImageUnreadable, TryAgain

_WALL_S = 240.0


def find(picture: Path) -> Found:
    """Who is in a picture that we wrote ourselves.

    Raises
    ------
    TryAgain : the process ended without an answer, or took too long.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "posture_tools.uploads.finder", str(picture)],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_WALL_S, check=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise TryAgain(f"the networks took more than {_WALL_S:.0f} s.", "Try again.") from error
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise TryAgain(f"the networks ended: {' '.join(last)}", "Try again.") from error
    return Found.decode(done.stdout)


def main(picture: str) -> None:
    from edge.estimation.factory import estimator_for
    from edge.inference.opencv_threads import leave_cores_to_networks
    from edge.settings import ModelSettings
    from edge.sightings.inputs import inputs
    from edge.sightings.person import Told
    from edge.sightings.sightings import open_source, sightings

    leave_cores_to_networks()
    estimator = estimator_for(ModelSettings())
    [one] = inputs([Path(picture)])
    [sighting] = sightings(one, open_source(one.path, is_video=False), estimator, Told())
    if sighting.problem is not None:
        raise ImageUnreadable(sighting.problem.problem)
    poses = [person.found for person in sighting.people]
    sys.stdout.buffer.write(Found.of(poses, tuple(estimator.models)).encode())


if __name__ == "__main__":
    main(sys.argv[1])
