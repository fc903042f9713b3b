"""What is signed is put out, and snapshot and timestamp are renewed with the online keys.

Files are written before those that name them, timestamp last: a station that looks in between sees
the repository of before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from posture_tools.repository.metadata_files import MetadataFiles
from posture_tools.repository.roles import DELEGATED, ROLES, STAGED
from posture_tools.repository.thresholds import check_thresholds
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, Targets, Timestamp

from edge.errors import RepositoryUnready


def publish(files: MetadataFiles, signers: Iterable[CryptoSigner], now: datetime) -> list[str]:
    """Publish as `RepositoryFolder.publish` does. now : what counts as the present, for expiry."""
    by_keyid = {signer.public_key.keyid: signer for signer in signers}
    staged = {role: md for role in STAGED if (md := files.staged(role)) is not None}
    check_thresholds(files, staged)
    root = staged.get(Root.type) or files.published(Root.type)
    if root is None:
        raise RepositoryUnready("no root was published or staged.", "Start with `repo init`.")
    snapshot = _next_snapshot(files, root.signed, staged, now)
    if snapshot is not None:
        _sign_online(snapshot, root.signed, by_keyid, now)
    timestamp = _next_timestamp(files, snapshot or files.require(Snapshot.type))
    _sign_online(timestamp, root.signed, by_keyid, now)
    put_out = [*staged, *([Snapshot.type] if snapshot else []), Timestamp.type]
    for role, metadata in staged.items():
        files.put_out(metadata, role)
    if snapshot is not None:
        files.put_out(snapshot, Snapshot.type)
    files.put_out(timestamp, Timestamp.type)
    for role in staged:
        files.unstage(role)
    return put_out


def _next_snapshot(
    files: MetadataFiles,
    root: Root,
    staged: Mapping[str, Metadata[Any]],
    now: datetime,
) -> Metadata[Any] | None:
    """A new snapshot, if what it lists, its key or its age asks for one."""
    versions = {
        f"{role}.json": MetaFile(metadata.signed.version)
        for role in (Targets.type, *DELEGATED)
        if (metadata := staged.get(role) or files.published(role)) is not None
    }
    snapshot = files.published(Snapshot.type)
    if snapshot is None:
        return Metadata(Snapshot(meta=versions))
    valid = root.get_verification_result(
        Snapshot.type, snapshot.signed_bytes, snapshot.signatures
    ).verified
    due = ROLES[Snapshot.type].is_due(snapshot, now)
    if versions == snapshot.signed.meta and valid and not due:
        return None
    snapshot.signed.meta = versions
    snapshot.signed.version += 1
    return snapshot


def _next_timestamp(files: MetadataFiles, snapshot: Metadata[Any]) -> Metadata[Any]:
    timestamp = files.published(Timestamp.type)
    if timestamp is None:
        timestamp = Metadata(Timestamp())
    else:
        timestamp.signed.version += 1
    timestamp.signed.snapshot_meta = MetaFile(snapshot.signed.version)
    return timestamp


def _sign_online(
    metadata: Metadata[Any], root: Root, signers: Mapping[str, CryptoSigner], now: datetime
) -> None:
    role = metadata.signed.type
    metadata.signatures.clear()
    metadata.signed.expires = ROLES[role].expiry(now)
    for keyid in root.roles[role].keyids:
        if keyid in signers:
            metadata.sign(signers[keyid], append=True)
    try:
        root.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
    except RepositoryError as error:
        raise RepositoryUnready(
            f"the key of {role} is needed.", f"Add --key with the file of {role}'s key."
        ) from error
