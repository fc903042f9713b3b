"""Photographs of visits beside the store, and what an erasure leaves of them."""

from __future__ import annotations

from pathlib import Path

from posture_tools.collector.erasure_list import ErasureList
from posture_tools.collector.kept_pictures import KeptPictures


def test_the_pictures_of_a_visit_go_and_no_others(tmp_path: Path) -> None:
    kept = KeptPictures.beside(ErasureList(tmp_path / "collector.erasures"))
    assert list(kept.folders()) == []
    assert kept.forget("north", ["a"]) == 0
    for site, session in (("north", "a"), ("north", "b"), ("south", "a")):
        folder = kept.folder(site, session)
        folder.mkdir(parents=True)
        (folder / "front.jpg").write_bytes(b"picture")
    assert kept.folder("north", "a").is_relative_to(tmp_path / "collector.uploads")
    assert kept.forget("north", ["a", "b", "c"]) == 2
    assert list(kept.folders()) == [kept.folder("south", "a")]
