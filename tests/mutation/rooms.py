"""Where mutants are made, and how a file of theirs is called."""

from __future__ import annotations

import re

ROOMS = ("edge/posture", "edge/results", "edge/uplink", "edge/wire", "edge/mqtt", "edge/update",
         "tools/collector")  # fmt: skip
# In the copy a module is found as a package, or from the folder in which a program starts.
_COPIED = re.compile(r"/(?:packages|checkout)/((?:edge|tools|posture_tools)/.+\.py)$")


def file_of(path: str) -> str | None:
    """The file of a mutated room that a path in a copy of the tree stands for."""
    found = _COPIED.search(path)
    if found is None:
        return None
    file = re.sub("^posture_tools/", "tools/", found[1])
    return file if file.startswith(tuple(f"{room}/" for room in ROOMS)) else None
