"""What the steps of `posture-models repo` do."""

from __future__ import annotations

import getpass
import stat
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

from posture_tools.cli import Output
from posture_tools.repository import wheel_sets
from posture_tools.repository.folder import RepositoryFolder
from posture_tools.repository.keys import load_public, load_signer, make_key
from posture_tools.repository.roles import ROLES, Role
from posture_tools.repository.status import RoleStatus, published, role_statuses
from posture_tools.repository.terms import Conditions, terms_of
from rich.table import Table
from securesystemslib.signer import SSlibKey

from edge.errors import RepositoryUnready


def init(folder: Path, keys: Path, passphrase_file: Path | None, out: Output) -> int:
    repository = RepositoryFolder(folder)
    repository.create(_made_keys(ROLES.values(), keys, passphrase_file))
    out.line(f"keys in {keys}; now sign with two of the root keys, targets, models and software:")
    out.line(f"  posture-models repo sign {folder} --key {keys}/root-1.pem ...")
    return 0


def add_role(folder: Path, role: str, keys: Path, passphrase_file: Path | None, out: Output) -> int:
    """A role that the repository lacks, because an older version made it."""
    repository = RepositoryFolder(folder)
    repository.require_without(role)  # before anybody makes up passphrases
    made = _made_keys([ROLES[role]], keys, passphrase_file)
    repository.delegate(role, made[role])
    out.line(f"keys in {keys}; now sign with targets and with the keys of {role}")
    return 0


def _made_keys(
    roles: Iterable[Role], folder: Path, passphrase_file: Path | None
) -> dict[str, list[SSlibKey]]:
    folder.mkdir(parents=True, exist_ok=True)
    asked: dict[str, dict[Path, str]] = {}  # all, before the first key is made
    for role in roles:
        names = [f"{role.name}-{i + 1}" if role.keys > 1 else role.name for i in range(role.keys)]
        paths = [folder / f"{name}.pem" for name in names]
        asked[role.name] = {path: _new_passphrase(passphrase_file, path) for path in paths}
    return {name: [make_key(*pair) for pair in pairs.items()] for name, pairs in asked.items()}


def add(folder: Path, model: Path, conditions: Conditions, out: Output) -> int:
    terms = terms_of(model, conditions)
    sha256 = RepositoryFolder(folder).offer(model, terms)
    out.line(
        f"staged {terms.name} {terms.version} for {terms.ring_percent} % of the stations: {sha256}"
    )
    return 0


def release(folder: Path, wheels_folder: Path, ring: int, not_before: str, out: Output) -> int:
    wheels, files, installed_bytes = wheel_sets.wheel_set_of(wheels_folder)
    terms = wheel_sets.terms_of(wheels, installed_bytes, ring, not_before)
    sha256 = RepositoryFolder(folder).release(wheels, files, terms)
    out.line(
        f"staged release {wheels.version} for Python {wheels.python} on {wheels.machine}, "
        f"{len(wheels.wheels)} wheels, {ring} % of the stations: {sha256}"
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
    roles, offered = role_statuses(repository), published(repository)
    out.answer(
        {"roles": roles, "offers": offered.models, "releases": offered.releases,
         "unreadable": offered.unreadable}
    )  # fmt: skip
    table = Table("role", "", "version", "signatures", "expires", "", "keys")
    for role in roles:
        table.add_row(*role.cells())
    out.table(table)
    for offer in offered.models:  # no table: a sha256 that was wrapped cannot be copied
        since = f" from {offer['not_before']}" if offer["not_before"] else ""
        out.line(
            f"{offer['slot']}: {offer['model']} {offer['version']} for {offer['ring']} %{since}"
            f" {offer['sha256']}"
        )
    for release in offered.releases:
        since = f" from {release['not_before']}" if release["not_before"] else ""
        out.line(
            f"release {release['version']} for Python {release['python']} on {release['machine']}, "
            f"{release['ring']} %{since} {release['sha256']}"
        )
    return 1 if any(_needs_care(role) for role in roles) else 0


def _needs_care(role: RoleStatus) -> bool:
    return role.state != "ok"


def _new_passphrase(file: Path | None, key: Path) -> str:
    """Typed twice: nobody opens a key again whose passphrase was mistyped."""
    passphrase = _passphrase(file, key)
    if file is None and _typed("once more: ") != passphrase:
        raise RepositoryUnready(f"the two passphrases of {key} differ.", "Begin again.")
    return passphrase


def _passphrase(file: Path | None, key: Path) -> str:
    if file is None:
        return _typed(f"passphrase of {key}: ")
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise RepositoryUnready(
            f"{file} can be read by others.", f"Make it private: chmod 600 {file}."
        )
    try:
        return file.read_text(encoding="utf-8").rstrip("\n")
    except UnicodeDecodeError as error:
        raise RepositoryUnready(
            f"{file} holds no text.", "Name the file of the passphrase, in UTF-8."
        ) from error


def _typed(prompt: str) -> str:
    """What somebody types unseen; refused where nobody can, or where it would be seen."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(prompt)
    except (EOFError, getpass.GetPassWarning) as error:
        raise RepositoryUnready(
            "there is no terminal to type a passphrase at.",
            "Name a private file with --passphrase-file, or type the command at a terminal.",
        ) from error
