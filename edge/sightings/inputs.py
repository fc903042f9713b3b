"""What `assess` is to look at: every file told apart by content before the first is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from edge.camera.disk import is_folder, kind_on_disk
from edge.camera.folder import look_into
from edge.errors import ImageUnreadable, PostureError, SourceInvalid


@dataclass(frozen=True, slots=True)
class Input:
    """One photograph or video; or a folder of which only this is to be told.

    path : as it was given, or under the folder that was given.
    inside : the same below that folder; of a file that was given, its name.
    problem : why nothing can be measured, known before anything is.
    left_out : of a folder, kind -> how many.
    """

    path: Path
    inside: PurePath
    is_video: bool = False
    problem: PostureError | None = None
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def measurable(self) -> bool:
        return self.problem is None and not self.left_out


def inputs(paths: Sequence[Path], *, recursive: bool = False) -> tuple[Input, ...]:
    """Every file of `paths`, those of folders included, in the order given; none twice.

    Nothing is raised: what cannot be read is an input with a problem. A folder that holds more
    than photographs and videos is one of its own, after its files.

    recursive : subfolders too.
    """
    found: dict[Path, Input] = {}
    for path in paths:
        for one in _folder(path, recursive) if is_folder(path) else (_file(path),):
            found.setdefault(_resolved(one.path), one)
    return tuple(found.values())


def _file(path: Path) -> Input:
    name = PurePath(path.name)
    try:
        kind = kind_on_disk(path)
    except (SourceInvalid, ImageUnreadable) as problem:
        return Input(path, name, problem=problem)
    return Input(path, name, is_video=kind.reader == "video")


def _folder(path: Path, recursive: bool) -> list[Input]:
    try:
        folder = look_into(path, recursive=recursive)
    except ImageUnreadable as problem:
        return [Input(path, PurePath(), problem=problem)]
    files = [Input(one, one.relative_to(path)) for one in folder.photos]
    files += [Input(one, one.relative_to(path), is_video=True) for one in folder.videos]
    files.sort(key=lambda one: one.inside)
    if not files:
        besides = f", only {folder.told()}" if folder.left_out else ""
        empty = SourceInvalid(
            f"the folder {path} holds no photographs and no videos{besides}.",
            "--recursive looks into its subfolders." if not recursive else "Name another.",
        )
        return [Input(path, PurePath(), problem=empty)]
    if folder.left_out:
        files.append(Input(path, PurePath(), left_out=folder.left_out))
    return files


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # no such name can be, or a circle of links
        return path
