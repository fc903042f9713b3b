"""Names of output files: no two inputs share one, and all are known before the first is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePath

# A second person's page is NAME-2, a video's frame NAME_000000000007: no other input may be called
# so where there is a NAME.
NUMBERED = re.compile(r"(-\d+|_\d{12})$")
_MOST_TRIES = 100_000


def unique_names(paths: Sequence[PurePath]) -> list[str]:
    """Names without suffix, in the order of the paths.

    The file's own name where no other bears it; a twin gets its folder in front (`b_IMG`), or its
    suffix behind (`IMG_jpg`), or more folders, or a number. Case makes no difference: it makes none
    on a memory card.
    """
    bearers = Counter(path.stem.casefold() for path in paths)
    taken: set[str] = set()
    bases: set[str] = set()
    names = []
    for path in paths:
        for name in _candidates(path, twin=bearers[path.stem.casefold()] > 1):
            key = name.casefold()
            base = NUMBERED.sub("", key)
            if taken.isdisjoint((key, base)) and key not in bases:
                break
        taken.add(key)
        bases.add(base)
        names.append(name)
    return names


def _candidates(path: PurePath, *, twin: bool) -> Iterator[str]:
    folders = [part for part in path.parts[:-1] if part not in ("/", "..", ".")]
    named = "_".join(filter(None, (path.stem, path.suffix.lstrip("."))))
    if not twin:
        yield path.stem
    for stem in (path.stem, named):
        for depth in range(1, len(folders) + 1)[: 1 if stem == path.stem else None]:
            yield "_".join((*folders[-depth:], stem))
        yield named
    for number in range(2, _MOST_TRIES):
        yield f"{named}_{number}"
