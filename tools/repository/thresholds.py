"""Whose signatures a role's metadata need, and whether they are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posture_tools.repository.metadata_files import MetadataFiles
from posture_tools.repository.roles import DELEGATED, ROLES
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import Metadata, Root, Targets
from tuf.api.serialization import SerializationError

from edge.errors import RepositoryUnready


def signatures(files: MetadataFiles, role: str, metadata: Metadata[Any]) -> tuple[int, int]:
    """How many valid signatures metadata have, and how many they need."""
    keyids(files, role)  # raises where there is no such role
    parent = parent_of(files, role)
    try:
        result = parent.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
    except SerializationError as error:
        raise RepositoryUnready(
            f"{role} holds what nobody can sign: {error.__cause__}.", "Stage it anew."
        ) from error
    return len(result.signed), result.threshold


def keyids(files: MetadataFiles, role: str) -> set[str]:
    """The keys whose signatures count for a role."""
    try:
        keyids = set(parent_of(files, role).get_delegated_role(role).keyids)
    except ValueError as error:
        raise RepositoryUnready(
            f"{files.folder} has no role {role}: {error}.", "See `repo add-role`."
        ) from error
    former = files.published(Root.type)
    if role == Root.type and former is not None:
        keyids |= set(former.signed.roles[Root.type].keyids)  # both must agree to a new root
    return keyids


def check_thresholds(files: MetadataFiles, staged: Mapping[str, Metadata[Any]]) -> None:
    """Whether all of it may be published. staged : role -> metadata.

    Raises
    ------
    RepositoryUnready : a signature is missing; says whose.
    """
    former = files.published(Root.type)
    for role, metadata in staged.items():
        try:
            parents = [parent_of(files, role)]
            if role == Root.type and former is not None:
                parents.append(former.signed)
            for parent in parents:
                parent.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
        except UnsignedMetadataError as error:
            raise RepositoryUnready(
                f"{role} is not signed by enough keys: {error}.",
                f"Sign it: posture-models repo sign {files.folder} --key FILE.",
            ) from error
    if Targets.type in staged:
        for role in DELEGATED:
            offered = None if role in staged else files.published(role)
            if offered is not None:
                check_thresholds(files, {role: offered})


def parent_of(files: MetadataFiles, role: str) -> Root | Targets:
    """Who says which keys count for a role: staged metadata before published ones."""
    parent = files.staged(ROLES[role].parent) or files.published(ROLES[role].parent)
    if parent is None:
        raise RepositoryUnready(f"{files.folder} holds no repository.", "Start with `init`.")
    signed: Root | Targets = parent.signed
    return signed
