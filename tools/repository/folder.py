"""A model repository on plain files, which any web server serves.

    public/metadata/   who signs what, and what there is (`metadata_files`)
    public/targets/    models/<sha256>.<name>-<version>.onnx
                       software/<sha256>.<version>-<python>-<machine>.json, wheels/<sha256>.whl
    staged/            metadata that still lack signatures

What needs offline keys is staged first, signed as often as its threshold asks (`thresholds`), and
published then (`publishing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from posture_tools.repository.metadata_files import MetadataFiles
from posture_tools.repository.publishing import publish
from posture_tools.repository.roles import DELEGATED, ROLES, STAGED
from posture_tools.repository.thresholds import keyids, signatures
from securesystemslib.signer import CryptoSigner, Key
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, Root, TargetFile, Targets

from edge.errors import RepositoryUnready
from edge.files import make_folder, write_durably
from edge.software.wheel_set import SOFTWARE_ROLE, SetTerms, WheelSet, wheel_url_path
from edge.software.wheel_set import custom_of as software_custom_of
from edge.update.offer import Terms, custom_of
from edge.update.trust import MODELS_ROLE


class RepositoryFolder:
    """folder : of the repository. now : what counts as the present, for expiry."""

    def __init__(self, folder: Path, now: datetime | None = None) -> None:
        self._files = MetadataFiles(folder)
        self._targets = folder / "public" / "targets"
        self._folder = folder
        self._now = now or datetime.now(UTC)

    @property
    def now(self) -> datetime:
        return self._now

    def create(self, keys: Mapping[str, Iterable[Key]]) -> None:
        """Stage the first root, targets and models; keys by role.

        Raises
        ------
        RepositoryUnready : there is a repository already.
        """
        self._files.create()
        root = Root(expires=ROLES[Root.type].expiry(self._now), consistent_snapshot=True)
        for role in ROLES.values():
            if role.parent == Root.type:
                for key in keys[role.name]:
                    root.add_key(key, role.name)
                root.roles[role.name].threshold = role.threshold
        targets = Targets(
            expires=ROLES[Targets.type].expiry(self._now), delegations=Delegations({}, {})
        )
        for name in DELEGATED:
            self._delegate(targets, name, keys[name])
        self._files.stage(Metadata(root))
        self._files.stage(Metadata(targets))

    def delegate(self, role: str, keys: Iterable[Key]) -> None:
        """Stage a role that a repository of an older version lacks.

        Raises
        ------
        RepositoryUnready : it has the role.
        """
        self.require_without(role)
        targets = self._next(Targets.type)
        self._delegate(targets.signed, role, keys)
        self._files.stage(targets)

    def require_without(self, role: str) -> None:
        """Raise RepositoryUnready where the repository has the role."""
        if role in self._next(Targets.type).signed.delegations.roles:
            raise RepositoryUnready(f"{self._folder} has the role {role}.", "See `repo status`.")

    def _delegate(self, targets: Targets, role: str, keys: Iterable[Key]) -> None:
        assert targets.delegations is not None  # noqa: S101 - its callers have made them
        assert targets.delegations.roles is not None  # noqa: S101
        targets.delegations.roles[role] = DelegatedRole(
            role, [], ROLES[role].threshold, terminating=True, paths=[f"{role}/*"]
        )
        for key in keys:
            targets.add_key(key, role)
        self._files.stage(Metadata(Targets(expires=ROLES[role].expiry(self._now))), role)

    def offer(self, model: Path, terms: Terms) -> str:
        """Stage an offer, or other terms for one that stands: a ring that grows or shrinks.

        Returns the file's sha256, by which roll-outs and stations know it.

        Raises
        ------
        RepositoryUnready : this name and version stand for another file.
        """
        path = f"{MODELS_ROLE}/{terms.name}-{terms.version}.onnx"
        return self._offer(path, model.read_bytes(), custom_of(terms), MODELS_ROLE)

    def release(self, wheels: WheelSet, files: Mapping[str, Path], terms: SetTerms) -> str:
        """Stage a release of the station's software, or other terms for one that stands.

        files : sha256 -> wheel. Returns the sha256 of its list of wheels, by which roll-outs and
        stations know it.

        Raises
        ------
        RepositoryUnready : this version, Python and machine stand for another set.
        """
        for wheel in wheels.wheels:
            copy = self._targets / wheel_url_path(wheel)
            if not copy.exists():
                make_folder(copy.parent)
                write_durably(copy, files[wheel.sha256].read_bytes())
        tag = f"cp{terms.python.replace('.', '')}"
        path = f"{SOFTWARE_ROLE}/{terms.version}-{tag}-{terms.machine}.json"
        data = msgspec.json.encode(wheels)
        return self._offer(path, data, software_custom_of(terms), SOFTWARE_ROLE)

    def _offer(self, path: str, data: bytes, custom: Mapping[str, str], role: str) -> str:
        target = TargetFile.from_data(path, data, ["sha256"])
        target.unrecognized_fields["custom"] = dict(custom)
        staged = self._next(role)
        known = staged.signed.targets.get(path)
        if known is not None and known.hashes != target.hashes:
            raise RepositoryUnready(
                f"{path} stands for another file.", "What has changed has another version."
            )
        staged.signed.targets[path] = target
        sha256 = target.hashes["sha256"]
        folder, _, name = path.rpartition("/")
        copy = self._targets / folder / f"{sha256}.{name}"
        if not copy.exists():
            make_folder(copy.parent)
            write_durably(copy, data)
        self._files.stage(staged, role)
        return sha256

    def rotate_key(self, role: str, old_keyid: str, new: Key) -> None:
        """Stage the metadata in which a role's key is another one.

        Raises
        ------
        RepositoryUnready : the role has no such key.
        """
        parent = ROLES[role].parent
        staged: Metadata[Any] = self._next(parent)
        try:
            staged.signed.revoke_key(old_keyid, role)
        except ValueError as error:
            raise RepositoryUnready(f"{role}: {error}.", "See `repo status`.") from error
        staged.signed.add_key(new, role)
        self._files.stage(staged, parent)
        if role in STAGED and role != parent:
            self._files.stage(self._next(role), role)  # what the old key signed counts no more

    def renew(self, role: str) -> None:
        """Stage a role as it is, with a new expiry."""
        self._files.stage(self._next(role), role)

    def sign(self, signer: CryptoSigner) -> list[str]:
        """Add a signature to everything staged that asks for this key; names the roles.

        Raises
        ------
        RepositoryUnready : nothing staged asks for it.
        """
        signed = []
        for role in STAGED:
            metadata = self._files.staged(role)
            if metadata is not None and signer.public_key.keyid in self.keyids(role):
                metadata.sign(signer, append=True)
                self._files.stage(metadata, role)
                signed.append(role)
        if not signed:
            raise RepositoryUnready(
                f"nothing staged asks for the key {signer.public_key.keyid[:12]}.",
                "See `repo status` for what is staged and whose signature it lacks.",
            )
        return signed

    def publish(self, signers: Iterable[CryptoSigner]) -> list[str]:
        """Put out what is staged and signed, and renew snapshot and timestamp; names the roles.

        With nothing staged this is the scheduled job that keeps timestamp fresh: it needs the
        key of timestamp, and every third week that of snapshot.

        Raises
        ------
        RepositoryUnready : a signature or a key is missing; says whose.

        Examples
        --------
        Keys in memory, where an operator has files; then a repository that stations can read:

        >>> import tempfile
        >>> keys = {
        ...     role.name: [CryptoSigner.generate_ed25519() for _ in range(role.keys)]
        ...     for role in ROLES.values()
        ... }
        >>> folder = tempfile.TemporaryDirectory()
        >>> repository = RepositoryFolder(Path(folder.name, "repository"))
        >>> repository.create({name: [k.public_key for k in of] for name, of in keys.items()})
        >>> everyone = [key for of in keys.values() for key in of]
        >>> for name in ("root", "targets", "models", "software"):
        ...     for key in keys[name]:
        ...         _ = repository.sign(key)
        >>> published = repository.publish(everyone)
        >>> Path(folder.name, "repository/public/metadata/1.root.json").is_file()
        True
        >>> folder.cleanup()
        """
        return publish(self._files, signers, self._now)

    def published(self, role: str) -> Metadata[Any] | None:
        """The newest published metadata of a role."""
        return self._files.published(role)

    def staged(self, role: str) -> Metadata[Any] | None:
        """What waits for signatures."""
        return self._files.staged(role)

    def signatures(self, role: str, metadata: Metadata[Any]) -> tuple[int, int]:
        """How many valid signatures metadata have, and how many they need."""
        return signatures(self._files, role, metadata)

    def keyids(self, role: str) -> set[str]:
        """The keys whose signatures count for a role."""
        return keyids(self._files, role)

    def _next(self, role: str) -> Metadata[Any]:
        """Metadata to change: what is staged, unsigned again, else the successor of what is
        published."""
        staged = self._files.staged(role)
        if staged is None:
            staged = self._files.require(role)
            staged.signed.version += 1
        staged.signatures.clear()
        staged.signed.expires = ROLES[role].expiry(self._now)
        return staged
