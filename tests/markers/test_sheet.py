"""The printed sheet: true to scale, on the page, and no PDF that a reader would have to mend."""

from __future__ import annotations

import re
import zlib

import numpy as np
import pytest

from edge.__main__ import main
from edge.markers.protocol import PROTOCOLS
from edge.markers.sheet import PAPERS_MM, sheet
from edge.markers.target import CORE_MM, CUT_MM, GREEN, MAGENTA, RING_MM

MM_PER_PT = 25.4 / 72.0


def pages_of(pdf):
    """For each page its size in mm and its drawing operators, found as a reader finds them."""
    starts = [int(n) for n in re.findall(rb"^(\d{10}) 00000 n ", pdf, re.MULTILINE)]
    table = int(re.search(rb"startxref\n(\d+)\n%%EOF", pdf).group(1))
    assert pdf[table : table + 4] == b"xref"
    objects = [pdf[start : pdf.index(b"endobj", start)] for start in starts]
    for number, item in enumerate(objects, start=1):
        assert item.startswith(f"{number} 0 obj".encode())
    for item in objects:
        if box := re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\].*/Contents (\d+) 0 R", item):
            content = objects[int(box.group(3)) - 1]
            length = int(re.search(rb"/Length (\d+)", content).group(1))
            begin = content.index(b"stream\n") + 7
            drawn = zlib.decompress(content[begin : begin + length]).decode("cp1252")
            yield [float(box.group(i)) * MM_PER_PT for i in (1, 2)], drawn.splitlines()


def filled_circles(operators):
    """(x, y, radius) mm and colour of every filled path of four curves, from points on them."""
    for line in operators:
        if not line.endswith(" f"):
            continue
        colour = tuple(round(255 * float(v)) for v in line.split(" rg ")[0].split())
        numbers = re.sub(r"[a-z]", " ", line.split(" rg ")[1]).split()
        points = np.array(numbers, float).reshape(-1, 2) * MM_PER_PT
        ends = [points[0]]
        for i in range(1, len(points), 3):
            p = np.array([ends[-1], *points[i : i + 3]])
            for t in np.linspace(0.1, 1.0, 10):
                w = np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
                ends.append(w @ p)
        around = np.array(ends)
        centre = (around.max(axis=0) + around.min(axis=0)) / 2
        yield (*centre, np.hypot(*(around - centre).T).mean()), colour


@pytest.mark.parametrize("paper", PAPERS_MM)
def test_targets_are_of_their_size_inside_the_margins_and_none_lies_on_another(paper):
    pages = list(pages_of(sheet(paper)))
    assert len(pages) == 2
    rings = []
    for size, operators in pages:
        assert size == pytest.approx(PAPERS_MM[paper], abs=0.01)
        circles = list(filled_circles(operators))
        ring = [c for c, colour in circles if colour == GREEN]
        core = [c for c, colour in circles if colour == MAGENTA]
        assert [r for *_, r in ring] == pytest.approx([RING_MM] * len(ring), rel=1e-3)
        assert [r for *_, r in core] == pytest.approx([CORE_MM] * len(core), rel=1e-3)
        assert [c[:2] for c in ring] == [pytest.approx(c[:2], abs=1e-3) for c in core]
        for x, y, _ in ring:
            assert 10.0 < x - CUT_MM < x + CUT_MM < size[0] - 10.0
            assert 10.0 < y - CUT_MM < y + CUT_MM < size[1] - 10.0
        centres = np.array([c[:2] for c in ring])
        apart = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
        assert apart[apart > 0].min() >= 2 * CUT_MM - 1e-3
        rings.append(len(ring))
    # One person in all views: flat ones, and two faces of each standing one.
    flat = {p.landmark for protocol in PROTOCOLS.values() for p in protocol.placements}
    assert rings[0] == 30 + 2 * 6 >= len(flat)
    assert rings[1] == 2 * 6


@pytest.mark.parametrize("paper", PAPERS_MM)
def test_the_bar_to_check_the_printer_with_is_100_mm(paper):
    (_, operators), _ = pages_of(sheet(paper))
    lines = [re.search(r"([\d.]+) ([\d.]+) m ([\d.]+) ([\d.]+) l S", line) for line in operators]
    spans = [abs(float(m[3]) - float(m[1])) * MM_PER_PT for m in lines if m]
    assert any(span == pytest.approx(100.0, abs=0.01) for span in spans)


def test_the_second_page_says_where_every_landmark_is():
    _, (_, operators) = pages_of(sheet("a4"))
    said = "\n".join(operators).replace("\\(", "(").replace("\\)", ")")
    for protocol in PROTOCOLS.values():
        assert f"--markers {protocol.name}" in said
        for placement in protocol.placements:
            assert placement.where in said


def run(monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["posture-station", "stickers", *map(str, words)])
    return main()


def test_the_command_writes_it_or_says_why_not(tmp_path, monkeypatch, capsys):
    path = tmp_path / "sheet.pdf"
    assert run(monkeypatch, "-o", path, "--paper", "letter") == 0
    assert path.read_bytes() == sheet("letter")
    assert "24 mm" in capsys.readouterr().out
    assert run(monkeypatch, "-o", tmp_path / "none" / "sheet.pdf") == 2
    assert "there is no folder" in capsys.readouterr().err
