"""The figure of one view as SVG: stick figure, plumb line, and each angle at its place.

Units are thousandths of stature. No picture of the person is needed, and none is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from edge.posture.landmarks import Side, keypoints_of
from edge.records import Figure, Measure, Quality, View

Point = tuple[float, float]

WIDTH, HEIGHT, _FLOOR = 740, 1180, 90  # of one view; the floor lies under the ankles
_LIMBS = (
    ("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"),
    ("shoulder", "hip"), ("ankle", "big_toe"), ("ankle", "heel"), ("heel", "big_toe"),
)  # fmt: skip
_ACROSS = ("shoulder", "hip")
_SPINE = ("C4", "C7", "T6", "T8", "L4", "S5")
_HEAD = 62.0
_ARC = 84.0

# What is drawn: the line of a measure, from its reference. Tilts lie against the horizontal, leans
# against the vertical through the lower end, elevations against the horizontal through it; of a
# joint the bent line itself is shown.
_TILTS = {"head_tilt_ear": "ear", "shoulder_tilt": "shoulder", "pelvis_tilt": "hip"}
_LEANS = {
    "trunk_lean": ("mid_hip", "mid_shoulder"), "head_lean": ("mid_shoulder", "mid_ear"),
    "head_forward_angle": ("shoulder", "ear"), "trunk_inclination": ("hip", "shoulder"),
    "spine_c4_t6": ("T6", "C4"), "spine_t8_l4": ("L4", "T8"),
}  # fmt: skip
_ELEVATIONS = {"craniovertebral_angle": ("C7", "ear")}
_ON_SKIN = {"1-tragus": "tragus", "1-acromion": "acromion", "1-asis": "asis", "1-psis": "psis"}
_JOINTS = {
    "knee_frontal_right": "right_knee", "knee_frontal_left": "left_knee",
    "knee_sagittal": "knee", "hip_sagittal": "hip",
}  # fmt: skip


def signed(value: float, digits: int = 1) -> str:
    """A value with its sign; zero gets none."""
    rounded = round(value, digits)
    text = f"{abs(rounded):.{digits}f}"
    return text if rounded == 0.0 else f"{'+' if rounded > 0.0 else '−'}{text}"


def draw(figure: Figure, view: View, measures: Sequence[Measure], title: str) -> str:
    """One `<g>` of WIDTH x HEIGHT, the middle of the ankles at (WIDTH / 2, HEIGHT - floor)."""
    near: Side = view if view in ("right", "left") else ""
    at = _places(figure, near)
    by_code = {m.code: m for m in measures if m.value is not None and m.unit == "deg"}
    foot = at("ankle" if near else "mid_ankle") or (WIDTH / 2, 0.0)
    parts = [_text(WIDTH / 2, 40, title, "middle", "title"), _plumb(foot[0], near)]
    parts += _body(figure, near)
    labels = _Labels()
    for code, measure in by_code.items():
        css = "low" if measure.quality is Quality.LOW else "ok"
        value = f"{signed(measure.value or 0.0)}°"
        if code in _TILTS and not near:
            parts += _tilt(at, _pair(measure, _TILTS[code]), value, css, labels)
        elif code in _LEANS:
            parts += _lean(at, _LEANS[code], value, css, labels)
        elif code in _ELEVATIONS:
            lower, upper = _ELEVATIONS[code]
            ends = lower, _ON_SKIN.get(measure.definition, upper)
            parts += _lean(at, ends, value, css, labels, level=True)
        elif code in _JOINTS:
            parts += _joint(at, _JOINTS[code], value, css, labels)
    return "<g>" + "".join(parts) + "</g>"


def _pair(measure: Measure, joint: str) -> tuple[str, str]:
    """The ends of a tilt's line: what the definition names, or the joints."""
    part = _ON_SKIN.get(measure.definition, joint)
    return f"right_{part}", f"left_{part}"


def sheet(groups: Sequence[str], called: str) -> str:
    """Several figures beside each other as one `<svg>`, called so for who cannot see it."""
    placed = "".join(
        f'<g transform="translate({i * WIDTH} 0)">{group}</g>' for i, group in enumerate(groups)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * len(groups)} {HEIGHT}" '
        f'role="img" aria-label="{escape(called)}">{placed}</svg>'
    )


def _places(figure: Figure, near: Side) -> Callable[[str], Point | None]:
    """Landmark -> its place in the drawing, None where a keypoint of it is missing."""

    def at(landmark: str) -> Point | None:
        names = keypoints_of(landmark, near)
        if not all(name in figure for name in names):
            return None
        x = sum(figure[name][0] for name in names) / len(names)
        y = sum(figure[name][1] for name in names) / len(names)
        return WIDTH / 2 + x, HEIGHT - _FLOOR + y

    return at


def _plumb(x: float, near: Side) -> str:
    """The plumb line through the near ankle of a side view, else between the ankles; and the
    floor."""
    floor = HEIGHT - _FLOOR + 42
    half = 150 if near else 210
    return (
        f'<line class="floor" x1="{x - half:.0f}" y1="{floor}" x2="{x + half:.0f}" y2="{floor}"/>'
        f'<line class="plumb" x1="{x:.0f}" y1="60" x2="{x:.0f}" y2="{floor}"/>'
    )


