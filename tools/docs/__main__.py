"""`python -m posture_tools.docs build | links | sample`: the pages, their links, texts to read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from posture_tools.cli import told_plainly
from posture_tools.docs.links import broken_links
from posture_tools.docs.sample import sample
from posture_tools.docs.site import ROOT, build

PROG = "python -m posture_tools.docs"


def main() -> int:
    parser = argparse.ArgumentParser(prog=PROG, description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    making = steps.add_parser("build", help="Write the pages; a warning is an error.")
    making.add_argument("out", nargs="?", type=Path, default=ROOT / "build" / "site")
    steps.add_parser("links", help="Say which links of the repository's pages lead nowhere.")
    drawing = steps.add_parser("sample", help="Draw comments and help texts, to be read.")
    drawing.add_argument("--seed", type=int, default=20)
    drawing.add_argument("--count", type=int, default=60)
    asked = parser.parse_args()
    if asked.step == "sample":
        for where, text in sample(ROOT, asked.seed, asked.count):
            print(f"{where}\n    {text}")
        return 0
    broken = broken_links(ROOT)
    for each in broken:
        print(each, file=sys.stderr)
    if broken or asked.step == "links":
        return 1 if broken else 0
    return build(asked.out)


if __name__ == "__main__":
    with told_plainly(PROG, "docs"):
        sys.exit(main())
