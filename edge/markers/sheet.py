"""The sheet of printed targets, as PDF, true to scale.

Two pages of lines, discs and words: the format is written here, in the few operators of it that
they need (ISO 32000-1), rather than by a library for documents on every device.
"""

from __future__ import annotations

import zlib
from typing import Literal

from edge.markers.protocol import PROTOCOLS, Protocol
from edge.markers.target import CORE_MM, CUT_MM, GREEN, MAGENTA, RING_MM
from edge.output import MARK

Paper = Literal["a4", "letter"]
PAPERS_MM: dict[Paper, tuple[float, float]] = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}

_PT_PER_MM = 72.0 / 25.4
_BEZIER = 0.5522847498  # of the radius: four curves that leave a circle by 0.03 %
_MARGIN_MM, _PITCH_MM = 12.0, 28.0
_ACROSS, _FLAT_ROWS = 6, 5  # flat targets for all three views and both sides: 30
_FOOT_MM = 11.0  # of a tab: what is stuck to the skin
_BAR_MM = 100.0
_NAMES = {
    "sternal_notch": "sternal notch", "asis": "ASIS", "psis": "PSIS", "tib_tub": "tuberosity",
    "lat_mal": "malleolus", "scap_inf": "scapula",
}  # fmt: skip
_BLACK, _GREY = (0, 0, 0), (150, 150, 150)


def sheet(paper: Paper) -> bytes:
    """A PDF of two pages: 30 flat and 6 standing targets, 6 more standing and where all belong."""
    size = PAPERS_MM[paper]
    return _document(size, [_targets_page(size), _places_page(size)])


class _Page:
    """Drawing operators; millimetres from the page's upper left corner, y down."""

    def __init__(self, size_mm: tuple[float, float]) -> None:
        self._height = size_mm[1]
        self.operators: list[str] = ["0.2 w"]

    def _at(self, x: float, y: float) -> str:
        return f"{x * _PT_PER_MM:.3f} {(self._height - y) * _PT_PER_MM:.3f}"

    def disc(self, x: float, y: float, radius: float, rgb: tuple[int, int, int]) -> None:
        self.operators.append(f"{_colour(rgb)} rg {self._circle(x, y, radius)} f")

    def ring(self, x: float, y: float, radius: float) -> None:
        """The outline of a circle."""
        self.operators.append(f"{_colour(_GREY)} RG {self._circle(x, y, radius)} S")

    def line(self, x: float, y: float, to_x: float, to_y: float, *, dashed: bool = False) -> None:
        dash = "[3 2] 0 d" if dashed else "[] 0 d"
        grey = _colour(_GREY if dashed else _BLACK)
        self.operators.append(f"{dash} {grey} RG {self._at(x, y)} m {self._at(to_x, to_y)} l S")
        self.operators.append("[] 0 d")

    def text(self, x: float, y: float, words: str, size_pt: float = 9.0) -> None:
        safe = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self.operators.append(f"BT 0 g /F {size_pt:g} Tf {self._at(x, y)} Td ({safe}) Tj ET")

    def _circle(self, x: float, y: float, r: float) -> str:
        k = _BEZIER * r
        ends = [(x + r, y), (x, y + r), (x - r, y), (x, y - r), (x + r, y)]
        before = [(x + r, y + k), (x - k, y + r), (x - r, y - k), (x + k, y - r)]
        after = [(x + k, y + r), (x - r, y + k), (x - k, y - r), (x + r, y - k)]
        curves = (
            f"{self._at(*a)} {self._at(*b)} {self._at(*end)} c"
            for a, b, end in zip(before, after, ends[1:], strict=True)
        )
        return f"{self._at(*ends[0])} m {' '.join(curves)}"


def _colour(rgb: tuple[int, int, int]) -> str:
    return " ".join(f"{part / 255.0:.4f}" for part in rgb)