def _body(figure: Figure, near: Side) -> list[str]:
    parts = []
    sides = ("left", "right") if near != "left" else ("right", "left")
    at = _places(figure, "")
    for side in sides:
        css = "far" if near and side != near else "limb"
        for a, b in _LIMBS:
            parts.append(_line(at(f"{side}_{a}"), at(f"{side}_{b}"), css))
    if not near:
        parts += [_line(at(f"left_{name}"), at(f"right_{name}"), "limb") for name in _ACROSS]
    ear, shoulder = ("mid_ear", "mid_shoulder") if not near else (f"{near}_ear", f"{near}_shoulder")
    head, neck = at(ear) or at("nose"), at(shoulder)
    parts.append(_line(neck, head, "limb"))
    if head is not None:
        parts.append(
            f'<circle class="head" cx="{head[0]:.0f}" cy="{head[1] - 8:.0f}" r="{_HEAD}"/>'
        )
    spine = [point for point in map(at, _SPINE) if point is not None]
    if len(spine) > 1:
        points = " ".join(f"{x:.0f},{y:.0f}" for x, y in spine)
        parts.append(f'<polyline class="spine" points="{points}"/>')
    for name in figure:
        point = at(name)
        if point is not None and not (
            near and name.startswith("left" if near == "right" else "right")
        ):
            parts.append(f'<circle class="joint" cx="{point[0]:.0f}" cy="{point[1]:.0f}" r="8"/>')
    return parts


class _Labels:
    """Values at the figure's sides, none over another."""

    def __init__(self) -> None:
        self._taken: list[tuple[float, float]] = []

    def place(self, anchor: Point, text: str, css: str) -> str:
        left = anchor[0] < WIDTH / 2 - 20
        x = 30.0 if left else WIDTH - 30.0
        y = anchor[1]
        step = 0
        while any(abs(y - ty) < 44 and tx == x for tx, ty in self._taken):
            step += 1
            y = anchor[1] + (-1) ** step * 46 * ((step + 1) // 2)
        self._taken.append((x, y))
        edge = x + 128 if left else x - 128
        return (
            f'<line class="leader" x1="{anchor[0]:.0f}" y1="{anchor[1]:.0f}" '
            f'x2="{edge:.0f}" y2="{y:.0f}"/>'
            + _text(x, y + 14, text, "start" if left else "end", f"value {css}")
        )


def _tilt(
    at: Callable[[str], Point | None], ends: tuple[str, str], value: str, css: str, labels: _Labels
) -> list[str]:
    a, b = at(ends[0]), at(ends[1])
    if a is None or b is None:
        return []
    middle = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    half = abs(a[0] - b[0]) / 2 + 70
    slope = (b[1] - a[1]) / (b[0] - a[0]) if a[0] != b[0] else 0.0
    left, right = ((middle[0] + dx, middle[1] + slope * dx) for dx in (-half, half))
    level = _line((middle[0] - half, middle[1]), (middle[0] + half, middle[1]), "reference")
    arc = _arc(middle, half, math.pi, math.atan2(left[1] - middle[1], left[0] - middle[0]), css)
    return [level, _line(left, right, f"angle {css}"), arc, labels.place(right, value, css)]


def _lean(
    at: Callable[[str], Point | None],
    ends: tuple[str, str],
    value: str,
    css: str,
    labels: _Labels,
    *,
    level: bool = False,
) -> list[str]:
    """The angle of a line against the vertical, or with `level` against the horizontal towards its
    upper end."""
    low, high = at(ends[0]), at(ends[1])
    if low is None or high is None:
        return []
    across, up = high[0] - low[0], high[1] - low[1]
    length = math.hypot(across, up)
    start = -math.pi / 2 if not level else (0.0 if across > 0.0 else math.pi)
    end = low[0] + length * math.cos(start), low[1] + length * math.sin(start)
    arc = _arc(low, min(_ARC, length), start, math.atan2(up, across), css)
    anchor = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
    return [
        _line(low, end, "reference"), _line(low, high, f"angle {css}"), arc,
        labels.place(anchor, value, css),
    ]  # fmt: skip


def _joint(
    at: Callable[[str], Point | None], joint: str, value: str, css: str, labels: _Labels
) -> list[str]:
    place = at(joint)
    if place is None:
        return []
    ring = f'<circle class="ring {css}" cx="{place[0]:.0f}" cy="{place[1]:.0f}" r="17"/>'
    return [ring, labels.place(place, value, css)]


def _arc(centre: Point, radius: float, start: float, end: float, css: str) -> str:
    """The shorter way round."""
    turn = math.remainder(end - start, 2 * math.pi)
    (x1, y1), (x2, y2) = (
        (centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a))
        for a in (start, start + turn)
    )
    sweep = 1 if turn > 0 else 0
    return (
        f'<path class="arc {css}" d="M{x1:.1f} {y1:.1f}A{radius:.1f} {radius:.1f} 0 0 {sweep} '
        f'{x2:.1f} {y2:.1f}"/>'
    )


def _line(a: Point | None, b: Point | None, css: str) -> str:
    if a is None or b is None:
        return ""
    return f'<line class="{css}" x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str, css: str) -> str:
    return (
        f'<text class="{css}" x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'
    )
