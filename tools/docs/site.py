"""All pages laid out for mkdocs, and built: into plain files that ask nothing of the network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from posture_tools.docs import api, command_reference, metrics_reference, settings_reference
from posture_tools.docs.sources import PICTURES, for_site, pages

ROOT = Path(__file__).resolve().parents[2]
_REFERENCE = Path("docs/reference")
# The order in which a stranger needs them. Guides that are not named come behind these.
_GUIDES = (
    "docs/first-site.md", "docs/photographs.md",
    "docs/station.md", "docs/hang.md", "docs/calibrate.md", "docs/screening.md",
    "docs/stickers.md", "docs/site.md", "docs/pages.md", "docs/grow.md", "docs/updates.md",
    "tools/repository/README.md", "docs/train.md", "docs/integrate.md",
    "docs/programs.md",
)  # fmt: skip
_LOOKED_UP = ("docs/measures.md", "docs/events.md", "docs/wire.md", "docs/security.md")
_CARRY_ON = ("ARCHITECTURE.md", "CONTRIBUTING.md", "docs/decisions.md", "CHANGELOG.md")


def build(out: Path) -> int:
    """Write the site to `out`; returns mkdocs' exit status, which is not 0 after a warning.

    Raises
    ------
    ModuleNotFoundError : of a package that builds it, before anything is written.
    """
    for package in ("mkdocs", "material", "mkdocstrings"):
        if find_spec(package) is None:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    laid_out = ROOT / "build" / "docs"
    shutil.rmtree(laid_out, ignore_errors=True)
    where = laid_out / "pages"
    known = set(pages(ROOT))
    for page in known:
        _write(where / page, for_site(ROOT, page, known | _pictures()))
    for picture in _pictures():
        (where / picture).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / picture, where / picture)
    _write(where / _REFERENCE / "settings.md", settings_reference.page())
    _write(where / _REFERENCE / "commands.md", command_reference.page())
    _write(where / _REFERENCE / "metrics.md", metrics_reference.page(ROOT))
    rooms = api.rooms(ROOT)
    for room in rooms:
        _write(where / "api" / f"{room}.md", api.page(ROOT, room))
    packages = laid_out / "packages"
    packages.mkdir()
    (packages / "edge").symlink_to(ROOT / "edge")
    (packages / "posture_tools").symlink_to(ROOT / "tools")
    config = laid_out / "mkdocs.json"  # JSON is YAML too
    _write(config, json.dumps(_config(out, where, packages, known, rooms), indent=2))
    status = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--config-file", config],
        check=False,
        cwd=laid_out,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
    ).returncode
    fetched = sorted(set(_fetched(out)))
    for each in fetched:
        print(f"the pages would fetch {each}", file=sys.stderr)
    return status or bool(fetched)


def _fetched(site: Path) -> Iterator[str]:
    """What a browser would ask of other hosts to show these pages."""
    asked = re.compile(
        r"""<(?:script|img|iframe)[^>]*src="(https?://[^"]+)|"""
        r"""<link rel="?stylesheet"?[^>]*href="(https?://[^"]+)"""
    )
    for page in site.rglob("*.html"):
        for found in asked.finditer(page.read_text(encoding="utf-8")):
            yield found.group(1) or found.group(2)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _pictures() -> set[Path]:
    folders = [ROOT / "docs", ROOT / "models_onnx"]
    found = (path for folder in folders for path in folder.rglob("*") if path.suffix in PICTURES)
    return {path.relative_to(ROOT) for path in found}


def _nav(known: set[Path], rooms: list[str]) -> list[Any]:
    named = {*_GUIDES, *_LOOKED_UP, *_CARRY_ON, "README.md"}
    rest = sorted(str(page) for page in known if str(page) not in named)
    guides = [page for page in _GUIDES if Path(page) in known]
    guides += [page for page in rest if page.startswith("docs/")]
    readmes = [page for page in rest if not page.startswith("docs/")]
    reference = [f"{_REFERENCE}/{name}.md" for name in ("settings", "commands", "metrics")]
    return [
        "README.md",
        {"Guides": guides},
        {"Reference": [*reference, *(page for page in _LOOKED_UP if Path(page) in known)]},
        {"Carry on": [*(page for page in _CARRY_ON if Path(page) in known), {"Rooms": readmes}]},
        {"Code": [{room: f"api/{room}.md"} for room in rooms]},
    ]


def _config(
    out: Path, where: Path, packages: Path, known: set[Path], rooms: list[str]
) -> dict[str, Any]:
    """No fonts, scripts or pictures of other hosts: the pages open from a stick."""
    shown = {
        "docstring_style": "numpy", "show_source": False, "show_root_heading": True,
        "show_root_full_path": True, "heading_level": 2, "members_order": "source",
        "filters": ["!^_"], "show_if_no_docstring": False, "show_signature_annotations": True,
        "separate_signature": True, "docstring_options": {"warnings": False},
    }  # fmt: skip
    python = {"paths": [str(packages)], "options": shown}
    return {
        "site_name": "Posture station",
        "docs_dir": str(where),
        "site_dir": str(out.absolute()),
        "use_directory_urls": False,
        "extra": {"generator": False},
        "theme": {"name": "material", "font": False, "language": "en",
                  "features": ["navigation.indexes", "content.code.copy"]},
        "nav": _nav(known, rooms),
        "plugins": [
            "search",
            {"mkdocstrings": {"handlers": {"python": python}}},
        ],
        "markdown_extensions": [
            "tables", "pymdownx.superfences", "pymdownx.highlight", "admonition", "attr_list",
            {"toc": {"permalink": True, "toc_depth": 3}},
        ],
        "validation": {"anchors": "warn", "omitted_files": "warn",
                       "absolute_links": "warn", "unrecognized_links": "warn"},
    }  # fmt: skip
