"""`posture-models repo`: one function a verb."""

from __future__ import annotations

import argparse
import getpass
import json
import stat
from pathlib import Path

from posture_tools.repository.folder import RepositoryFolder
from posture_tools.repository.keys import load_public, load_signer, make_key
from posture_tools.repository.roles import ROLES
from posture_tools.repository.status import RoleStatus, offers, role_statuses
from rich.console import Console
from rich.table import Column, Table

from edge.errors import RepositoryUnready


def run(options: argparse.Namespace) -> int:
    """Exit status 0: done; 1 from `status`: a role has expired or soon will."""
    repository = RepositoryFolder(options.folder)
    match options.step:
        case "init":
            return _init(repository, options)
        case "add":
            return _add(repository, options)
        case "sign":
            if options.renew:
                repository.renew(options.renew)
            for path in options.key:
                signer = load_signer(path, _passphrase(options.passphrase_file, path))
                print(f"{path.name} signed {', '.join(repository.sign(signer))}")
            return 0
        case "publish":
            signers = [
                load_signer(path, _passphrase(options.passphrase_file, path))
                for path in options.key
            ]
            print(f"published {', '.join(repository.publish(signers))}")
            return 0
        case "rotate-key":
            old = load_public(options.old)
            new = make_key(options.new, _new_passphrase(options.passphrase_file, options.new))
            repository.rotate_key(options.role, old.keyid, new)
            print("staged; see `repo status` for whose signatures it lacks")
            return 0
    return _status(repository, as_json=options.json)


def _init(repository: RepositoryFolder, options: argparse.Namespace) -> int:
    options.keys.mkdir(parents=True, exist_ok=True)
    asked: dict[str, dict[Path, str]] = {}  # all, before the first key is made
    for role in ROLES.values():
        names = [f"{role.name}-{i + 1}" if role.keys > 1 else role.name for i in range(role.keys)]
        paths = [options.keys / f"{name}.pem" for name in names]
        asked[role.name] = {path: _new_passphrase(options.passphrase_file, path) for path in paths}
    repository.create(
        {name: [make_key(*pair) for pair in keys.items()] for name, keys in asked.items()}
    )
    print(
        f"keys in {options.keys}; now sign with two of the root keys, targets and models:\n"
        f"  posture-models repo sign {options.folder} --key {options.keys}/root-1.pem ..."
    )
    return 0


def _add(repository: RepositoryFolder, options: argparse.Namespace) -> int:
    from posture_tools.repository.terms import Conditions, terms_of

    conditions = Conditions(
        slot=options.slot,
        latency_ms=options.latency_ms,
        ring_percent=options.ring,
        min_sw=options.min_sw,
        max_sw=options.max_sw,
        not_before=options.not_before,
    )
    terms = terms_of(options.model, conditions)
    sha256 = repository.offer(options.model, terms)
    print(
        f"staged {terms.name} {terms.version} for {terms.ring_percent} % of the stations: {sha256}"
    )
    return 0


def _status(repository: RepositoryFolder, *, as_json: bool) -> int:
    roles = role_statuses(repository)
    offered = offers(repository)
    if as_json:
        print(
            json.dumps({"roles": [role.as_dict() for role in roles], "offers": offered}, indent=1)
        )
    else:
        whole = (Column(name, min_width=len("2026-06-01")) for name in ("signatures", "expires"))
        table = Table("role", "", "version", *whole, "", "keys")
        for role in roles:
            table.add_row(*role.cells())
        Console().print(table)
        for offer in offered:  # no table: a sha256 that was wrapped cannot be copied
            since = f" from {offer['not_before']}" if offer["not_before"] else ""
            print(
                f"{offer['slot']}: {offer['model']} {offer['version']} for {offer['ring']} %{since}"
                f" {offer['sha256']}"
            )
    return 1 if any(_needs_care(role) for role in roles) else 0


def _needs_care(role: RoleStatus) -> bool:
    return role.state != "ok"


def _new_passphrase(file: Path | None, key: Path) -> str:
    """Typed twice: nobody opens a key again whose passphrase was mistyped."""
    passphrase = _passphrase(file, key)
    if file is None and getpass.getpass("once more: ") != passphrase:
        raise RepositoryUnready(f"the two passphrases of {key} differ.", "Begin again.")
    return passphrase


def _passphrase(file: Path | None, key: Path) -> str:
    if file is None:
        return getpass.getpass(f"passphrase of {key}: ")
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise RepositoryUnready(
            f"{file} can be read by others.", f"Make it private: chmod 600 {file}."
        )
    return file.read_text(encoding="utf-8").rstrip("\n")
