"""What a thief, a liar between, a broken link or a taken-over download unit can do: nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec
import pytest
from securesystemslib.signer import CryptoSigner
from simulators.software_world import IMAGE_VERSION, bound_wheel, release, station_wheel

from edge.errors import RepositoryUnready, UpdateDelayed, UpdateRefused
from edge.software.handed_over import READY_NAME, read_bounded
from edge.software.wheel_set import WheelSet

DAY_NS = 86_400 * 10**9


def refused_at_download(station, reason: str, step: str, **changes) -> None:
    with pytest.raises((UpdateRefused, UpdateDelayed)) as caught:
        station.download(**changes).run()
    assert caught.value.reason == reason
    assert station.reasons(step)[-1] == reason
    station.guard().run(station.trust())  # what it may have left is not believed either
    assert station.serves == IMAGE_VERSION


def refused_by_guard(station, reason: str, step: str, **changes) -> None:
    """What was handed over is refused with a reason, and what serves is as before."""
    before, serves = station.releases, station.serves
    with pytest.raises((UpdateRefused, UpdateDelayed)) as caught:
        station.guard().run(station.trust(**changes))
    assert caught.value.reason == reason
    assert station.reasons(step)[-1] == reason
    assert (station.releases, station.serves) == (before, serves)
    assert not (station.places.folder / "incoming").exists()


def forged(publisher, *signers) -> bytes:
    """The published list of releases, signed by these keys instead."""
    metadata = publisher.repository.published("software")
    metadata.signatures.clear()
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata.to_bytes()


def serve_forged(publisher, server, data: bytes) -> None:
    version = publisher.repository.published("software").signed.version
    server.replaced[f"/metadata/{version}.software.json"] = data


def test_bad_signature(publisher, server, station) -> None:
    release(publisher, "1.1.0")
    thieves = CryptoSigner.generate_ed25519(), CryptoSigner.generate_ed25519()
    serve_forged(publisher, server, forged(publisher, *thieves))
    refused_at_download(station, "signature", "refresh")


def test_one_key_only(publisher, server, station) -> None:
    """Whoever has one of the two keys, and the server, installs nothing."""
    release(publisher, "1.1.0")
    stolen = publisher.signers["software"][0]
    serve_forged(publisher, server, forged(publisher, stolen, CryptoSigner.generate_ed25519()))
    refused_at_download(station, "signature", "refresh")
    serve_forged(publisher, server, forged(publisher, stolen))
    refused_at_download(station, "signature", "refresh")


def test_one_key_twice(publisher, server, station) -> None:
    release(publisher, "1.1.0")
    stolen = publisher.signers["software"][0]
    data = msgspec.json.decode(forged(publisher, stolen))
    data["signatures"] *= 2
    serve_forged(publisher, server, msgspec.json.encode(data))
    with pytest.raises(UpdateRefused):
        station.download().run()
    assert station.serves == IMAGE_VERSION


def test_the_key_of_models_offers_no_software(publisher, station) -> None:
    """A thief of the models key puts a release into `models`: it is out of that role's reach."""
    release(publisher, "1.1.0", publish=False)
    repository = publisher.repository
    target = repository.staged("software").signed.targets["software/" + release_name("1.1.0")]
    staged = repository._next("models")
    staged.signed.targets[target.path] = target
    repository._files.stage(staged, "models")
    (publisher.folder / "staged" / "software.json").unlink()
    publisher.sign_and_publish()
    assert station.download().run() is None


def release_name(version: str) -> str:
    from simulators.software_world import MACHINE, PYTHON

    return f"{version}-cp{PYTHON.replace('.', '')}-{MACHINE}.json"


def test_publishing_with_one_of_the_two_keys_is_refused(publisher) -> None:
    release(publisher, "1.1.0", publish=False)
    publisher.repository.sign(publisher.signers["software"][0])
    with pytest.raises(RepositoryUnready, match="software is not signed by enough keys"):
        publisher.repository.publish(publisher.everyone())


def test_truncated_wheel(publisher, server, station) -> None:
    """The file is short at the server, which says that this is all of it."""
    release(publisher, "1.1.0")
    [path] = [p for p in publisher.public.rglob("*.whl") if p.stat().st_size > 20_000]
    server.replaced[path.name] = path.read_bytes()[:-1]
    with pytest.raises(UpdateDelayed) as caught:
        station.download().run()
    assert caught.value.reason in ("cut", "range")
    assert not (station.places.handed_over / READY_NAME).exists()
    server.heal()
    station.update()
    assert station.serves == "1.1.0"


