"""What the repository says, once The Update Framework has verified it.

https://theupdateframework.github.io/specification/latest/, section 5. Root comes from the device's
image; what is on offer are the targets of a delegated role.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tuf.api import exceptions
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from edge.errors import UpdateDelayed, UpdateRefused
from edge.files import make_folder
from edge.update.version_floor import RoleVersion

MODELS_ROLE = "models"
# A root and its three dependents have some kB; a role that lists a thousand models has 3 MB.
_LIMITS = UpdaterConfig(
    root_max_length=128_000,
    timestamp_max_length=16_384,
    snapshot_max_length=128_000,
    targets_max_length=4_000_000,
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Verified metadata. targets : path -> file, of the role that was asked for."""

    roles: dict[str, RoleVersion]
    targets: dict[str, TargetFile]


def refresh(
    folder: Path, url: str, root: bytes, fetcher: FetcherInterface, role: str = MODELS_ROLE
) -> Catalogue:
    """Fetch and verify all metadata up to one delegated role; `folder` is the framework's cache.

    Raises
    ------
    UpdateRefused : expired, rollback, signature, mismatch, endless, malformed, metadata.
    UpdateDelayed : slow, http_<status>, unreachable, disk.
    """
    make_folder(folder)
    with _as_ours(url):
        updater = Updater(
            str(folder), f"{url}/metadata", fetcher=fetcher, config=_LIMITS, bootstrap=root
        )
        updater.refresh()
        updater.get_targetinfo(f"{role}/")  # loads the role's metadata; no target has this name
        trusted_root = Metadata[Root].from_file(str(folder / "root.json")).signed
        targets = Metadata[Targets].from_file(str(folder / "targets.json")).signed
        roles = {
            name: RoleVersion(version, frozenset(trusted_root.roles[name].keyids))
            for name, version in (
                (Root.type, trusted_root.version),
                (Timestamp.type, _version(folder, Timestamp.type)),
                (Snapshot.type, _version(folder, Snapshot.type)),
                (Targets.type, targets.version),
            )
        }
        delegated = targets.delegations.roles if targets.delegations else None
        if not delegated or role not in delegated:
            return Catalogue(roles, {})
        offered = Metadata[Targets].from_file(str(folder / f"{role}.json")).signed
        roles[role] = RoleVersion(offered.version, frozenset(delegated[role].keyids))
        # Asked of the updater again: it answers from what it verified, not from the cache.
        found = {path: updater.get_targetinfo(path) for path in offered.targets}
    return Catalogue(roles, {path: file for path, file in found.items() if file is not None})


def _version(folder: Path, role: str) -> int:
    version: int = Metadata.from_file(str(folder / f"{role}.json")).signed.version
    return version


@contextmanager
def _as_ours(url: str) -> Iterator[None]:
    """The framework's exceptions as this product's, with a reason that machines can read."""
    try:
        yield
    except exceptions.DownloadHTTPError as error:
        raise UpdateDelayed(
            f"http_{error.status_code}", f"{error}.", "Check the server."
        ) from error
    except exceptions.SlowRetrievalError as error:
        raise UpdateDelayed("slow", f"{url} answers too slowly: {error}.") from error
    except exceptions.DownloadLengthMismatchError as error:
        raise UpdateRefused("endless", f"{url} sends more than it may: {error}.") from error
    except exceptions.DownloadError as error:
        raise UpdateDelayed("unreachable", f"{url} cannot be reached: {error}.") from error
    except exceptions.RepositoryError as error:
        raise UpdateRefused(_reason(error), f"{url}: {error}.", "Nothing was changed.") from error
    except OSError as error:
        raise UpdateDelayed("disk", f"metadata cannot be kept: {error}.", "Check it.") from error


def _reason(error: exceptions.RepositoryError) -> str:
    match error:
        case exceptions.ExpiredMetadataError():
            return "expired"
        case exceptions.BadVersionNumberError():
            return "rollback"
        case exceptions.UnsignedMetadataError():
            return "signature"
        case exceptions.LengthOrHashMismatchError():
            return "mismatch"
        case _:
            return "malformed" if "deserialize" in str(error).lower() else "metadata"
