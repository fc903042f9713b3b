"""What the steps of `posture-models repo` do."""

from __future__ import annotations

import getpass
import stat
from collections.abc import Sequence
from pathlib import Path

from posture_tools.cli import Output
from posture_tools.repository.folder import RepositoryFolder
from posture_tools.repository.keys import load_public, load_signer, make_key
from posture_tools.repository.roles import ROLES
from posture_tools.repository.status import RoleStatus, offers, role_statuses
from posture_tools.repository.terms import Conditions, terms_of
from rich.table import Table

from edge.errors import RepositoryUnready


def init(folder: Path, keys: Path, passphrase_file: Path | None, out: Output) -> int:
    repository = RepositoryFolder(folder)
    keys.mkdir(parents=True, exist_ok=True)
    asked: dict[str, dict[Path, str]] = {}  # all, before the first key is made
    for role in ROLES.values():
        names = [f"{role.name}-{i + 1}" if role.keys > 1 else role.name for i in range(role.keys)]
        paths = [keys / f"{name}.pem" for name in names]
        asked[role.name] = {path: _new_passphrase(passphrase_file, path) for path in paths}
    repository.create(
        {name: [make_key(*pair) for pair in pairs.items()] for name, pairs in asked.items()}
    )
    out.line(f"keys in {keys}; now sign with two of the root keys, targets and models:")
    out.line(f"  posture-models repo sign {folder} --key {keys}/root-1.pem ...")
    return 0


def add(folder: Path, model: Path, conditions: Conditions, out: Output) -> int:
    terms = terms_of(model, conditions)
    sha256 = RepositoryFolder(folder).offer(model, terms)
    out.line(
        f"staged {terms.name} {terms.version} for {terms.ring_percent} % of the stations: {sha256}"
    )
    return 0


def sign(
    folder: Path,
    keys: Sequence[Path],
    renew: str | None,
    passphrase_file: Path | None,
    out: Output,
) -> int:
    """renew : a role that is staged anew before."""
    repository = RepositoryFolder(folder)
    if renew:
        repository.renew(renew)
    for path in keys:
        signer = load_signer(path, _passphrase(passphrase_file, path))
        out.line(f"{path.name} signed {', '.join(repository.sign(signer))}")
    return 0


def publish(folder: Path, keys: Sequence[Path], passphrase_file: Path | None, out: Output) -> int:
    signers = [load_signer(path, _passphrase(passphrase_file, path)) for path in keys]
    out.line(f"published {', '.join(RepositoryFolder(folder).publish(signers))}")
    return 0


def rotate_key(
    folder: Path, role: str, old: Path, new: Path, *, passphrase_file: Path | None, out: Output
) -> int:
    """old : the public half of the key that goes. new : where the next one is made."""
    keyid = load_public(old).keyid
    made = make_key(new, _new_passphrase(passphrase_file, new))
    RepositoryFolder(folder).rotate_key(role, keyid, made)
    out.line("staged; see `repo status` for whose signatures it lacks")
    return 0


def status(folder: Path, out: Output) -> int:
    """Returns 1 where a role has expired, soon will, or lacks signatures."""
    repository = RepositoryFolder(folder)
    roles, offered = role_statuses(repository), offers(repository)
    out.answer({"roles": roles, "offers": offered})
    table = Table("role", "", "version", "signatures", "expires", "", "keys")
    for role in roles:
        table.add_row(*role.cells())
    out.table(table)
    for offer in offered:  # no table: a sha256 that was wrapped cannot be copied
        since = f" from {offer['not_before']}" if offer["not_before"] else ""
        out.line(
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
