"""A model repository on plain files, which any web server serves.

    public/metadata/   N.root.json, N.targets.json, N.models.json, N.software.json,
                       N.snapshot.json, timestamp.json
    public/targets/    models/<sha256>.<name>-<version>.onnx
                       software/<sha256>.<version>-<python>-<machine>.json, wheels/<sha256>.whl
    staged/            root, targets, models and software that still lack signatures

What needs offline keys is staged first, signed as often as its threshold asks, and published then.
Files are written before those that name them, timestamp last: a station that looks in between sees
the repository of before.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from posture_tools.repository.metadata_files import newest, read_metadata
from posture_tools.repository.roles import DELEGATED, ROLES, STAGED
from securesystemslib.signer import CryptoSigner, Key
from tuf.api.exceptions import RepositoryError, UnsignedMetadataError
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization import SerializationError

from edge.errors import RepositoryUnready
from edge.files import make_folder, write_durably
from edge.software.wheel_set import SOFTWARE_ROLE, SetTerms, WheelSet, wheel_url_path
from edge.software.wheel_set import custom_of as software_custom_of
from edge.update.offer import Terms, custom_of
from edge.update.trust import MODELS_ROLE


class RepositoryFolder:
    """folder : of the repository. now : what counts as the present, for expiry."""

    def __init__(self, folder: Path, now: datetime | None = None) -> None:
        self._metadata = folder / "public" / "metadata"
        self._targets = folder / "public" / "targets"
        self._staged = folder / "staged"
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
        if self._staged.exists() or self._metadata.exists():
            raise RepositoryUnready(f"{self._folder} holds a repository.", "Name an empty folder.")
        for folder in (self._metadata, self._staged):
            make_folder(folder)
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
        self._stage(Metadata(root))
        self._stage(Metadata(targets))

    def delegate(self, role: str, keys: Iterable[Key]) -> None:
        """Stage a role that a repository of an older version lacks.

        Raises
        ------
        RepositoryUnready : it has the role.
        """
        self.require_without(role)
        targets = self._next(Targets.type)
        self._delegate(targets.signed, role, keys)
        self._stage(targets)

    def require_without(self, role: str) -> None:
        """Raises RepositoryUnready where it has the role."""
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
        self._stage(Metadata(Targets(expires=ROLES[role].expiry(self._now))), role)

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
        self._stage(staged, role)
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
        self._stage(staged, parent)
        if role in STAGED and role != parent:
            self._stage(self._next(role), role)  # what the old key signed counts no more

    def renew(self, role: str) -> None:
        """Stage a role as it is, with a new expiry."""
        self._stage(self._next(role), role)

    def sign(self, signer: CryptoSigner) -> list[str]:
        """Add a signature to everything staged that asks for this key; names the roles.

        Raises
        ------
        RepositoryUnready : nothing staged asks for it.
        """
        signed = []
        for role in STAGED:
            metadata = self._read_staged(role)
            if metadata is not None and signer.public_key.keyid in self.keyids(role):
                metadata.sign(signer, append=True)
                self._stage(metadata, role)
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
        by_keyid = {signer.public_key.keyid: signer for signer in signers}
        staged = {role: md for role in STAGED if (md := self._read_staged(role)) is not None}
        self._check_thresholds(staged)
        root = staged.get(Root.type) or self.published(Root.type)
        if root is None:
            raise RepositoryUnready("no root was published or staged.", "Start with `repo init`.")
        snapshot = self._next_snapshot(root.signed, staged)
        if snapshot is not None:
            self._sign_online(snapshot, root.signed, by_keyid)
        timestamp = self._next_timestamp(snapshot or self._require(Snapshot.type))
        self._sign_online(timestamp, root.signed, by_keyid)
        put_out = [*staged, *([Snapshot.type] if snapshot else []), Timestamp.type]
        for role, metadata in staged.items():
            self._put_out(metadata, role)
        if snapshot is not None:
            self._put_out(snapshot, Snapshot.type)
        write_durably(self._metadata / "timestamp.json", timestamp.to_bytes())
        for role in staged:
            (self._staged / f"{role}.json").unlink()
        return put_out

    def published(self, role: str) -> Metadata[Any] | None:
        """The newest published metadata of a role."""
        if role == Timestamp.type:
            return read_metadata(self._metadata / "timestamp.json", role)
        return read_metadata(newest(self._metadata, role), role)

    def staged(self, role: str) -> Metadata[Any] | None:
        """What waits for signatures."""
        return self._read_staged(role)

    def signatures(self, role: str, metadata: Metadata[Any]) -> tuple[int, int]:
        """How many valid signatures metadata have, and how many they need."""
        self.keyids(role)  # the role is there
        parent = self._parent(role)
        try:
            result = parent.get_verification_result(
                role, metadata.signed_bytes, metadata.signatures
            )
        except SerializationError as error:
            raise RepositoryUnready(
                f"{role} holds what nobody can sign: {error.__cause__}.", "Stage it anew."
            ) from error
        return len(result.signed), result.threshold

    def _parent(self, role: str) -> Root | Targets:
        parent = self._read_staged(ROLES[role].parent) or self.published(ROLES[role].parent)
        if parent is None:
            raise RepositoryUnready(f"{self._folder} holds no repository.", "Start with `init`.")
        signed: Root | Targets = parent.signed
        return signed

    def keyids(self, role: str) -> set[str]:
        """The keys whose signatures count for a role."""
        try:
            keyids = set(self._parent(role).get_delegated_role(role).keyids)
        except ValueError as error:
            raise RepositoryUnready(
                f"{self._folder} has no role {role}: {error}.", "See `repo add-role`."
            ) from error
        former = self.published(Root.type)
        if role == Root.type and former is not None:
            keyids |= set(former.signed.roles[Root.type].keyids)  # both must agree to a new root
        return keyids

    def _check_thresholds(self, staged: Mapping[str, Metadata[Any]]) -> None:
        former = self.published(Root.type)
        for role, metadata in staged.items():
            try:
                parents = [self._parent(role)]
                if role == Root.type and former is not None:
                    parents.append(former.signed)
                for parent in parents:
                    parent.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
            except UnsignedMetadataError as error:
                raise RepositoryUnready(
                    f"{role} is not signed by enough keys: {error}.",
                    f"Sign it: posture-models repo sign {self._folder} --key FILE.",
                ) from error
        if Targets.type in staged:
            for role in DELEGATED:
                offered = None if role in staged else self.published(role)
                if offered is not None:
                    self._check_thresholds({role: offered})

    def _next(self, role: str) -> Metadata[Any]:
        """What is staged, unsigned again, or the successor of what is published."""
        staged = self._read_staged(role)
        if staged is None:
            staged = self._require(role)
            staged.signed.version += 1
        staged.signatures.clear()
        staged.signed.expires = ROLES[role].expiry(self._now)
        return staged

    def _next_snapshot(
        self, root: Root, staged: Mapping[str, Metadata[Any]]
    ) -> Metadata[Any] | None:
        """A new snapshot, if what it lists, its key or its age asks for one."""
        versions = {
            f"{role}.json": MetaFile(metadata.signed.version)
            for role in (Targets.type, *DELEGATED)
            if (metadata := staged.get(role) or self.published(role)) is not None
        }
        snapshot = self.published(Snapshot.type)
        if snapshot is None:
            return Metadata(Snapshot(meta=versions))
        valid = root.get_verification_result(
            Snapshot.type, snapshot.signed_bytes, snapshot.signatures
        ).verified
        due = ROLES[Snapshot.type].is_due(snapshot, self._now)
        if versions == snapshot.signed.meta and valid and not due:
            return None
        snapshot.signed.meta = versions
        snapshot.signed.version += 1
        return snapshot

    def _next_timestamp(self, snapshot: Metadata[Any]) -> Metadata[Any]:
        timestamp = self.published(Timestamp.type)
        if timestamp is None:
            timestamp = Metadata(Timestamp())
        else:
            timestamp.signed.version += 1
        timestamp.signed.snapshot_meta = MetaFile(snapshot.signed.version)
        return timestamp

    def _sign_online(
        self, metadata: Metadata[Any], root: Root, signers: Mapping[str, CryptoSigner]
    ) -> None:
        role = metadata.signed.type
        metadata.signatures.clear()
        metadata.signed.expires = ROLES[role].expiry(self._now)
        for keyid in root.roles[role].keyids:
            if keyid in signers:
                metadata.sign(signers[keyid], append=True)
        try:
            root.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
        except RepositoryError as error:
            raise RepositoryUnready(
                f"the key of {role} is needed.", f"Add --key with the file of {role}'s key."
            ) from error

    def _require(self, role: str) -> Metadata[Any]:
        metadata = self.published(role)
        if metadata is None:
            raise RepositoryUnready(
                f"{role} was never published in {self._folder}.", "Run `repo init` and `sign`."
            )
        return metadata

    def _stage(self, metadata: Metadata[Any], role: str = "") -> None:
        name = role or metadata.signed.type
        write_durably(self._staged / f"{name}.json", metadata.to_bytes())

    def _read_staged(self, role: str) -> Metadata[Any] | None:
        return read_metadata(self._staged / f"{role}.json", role)

    def _put_out(self, metadata: Metadata[Any], role: str) -> None:
        version = metadata.signed.version
        write_durably(self._metadata / f"{version}.{role}.json", metadata.to_bytes())
        if role == Root.type:  # the newest one also by the name that people look for
            source = self._metadata / f"{version}.root.json"
            shutil.copyfile(source, self._folder / "root.json")
