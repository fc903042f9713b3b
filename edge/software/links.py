"""Links that systemd follows: which environment serves, and which units it brings.

A release is switched to by one rename. Its units are links in the folder of this boot that lead
through the link that is renamed, so programs and units change in the same instant; a power cut
empties that folder, and the next boot fills it again.
"""

from __future__ import annotations

import os
from pathlib import Path

from edge.files import sync_folder

_KINDS = (".service", ".timer", ".path")
_NOTHING = Path("/dev/null")  # systemd's way to say that a unit is not to be started


def point(link: Path, target: Path) -> bool:
    """Make a link lead somewhere, in one step; whether it led elsewhere before."""
    if link.is_symlink() and link.readlink() == target:
        return False
    beside = link.with_name(link.name + ".new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    os.replace(beside, link)  # noqa: PTH105 - Path.replace is the same; os says that it is rename(2)
    sync_folder(link.parent)
    return True


def unit_names(folder: Path) -> set[str]:
    """Units of a release or of the image; none where there is no such folder."""
    if not folder.is_dir():
        return set()
    return {
        path.name
        for path in folder.iterdir()
        if path.name.startswith("posture-") and path.suffix in _KINDS
    }


def starts_by_itself(unit: Path) -> bool:
    return "\nWantedBy=" in unit.read_text(encoding="utf-8", errors="replace")


def link_units(boot_folder: Path, units: Path | None, shipped: Path) -> bool:
    """Let a release's units stand before the image's; whether anything changed.

    boot_folder : systemd's folder of this boot, /run/systemd/system.
    units : the release's, by a path that leads through the link that is switched; None for the
        image's own release, whose units need no links.
    shipped : the image's units. One that the release no longer has is switched off.
    """
    wanted: dict[str, Path] = {}
    if units is not None:
        names = unit_names(units)
        wanted = {name: units / name for name in names}
        wanted |= dict.fromkeys(unit_names(shipped) - names, _NOTHING)
    boot_folder.mkdir(parents=True, exist_ok=True)
    changed = False
    for name in unit_names(boot_folder) - set(wanted):
        path = boot_folder / name
        if path.is_symlink():  # what a person put there stays
            path.unlink()
            changed = True
    for name, target in sorted(wanted.items()):
        changed |= point(boot_folder / name, target)
    return changed
