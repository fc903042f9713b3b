"""What is known about the camera, and how points are corrected with it.

Points are corrected, never frames: the lens's distortion is taken out, then they are rotated so
that gravity runs straight down the image.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np

from edge.errors import SettingsInvalid
from edge.posture.angles import Float64
from edge.posture.lens import Coefficients, undistort
from edge.records import ScaleSource

NO_DISTORTION: Coefficients = (0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where gravity points in the camera, and the scale of the stance plane.

    roll_deg : atan2(-g_x, g_y) for the gravity direction g in camera axes (x right, y down, z
        ahead). From the front a camera rolled by 1 deg adds 1 deg to every tilt.
    pitch_deg : atan2(g_z, hypot(g_x, g_y)); + looks down. Needs `focal_px`.
    roll_sd_deg : standard uncertainty of the roll; two plumb lines marked at 0.5 px leave 0.1 deg.
    focal_px, centre_px : pinhole camera of the undistorted picture; None where unknown.
    distortion : of the lens, as OpenCV writes it; needs `focal_px`.
    mm_per_px : scale in the stance plane; None where unknown.
    scale_sd : standard uncertainty of the scale, as a part of it; a board is good to 1 %.
    scale_from : where the scale comes from: it was measured, or `scale.scaled` has put it there.
    picture_px : width and height of the pictures it holds for; None where nobody measured.
    measured_on : ISO date of the calibration; empty where nobody measured.
    """

    roll_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_sd_deg: float = 0.1
    focal_px: float | None = None
    centre_px: tuple[float, float] | None = None
    distortion: Coefficients = NO_DISTORTION
    mm_per_px: float | None = None
    scale_sd: float = 0.01
    picture_px: tuple[int, int] | None = None
    measured_on: str = ""
    scale_from: ScaleSource = "calibration"

    def __post_init__(self) -> None:
        bent = self.pitch_deg != 0.0 or self.distortion != NO_DISTORTION
        if bent and (self.focal_px is None or self.centre_px is None):
            raise SettingsInvalid(
                "The calibration has a pitch or a distortion but no focal length and image centre.",
                "Calibrate the lens first, or mount the camera without pitch.",
            )
        for name in ("focal_px", "mm_per_px"):
            value = getattr(self, name)
            if value is not None and not value > 0.0:
                raise SettingsInvalid(
                    f"The calibration says {name} = {value}.",
                    "It must be above 0: calibrate again.",
                )
        if not (abs(self.roll_deg) < 45.0 and abs(self.pitch_deg) < 45.0):
            raise SettingsInvalid(
                f"The calibration says roll {self.roll_deg} and pitch {self.pitch_deg} deg.",
                "Both must be within 45 deg: mount the camera upright and calibrate again.",
            )

    @property
    def scale_by(self) -> ScaleSource:
        """What lengths rest on; empty without a scale."""
        return "" if self.mm_per_px is None else self.scale_from

    @property
    def name(self) -> str:
        """The day of the calibration and twelve digits of what was found; empty without one.

        The scale of the stance plane is left out: a stature or stickers may give it.
        """
        if not self.measured_on:
            return ""
        lens = (self.focal_px, self.centre_px, self.distortion, self.picture_px)
        found = repr((self.roll_deg, self.pitch_deg, self.roll_sd_deg, *lens)).encode()
        return f"{self.measured_on} {hashlib.sha256(found).hexdigest()[:12]}"

    @property
    def homography(self) -> Float64:
        """(3, 3), from points as seen to points with gravity straight down: K R K^-1.

        Without a lens only the roll is taken out; about which centre does not matter, because no
        measure depends on where in the picture the person stands.
        """
        roll, pitch = math.radians(self.roll_deg), math.radians(self.pitch_deg)
        gravity = np.array(
            [
                -math.sin(roll) * math.cos(pitch),
                math.cos(roll) * math.cos(pitch),
                math.sin(pitch),
            ]
        )
        ahead = np.array([0.0, 0.0, 1.0]) - gravity[2] * gravity
        ahead /= np.linalg.norm(ahead)
        rotation = np.stack([np.cross(gravity, ahead), gravity, ahead])
        if self.focal_px is None or self.centre_px is None:
            return rotation
        camera = np.array(
            [
                [self.focal_px, 0.0, self.centre_px[0]],
                [0.0, self.focal_px, self.centre_px[1]],
                [0.0, 0.0, 1.0],
            ]
        )
        homography: Float64 = camera @ rotation @ np.linalg.inv(camera)
        return homography

    def rectify(self, points_px: Float64, covariance_px2: Float64) -> tuple[Float64, Float64]:
        """Points (N, 2) and covariances (N, 2, 2) as a level pinhole camera would see them."""
        points_px, covariance_px2 = self._straightened(points_px, covariance_px2)
        if self.roll_deg == 0.0 and self.pitch_deg == 0.0:
            return points_px, covariance_px2
        h = self.homography
        w = points_px @ h[2, :2] + h[2, 2]
        rectified = (points_px @ h[:2, :2].T + h[:2, 2]) / w[:, None]
        jacobian = (h[:2, :2] - rectified[:, :, None] * h[2, :2]) / w[:, None, None]
        return rectified, jacobian @ covariance_px2 @ jacobian.transpose(0, 2, 1)

    def _straightened(self, points_px: Float64, covariance_px2: Float64) -> tuple[Float64, Float64]:
        if self.distortion == NO_DISTORTION or self.focal_px is None or self.centre_px is None:
            return points_px, covariance_px2
        centre = np.array(self.centre_px)
        straight, slope = undistort((points_px - centre) / self.focal_px, self.distortion)
        turned = slope @ covariance_px2 @ slope.transpose(0, 2, 1)
        return straight * self.focal_px + centre, turned


# A camera hung with a spirit level and not measured further: the housing is level, the sensor in it
# and the lens on it only to about half a degree.
LEVEL = Calibration(roll_sd_deg=0.5)