def _targets_page(size_mm: tuple[float, float]) -> _Page:
    page = _Page(size_mm)
    left = 0.5 * (size_mm[0] - _ACROSS * _PITCH_MM)
    y = _MARGIN_MM + 4.0
    page.text(left, y, "Stickers for posture-station", 13.0)
    y += 5.0
    page.text(
        left, y, "Print at 100 % (actual size) in colour, matt; this line must measure 100 mm:"
    )
    y += 5.0
    page.line(left, y, left + _BAR_MM, y)
    for end in (left, left + _BAR_MM):
        page.line(end, y - 2.0, end, y + 2.0)
    y += 5.0
    page.text(left, y, "Flat: cut along the grey circle, stick on with double-sided skin tape.")
    for row in range(_FLAT_ROWS):
        for column in range(_ACROSS):
            at = left + (column + 0.5) * _PITCH_MM, y + 3.0 + (row + 0.5) * _PITCH_MM
            _target(page, *at)
            page.ring(*at, CUT_MM)
    y += 3.0 + _FLAT_ROWS * _PITCH_MM + 4.0
    _tabs(page, left, y)
    return page


def _target(page: _Page, x: float, y: float) -> None:
    page.disc(x, y, RING_MM, GREEN)
    page.disc(x, y, CORE_MM, MAGENTA)


def _tabs(page: _Page, left: float, top: float) -> None:
    """A row of standing targets: two faces back to back, and a foot at either end."""
    page.text(
        left,
        top,
        "Standing: cut out, fold at the dashes, glue back to back, feet apart to the skin.",
    )
    first = top + 2.0
    levels = [0.0, _FOOT_MM, _FOOT_MM + 2 * CUT_MM, _FOOT_MM + 4 * CUT_MM]
    levels.append(levels[-1] + _FOOT_MM)
    for column in range(_ACROSS):
        middle = left + (column + 0.5) * _PITCH_MM
        sides = middle - CUT_MM, middle + CUT_MM
        for face in (1, 3):
            _target(page, middle, first + _FOOT_MM + face * CUT_MM)
        for x in sides:
            page.line(x, first, x, first + levels[-1])
        for level in levels:
            folded = level not in (levels[0], levels[-1])
            page.line(sides[0], first + level, sides[1], first + level, dashed=folded)


def _places_page(size_mm: tuple[float, float]) -> _Page:
    page = _Page(size_mm)
    left = 0.5 * (size_mm[0] - _ACROSS * _PITCH_MM)
    y = _MARGIN_MM + 4.0
    page.text(left, y, "Where they belong", 13.0)
    for protocol in PROTOCOLS.values():
        y = _places(page, protocol, left, y + 8.0)
    y += 8.0
    page.text(
        left, y, "Feel for the bone standing up, mark it, then stick; bare skin or tight cloth."
    )
    _tabs(page, left, y + 7.0)
    return page


def _places(page: _Page, protocol: Protocol, left: float, y: float) -> float:
    """One protocol's list; returns where it ends."""
    count = len(protocol.targets("right"))
    page.text(left, y, f"--markers {protocol.name}: {count} stickers", 10.0)
    for placement in protocol.placements:
        y += 4.6
        sides = "right and left" if placement.pair else ""
        if protocol.name == "side" and placement.landmark not in protocol.middle:
            sides = "side that faces the camera"
        kind = "standing" if placement.stands else "flat"
        page.text(left + 3.0, y, _NAMES.get(placement.landmark, placement.landmark), 8.5)
        page.text(left + 30.0, y, kind, 8.5)
        page.text(left + 48.0, y, placement.where + (f" ({sides})" if sides else ""), 8.5)
    return y


def _document(size_mm: tuple[float, float], pages: list[_Page]) -> bytes:
    """Numbered objects, where each begins, and the catalogue that leads to all of them."""
    width, height = (length * _PT_PER_MM for length in size_mm)
    first_page = 4
    kids = " ".join(f"{first_page + 2 * i} 0 R" for i in range(len(pages)))
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for i, page in enumerate(pages):
        content = zlib.compress("\n".join(page.operators).encode("cp1252"))
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.3f} {height:.3f}] "
            f"/Resources << /Font << /F 3 0 R >> >> "
            f"/Contents {first_page + 2 * i + 1} 0 R >>".encode()
        )
        length = len(content)
        head = f"<< /Length {length} /Filter /FlateDecode >>\nstream\n".encode()
        objects.append(head + content + b"\nendstream")
    body, starts = b"%PDF-1.6\n", []
    for number, item in enumerate(objects, start=1):
        starts.append(len(body))
        body += f"{number} 0 obj\n".encode() + item + b"\nendobj\n"
    table = "".join(f"{start:010d} 00000 n \n" for start in starts)
    return (
        body
        + (
            f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
            f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info << /Producer ({MARK}) >> >>\n"
            f"startxref\n{len(body)}\n%%EOF\n"
        ).encode()
    )
