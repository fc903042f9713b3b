"""What `posture-models repo` takes on its command line."""

from __future__ import annotations

import argparse
from pathlib import Path

_ROLES = ("root", "targets", "models", "snapshot", "timestamp")


def add_arguments(repo: argparse.ArgumentParser) -> None:
    verbs = repo.add_subparsers(dest="step", required=True)

    init = _verb(verbs, "init", "make the keys and stage the first root", passphrase=True)
    init.add_argument("--keys", type=Path, required=True, metavar="DIR", help="where keys go")

    add = _verb(verbs, "add", "stage a model, or other terms for one that stands")
    add.add_argument("model", type=Path, metavar="MODEL")
    add.add_argument("--slot", required=True, help="finder, whole or close")
    add.add_argument("--latency-ms", type=float, required=True, help="the most one run may take")
    add.add_argument("--ring", type=int, required=True, metavar="PERCENT", help="of all stations")
    add.add_argument("--min-sw", metavar="VERSION", help="oldest station software that can use it")
    add.add_argument("--max-sw", metavar="VERSION", help="newest one")
    add.add_argument("--not-before", default="", metavar="TIME", help="RFC 3339 with zone")

    sign = _verb(verbs, "sign", "add signatures to what is staged", passphrase=True)
    sign.add_argument("--key", type=Path, action="append", required=True, metavar="FILE")
    sign.add_argument("--renew", choices=_ROLES[:3], help="stage this role anew first")

    publish = _verb(verbs, "publish", "put out what is signed; renew timestamp", passphrase=True)
    publish.add_argument("--key", type=Path, action="append", required=True, metavar="FILE")

    rotate = _verb(verbs, "rotate-key", "stage another key for a role", passphrase=True)
    rotate.add_argument("role", choices=_ROLES)
    rotate.add_argument("--old", type=Path, required=True, metavar="FILE.pub")
    rotate.add_argument("--new", type=Path, required=True, metavar="FILE", help="made here")

    status = _verb(verbs, "status", "versions, signatures, expiry, offers")
    status.add_argument("--json", action="store_true", help="for machines")


def _verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    text: str,
    *,
    passphrase: bool = False,
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=text)
    verb.add_argument("folder", type=Path, metavar="REPOSITORY")
    if passphrase:
        verb.add_argument(
            "--passphrase-file", type=Path, metavar="FILE", help="for jobs; else it is asked for"
        )
    return verb
