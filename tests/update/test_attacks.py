"""What a thief, a liar between, or a clock can do: refused with its reason, nothing changed."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from securesystemslib.signer import CryptoSigner
from simulators.model_world import Publisher
from tuf.api.metadata import Metadata

from edge.errors import UpdateDelayed, UpdateRefused
from edge.update.serving import ModelStore

DAY_NS = 86_400 * 10**9


@pytest.fixture
def settled(publisher, station, models):
    """A station that has taken and confirmed version 2."""
    publisher.offer(models["2"])
    station.updater().run()
    ModelStore(station.folder, {"whole": station.shipped}, station.events.append).confirm()
    return station


def refused(station, reason: str, step: str, **changes) -> None:
    """A run is refused for this reason, and what serves is as before."""
    before = station.slots
    with pytest.raises((UpdateRefused, UpdateDelayed)) as caught:
        station.updater(**changes).run()
    assert caught.value.reason == reason
    assert station.reasons(step)[-1] == reason
    assert station.slots == before
    store = ModelStore(station.folder, {"whole": station.shipped}, station.events.append)
    assert store.load(lambda files: files["whole"].path.is_file())


def recovers(publisher, station, model: bytes) -> None:
    """Once the attack is over, the next version comes in."""
    sha256 = publisher.offer(model)
    assert station.updater().run().sha256 == sha256


def metadata_copy(publisher, tmp_path):
    copy = tmp_path / "recorded"
    shutil.copytree(publisher.public / "metadata", copy)
    return copy


def replay(server, recorded) -> None:
    """Everything as it was recorded, and nothing newer."""
    for path in recorded.iterdir():
        server.replaced[f"/metadata/{path.name}"] = path.read_bytes()


def test_arbitrary_file(publisher, server, settled, models) -> None:
    publisher.offer(models["3"])
    good = models["3"]
    server.replaced["/targets/"] = good[:-1] + bytes([good[-1] ^ 1])
    refused(settled, "mismatch", "store")
    server.heal()
    assert settled.updater().run() is not None


def test_arbitrary_metadata(publisher, server, settled, models) -> None:
    publisher.offer(models["3"])
    server.replaced["timestamp.json"] = b'{"signed": {}}'
    refused(settled, "malformed", "refresh")


def test_rollback(publisher, server, settled, models, tmp_path) -> None:
    recorded = metadata_copy(publisher, tmp_path)
    publisher.offer(models["3"])
    settled.updater().run()
    replay(server, recorded)
    refused(settled, "rollback", "refresh")


@pytest.mark.parametrize("emptied", ["truncated", "removed"])
def test_rollback_after_a_power_cut_emptied_the_caches(
    publisher, server, settled, models, tmp_path, emptied
) -> None:
    recorded = metadata_copy(publisher, tmp_path)
    publisher.offer(models["3"])
    settled.updater().run()
    for path in (settled.folder / "metadata").glob("*.json"):
        if emptied == "removed":
            path.unlink()
        elif not path.is_symlink():
            path.write_bytes(b"")
    replay(server, recorded)
    refused(settled, "rollback", "floor")
    server.heal()
    settled.updater().run()


def test_freeze(publisher, server, settled, models, tmp_path) -> None:
    """The server repeats a timestamp that has expired meanwhile."""
    publisher.now -= timedelta(days=8)
    publisher.sign_and_publish()
    refused(settled, "expired", "refresh")
    publisher.now += timedelta(days=8)
    recovers(publisher, settled, models["3"])


def test_freeze_with_the_clock_turned_back(publisher, server, settled) -> None:
    """The clock that would make old metadata look fresh may not judge."""
    now_ns = int(publisher.now.timestamp() * 1e9)
    for back_ns in (DAY_NS, 7300 * DAY_NS):
        refused(settled, "clock_behind", "clock", clock_ns=lambda ns=now_ns - back_ns: ns)
    assert settled.updater().run() is None


def test_mix_and_match(publisher, server, settled, models) -> None:
    """A snapshot of one moment, models of another."""
    old = publisher.repository.published("models").to_bytes()
    publisher.offer(models["3"])
    version = publisher.repository.published("models").signed.version
    server.replaced[f"/{version}.models.json"] = old
    refused(settled, "rollback", "refresh")


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "models", "root"])
def test_endless_metadata(publisher, server, settled, models, role) -> None:
    if role == "root":
        server.replaced["/2.root.json"] = b"{"
    publisher.offer(models["3"])
    server.endless.add(f"{role}.json")
    refused(settled, "endless", "refresh")


def test_endless_model(publisher, server, settled, models) -> None:
    publisher.offer(models["3"])
    server.endless.add("/targets/")
    refused(settled, "endless", "download")
    assert not list((settled.folder / "incoming").glob("*.part"))


def test_slow_metadata(publisher, server, settled, models) -> None:
    publisher.offer(models["3"])
    server.trickle["timestamp.json"] = (2, 0.02)
    settled.budget_s = 0.3
    refused(settled, "slow", "refresh")


def test_silent_server(server, settled) -> None:
    server.trickle["timestamp.json"] = (1, 60.0)
    settled.silence_s = 0.3
    refused(settled, "slow", "refresh")


def test_nobody_at_the_address(settled) -> None:
    settled.url = "http://127.0.0.1:9"
    refused(settled, "unreachable", "refresh")


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "models", "targets"])
def test_wrong_keys(publisher, server, settled, models, role) -> None:
    """A thief without the keys signs what the station will ask for."""
    publisher.offer(models["3"])
    if role == "targets":
        publisher.repository.renew("targets")
        publisher.sign_and_publish()
    forged = publisher.repository.published(role)
    name = "timestamp.json" if role == "timestamp" else f"{forged.signed.version}.{role}.json"
    forged.sign(CryptoSigner.generate_ed25519())
    server.replaced[f"/metadata/{name}"] = forged.to_bytes()
    refused(settled, "signature", "refresh")


def test_root_signed_by_one_thief_and_one_stolen_key(publisher, server, settled) -> None:
    root = Metadata.from_bytes(publisher.root)
    root.signed.version += 1
    root.sign(publisher.signers["root"][0])
    root.sign(CryptoSigner.generate_ed25519(), append=True)
    server.replaced["/2.root.json"] = root.to_bytes()
    refused(settled, "signature", "refresh")


@pytest.mark.parametrize("role", ["root", "targets", "models", "snapshot", "timestamp"])
def test_key_rotation(publisher, server, settled, models, role) -> None:
    """Stations follow a new key, and believe the old one no more."""
    old = publisher.signers[role][0]
    new = CryptoSigner.generate_ed25519()
    before = publisher.repository.published(role)
    publisher.repository.rotate_key(role, old.public_key.keyid, new.public_key)
    if role == "root":
        publisher.signers[role].append(new)
    else:
        publisher.signers[role] = [new]
    if role in ("targets", "models"):
        # the role itself was staged anew for its new key
        assert publisher.repository.staged(role) is not None
    publisher.sign_and_publish()
    recovers(publisher, settled, models["3"])
    if role == "timestamp":
        before.signed.version = 99
        before.sign(old)
        server.replaced["timestamp.json"] = before.to_bytes()
        refused(settled, "signature", "refresh")


def test_recovery_from_a_version_too_high_to_follow(publisher, settled, models) -> None:
    """A thief of the timestamp key signed version 10**9; a new key makes its floor void."""
    thief = publisher.signers["timestamp"][0]
    high = publisher.repository.published("timestamp")
    high.signed.version = 10**9
    high.sign(thief)
    (publisher.public / "metadata" / "timestamp.json").write_bytes(high.to_bytes())
    settled.updater().run()
    high.signed.version = 50
    high.sign(thief)
    (publisher.public / "metadata" / "timestamp.json").write_bytes(high.to_bytes())
    refused(settled, "rollback", "refresh")
    new = CryptoSigner.generate_ed25519()
    publisher.repository.rotate_key("timestamp", thief.public_key.keyid, new.public_key)
    publisher.signers["timestamp"] = [new]
    publisher.sign_and_publish()
    recovers(publisher, settled, models["3"])


@pytest.mark.parametrize(
    ("role", "days"),
    [("root", 366), ("targets", 91), ("models", 91), ("snapshot", 31), ("timestamp", 8)],
)
def test_expired_roles(tmp_path, server, settled, models, role, days) -> None:
    """One role has expired, all others are fresh."""
    now = datetime.now(UTC)
    publisher = Publisher(tmp_path / "late", now - timedelta(days=days))
    publisher.now = now
    if role == "snapshot":
        _freshen_timestamp(publisher)
    elif role != "timestamp":
        for other in {"root", "targets", "models", "software"} - {role}:
            publisher.repository.renew(other)
        publisher.sign_and_publish()
    server.folder = publisher.public
    settled.root = publisher.root
    shutil.rmtree(settled.folder / "metadata")
    (settled.folder / "floor.json").unlink()
    refused(settled, "expired", "refresh")


def _freshen_timestamp(publisher) -> None:
    """A new timestamp over an expired snapshot, as a thief of that one key could sign."""
    timestamp = publisher.repository.published("timestamp")
    timestamp.signed.version += 1
    timestamp.signed.expires += timedelta(days=60)
    timestamp.sign(publisher.signers["timestamp"][0])
    path = publisher.public / "metadata" / "timestamp.json"
    path.write_bytes(timestamp.to_bytes())


def test_a_damaged_floor_is_no_free_pass(settled) -> None:
    (settled.folder / "floor.json").write_bytes(b"\0" * 100)
    refused(settled, "floor_damaged", "clock")
