"""The body model once a session, and bodies that tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from posture_tools.bodies.body import Bodies
    from posture_tools.bodies.mesh import Shape
    from posture_tools.bodies.model import BodyModel
    from posture_tools.bodies.render import Renderer

PEOPLE = {"woman": (35.0, True), "man": (60.0, False), "child": (8.0, True)}


@pytest.fixture(scope="session")
def model() -> BodyModel:
    pytest.importorskip("anny")
    from posture_tools.bodies.model import BodyModel

    return BodyModel()


@pytest.fixture(scope="session")
def bodies(model: BodyModel) -> Bodies:
    from posture_tools.bodies.body import Bodies

    return Bodies(model)


@pytest.fixture(scope="session")
def shapes(model: BodyModel) -> dict[str, Shape]:
    rng = np.random.default_rng(4)
    return {
        name: model.sample_shape(rng, age, female=female) for name, (age, female) in PEOPLE.items()
    }


@pytest.fixture(scope="session")
def renderer(model: BodyModel) -> Renderer:
    from posture_tools.bodies.render import Renderer

    return Renderer("train")