def test_changed_wheel(publisher, server, station) -> None:
    release(publisher, "1.1.0")
    path = max(publisher.public.rglob("*.whl"), key=lambda p: p.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    server.replaced[path.name] = bytes(data)
    refused_at_download(station, "mismatch", "download")
    server.heal()
    station.update()
    assert station.serves == "1.1.0"


def test_endless_wheel(publisher, server, station) -> None:
    release(publisher, "1.1.0")
    server.endless.add(".whl")
    refused_at_download(station, "endless", "download")


def test_connections_that_end_early_are_resumed(publisher, server, station) -> None:
    release(publisher, "1.1.0")
    server.cut_after[".whl"] = 7000
    station.update()
    assert station.serves == "1.1.0"
    assert any(wanted for wanted in server.asked(".whl"))


def test_what_a_power_cut_left_of_a_download_is_damaged(publisher, station) -> None:
    """List and wheels lie there in part, and the disk has torn them: they are fetched anew."""
    sha256 = release(publisher, "1.1.0")
    incoming = station.places.handed_over / "incoming"
    incoming.mkdir(parents=True)
    targets = publisher.public / "targets" / "software"
    for path in (*targets.glob("*.json"), *targets.glob("wheels/*.whl")):
        name = sha256 if path.suffix == ".json" else path.stem
        (incoming / f"{name}.part").write_bytes(bytes(path.stat().st_size))
    station.update()
    assert station.serves == "1.1.0"


def test_rollback_to_an_older_repository(publisher, server, station, tmp_path) -> None:
    release(publisher, "1.1.0")
    recorded = tmp_path / "recorded"
    shutil.copytree(publisher.public / "metadata", recorded)
    release(publisher, "1.2.0")
    station.update()
    for path in recorded.iterdir():
        server.replaced[f"/metadata/{path.name}"] = path.read_bytes()
    with pytest.raises(UpdateRefused) as caught:
        station.download().run()
    assert caught.value.reason == "rollback"
    assert station.serves == "1.2.0"


def test_rollback_for_the_guard_alone(publisher, station) -> None:
    """The download unit was taken over: it hands over what the guard has already seen surpassed."""
    release(publisher, "1.1.0", behaviour="crashes")
    station.download().run()
    old = shutil.copytree(station.places.handed_over, station.folder / "old")
    release(publisher, "1.2.0")
    station.update()
    assert station.serves == "1.2.0"
    station.guard().take_back()
    shutil.rmtree(station.places.handed_over)
    shutil.copytree(old, station.places.handed_over)
    refused_by_guard(station, "rollback", "refresh")
    for path in (station.places.folder / "metadata").glob("*.json"):
        path.unlink()  # as a power cut may leave the framework's own memory
    refused_by_guard(station, "rollback", "floor")


def test_an_older_version_under_new_signatures_is_not_taken(publisher, station) -> None:
    release(publisher, "1.2.0")
    station.update()
    release(publisher, "1.1.0")
    assert station.download().run() is None
    assert station.serves == "1.2.0"


def test_mix_of_two_sets(publisher, server, station) -> None:
    """The list of one release, the wheel of another: each is signed, together they are not."""
    release(publisher, "1.1.0")
    station.download().run()
    first = msgspec.json.decode(
        (station.places.handed_over / READY_NAME).read_bytes(), type=WheelSet
    )
    release(publisher, "1.2.0")
    station.download().run()
    second = msgspec.json.decode(
        (station.places.handed_over / READY_NAME).read_bytes(), type=WheelSet
    )
    old = next(w for w in first.wheels if w.file.startswith("posture_station"))
    new = next(w for w in second.wheels if w.file.startswith("posture_station"))
    store = station.places.handed_over / "store"
    shutil.copy(publisher.public / "targets/software/wheels" / f"{old.sha256}.whl",
                store / f"{new.sha256}.whl")  # fmt: skip
    refused_by_guard(station, "mismatch", "install")
    mixed = msgspec.structs.replace(second, wheels=(old, *second.wheels[1:]))
    (station.places.handed_over / READY_NAME).write_bytes(msgspec.json.encode(mixed))
    refused_by_guard(station, "missing", "install")
    station.update()
    assert station.serves == "1.2.0"


def test_a_list_that_contradicts_what_was_signed(publisher, station) -> None:
    """Two keys signed terms of one version and a list of another: a slip, and it is refused."""
    from posture_tools.repository.wheel_sets import terms_of, wheel_set_of
    from simulators.software_world import wheels_folder

    folder = wheels_folder(publisher.folder / "w", station_wheel("1.1.0"), bound_wheel())
    wheels, files, _ = wheel_set_of(folder)
    terms = msgspec.structs.replace(terms_of(wheels, 1000, 100, ""), version="1.3.0")
    publisher.repository.release(wheels, files, terms)
    publisher.sign_and_publish()
    with pytest.raises(UpdateRefused) as caught:
        station.download().run()
    assert caught.value.reason == "not_as_signed"


@pytest.mark.parametrize("trick", ["link", "pipe", "folder", "endless", "gone"])
def test_a_download_unit_that_was_taken_over_lays_traps(publisher, station, trick) -> None:
    release(publisher, "1.1.0")
    station.download().run()
    path = max((station.places.handed_over / "store").iterdir(), key=lambda p: p.stat().st_size)
    genuine = path.read_bytes()
    path.unlink()
    match trick:
        case "link":
            (station.folder / "genuine").write_bytes(genuine)
            path.symlink_to(station.folder / "genuine")
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "endless":
            path.write_bytes(genuine + b"\0" * 5_000_000)
    refused_by_guard(station, "mismatch" if trick == "endless" else "missing", "install")
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
    station.update()
    assert station.serves == "1.1.0"


def test_metadata_in_traps(publisher, station) -> None:
    release(publisher, "1.1.0")
    station.download().run()
    path = station.places.handed_over / "metadata" / "timestamp.json"
    path.unlink()
    os.mkfifo(path)
    refused_by_guard(station, "unreachable", "refresh")
    path.unlink()
    path.write_bytes(b"{" * 5_000_000)
    refused_by_guard(station, "unreachable", "refresh")


def test_freeze_with_the_clock_turned_back(publisher, station) -> None:
    release(publisher, "1.1.0")
    station.update()
    release(publisher, "1.2.0")
    station.download().run()
    now_ns = int(publisher.now.timestamp() * 1e9)
    refused_by_guard(station, "clock_behind", "clock", clock_ns=lambda: now_ns - DAY_NS)


def test_metadata_that_have_expired_when_the_guard_reads_them(publisher, station) -> None:
    release(publisher, "1.1.0")
    station.download().run()
    import datetime

    from tuf.ngclient._internal import trusted_metadata_set

    late = publisher.now + datetime.timedelta(days=8)

    class Late(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return late

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trusted_metadata_set.datetime, "datetime", Late)
        refused_by_guard(
            station, "expired", "refresh", clock_ns=lambda: int(late.timestamp() * 1e9)
        )


def test_key_rotation_needs_the_new_key_and_the_other(publisher, station) -> None:
    old, other = publisher.signers["software"]
    new = CryptoSigner.generate_ed25519()
    publisher.repository.rotate_key("software", old.public_key.keyid, new.public_key)
    publisher.signers["software"] = [new, other]
    publisher.sign_and_publish()
    release(publisher, "1.1.0")
    station.update()
    assert station.serves == "1.1.0"


def test_disk_full_before_the_download(publisher, server, station) -> None:
    release(publisher, "1.1.0")
    refused_at_download(station, "disk_full", "download", reserve_bytes=10**18)
    assert not server.asked("/wheels/")
    station.update()
    assert station.serves == "1.1.0"


def test_disk_full_while_the_environment_is_built(publisher, station) -> None:
    """Nothing is left of it, nobody is to blame, and with space it comes again."""
    from simulators.software_world import prove_here, unpack

    from edge.software.environment import Environments

    release(publisher, "1.1.0")
    station.download().run()

    def full(folder: Path, python: Path, wheels) -> None:
        unpack(folder, python, wheels[:1])
        raise OSError(28, "No space left on device")

    with pytest.raises(UpdateDelayed) as caught:
        station.guard(Environments(station.places.folder, full, prove_here)).run(station.trust())
    assert caught.value.reason == "disk_full"
    assert not list((station.places.folder / "releases").iterdir())
    assert not station.releases.bad
    station.update()
    assert station.serves == "1.1.0"


def test_disk_full_as_pip_says_it(publisher, station) -> None:
    from edge.software.environment import _does_not_install

    assert _does_not_install("ERROR: [Errno 28] No space left on device").reason == "disk_full"
    assert _does_not_install("ERROR: no matching distribution").reason == "does_not_install"


def test_a_release_that_fails_its_check_never_serves(publisher, station) -> None:
    release(publisher, "1.1.0", behaviour="fails its check")
    station.download().run()
    served = station.manager.log.copy()
    with pytest.raises(UpdateRefused) as caught:
        station.guard().run(station.trust())
    assert caught.value.reason == "fails_check"
    assert station.manager.log == served, "nothing was restarted for it"
    assert station.download().run() is None, "it is not fetched again"
    station.guard().run(station.trust())
    assert station.serves == IMAGE_VERSION


def test_reading_is_bounded(tmp_path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    assert read_bounded(path, 100) == b"x" * 100
    with pytest.raises(OSError, match="longer"):
        read_bounded(path, 99)
