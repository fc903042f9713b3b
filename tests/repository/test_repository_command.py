"""`posture-models repo`, as a publisher types it."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from posture_tools.models.__main__ import main
from posture_tools.repository.folder import RepositoryFolder
from posture_tools.repository.keys import load_signer, make_key
from simulators.model_world import dots_model
from simulators.publishers_desk import OFFLINE, Desk

from edge.errors import RepositoryUnready


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_whole_way_of_a_model(desk, capsys) -> None:
    desk.begin()
    desk.add(ring=1)
    assert desk.status(capsys)["offers"] == []  # staged is not published
    desk.repo("sign", *desk.key("models"))
    desk.repo("publish", *desk.key("snapshot", "timestamp"))
    desk.add(ring=10)
    desk.repo("sign", *desk.key("models"))
    desk.repo("publish", *desk.key("snapshot", "timestamp"))
    status = desk.status(capsys)
    assert [(offer["model"], offer["ring"]) for offer in status["offers"]] == [("dots", 10)]
    assert {role["state"] for role in status["roles"]} == {"ok"}
    [file] = (desk.repository / "public" / "targets" / "models").iterdir()
    assert status["offers"][0]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_one_root_key_is_not_enough(desk, capsys) -> None:
    desk.repo("init", "--keys", desk.keys)
    desk.repo("sign", *desk.key(*OFFLINE[1:]))
    desk.repo("publish", *desk.key("snapshot", "timestamp"), status=1)
    assert "root is not signed by enough keys" in capsys.readouterr().err
    assert not list((desk.repository / "public" / "metadata").iterdir())


def test_publishing_needs_the_signature_of_models(desk, capsys) -> None:
    desk.begin()
    desk.add()
    desk.repo("publish", *desk.key("snapshot", "timestamp"), status=1)
    assert "models is not signed by enough keys" in capsys.readouterr().err


def test_the_scheduled_job_needs_the_key_of_timestamp_alone(desk, capsys) -> None:
    desk.begin()
    before = {role["role"]: role["version"] for role in desk.status(capsys)["roles"]}
    desk.repo("publish", *desk.key("timestamp"))
    after = {role["role"]: role["version"] for role in desk.status(capsys)["roles"]}
    assert after == before | {"timestamp": before["timestamp"] + 1}


def test_publishing_without_its_keys_says_which_is_needed(desk, capsys) -> None:
    desk.begin()
    desk.repo("publish", *desk.key("snapshot"), status=1)
    assert "the key of timestamp is needed" in capsys.readouterr().err


@pytest.mark.parametrize("role", ["timestamp", "models", "root"])
def test_rotating_a_key(desk, capsys, role) -> None:
    desk.begin()
    old = "root-3" if role == "root" else role
    desk.repo("rotate-key", role, "--old", desk.keys / f"{old}.pem.pub",
              "--new", desk.keys / "new.pem")  # fmt: skip
    desk.repo("sign", *desk.key("targets" if role == "models" else "root-1"))
    if role == "models":
        desk.repo("sign", *desk.key("new"))
    else:
        desk.repo("sign", *desk.key("root-2"))
    online = ["snapshot", "new" if role == "timestamp" else "timestamp"]
    desk.repo("publish", *desk.key(*online))
    states = {entry["role"]: entry for entry in desk.status(capsys)["roles"]}
    assert {entry["state"] for entry in states.values()} == {"ok"}
    keyid = load_signer(desk.keys / "new.pem", "four random words here").public_key.keyid
    assert keyid in states[role]["keyids"]


def test_renewing_before_expiry(desk, capsys) -> None:
    desk.begin()
    desk.repo("sign", "--renew", "targets", *desk.key("targets"))
    desk.repo("publish", *desk.key("snapshot", "timestamp"))
    versions = {role["role"]: role["version"] for role in desk.status(capsys)["roles"]}
    assert versions["targets"] == 2


def test_a_changed_file_needs_another_version(desk, capsys, tmp_path) -> None:
    desk.begin()
    desk.add("2")
    model = tmp_path / "other.onnx"
    model.write_bytes(dots_model("2", weights_kb=1))
    desk.repo("add", model, "--slot", "whole", "--latency-ms", 80, "--ring", 1, status=1)
    assert "stands for another file" in capsys.readouterr().err


def test_keys_never_lie_in_clear(desk) -> None:
    desk.begin()
    for path in desk.keys.glob("*.pem"):
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    public = b"".join(p.read_bytes() for p in desk.repository.rglob("*") if p.is_file())
    assert b"PRIVATE" not in public


def test_a_wrong_passphrase_and_a_short_one(tmp_path) -> None:
    with pytest.raises(RepositoryUnready, match="at least 12"):
        make_key(tmp_path / "a.pem", "short")
    make_key(tmp_path / "a.pem", "long enough, this")
    with pytest.raises(RepositoryUnready, match="does not open"):
        load_signer(tmp_path / "a.pem", "another passphrase")
    with pytest.raises(RepositoryUnready, match="never overwritten"):
        make_key(tmp_path / "a.pem", "long enough, this")


def test_a_mistyped_passphrase_makes_no_key(desk, capsys, monkeypatch) -> None:
    typed = iter(["four random words here"] * 5 + ["four random words hear"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    assert main(["repo", "init", str(desk.repository), "--keys", str(desk.keys)]) == 1
    assert "differ" in capsys.readouterr().err
    assert not list(desk.keys.iterdir())


def test_typed_passphrases_make_and_open_keys(desk, monkeypatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "four random words here")
    assert main(["repo", "init", str(desk.repository), "--keys", str(desk.keys)]) == 0
    signing = [str(part) for part in desk.key(*OFFLINE)]
    assert main(["repo", "sign", str(desk.repository), *signing]) == 0


def test_without_a_terminal_nobody_is_asked(desk, capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    monkeypatch.setattr("os.open", lambda *_: (_ for _ in ()).throw(OSError("no /dev/tty")))
    assert main(["repo", "init", str(desk.repository), "--keys", str(desk.keys)]) == 1
    assert "--passphrase-file" in capsys.readouterr().err
    assert not list(desk.keys.iterdir())


def test_a_role_that_is_there_is_told_before_any_passphrase(desk, capsys, monkeypatch) -> None:
    desk.begin()
    monkeypatch.setattr("getpass.getpass", lambda _prompt: pytest.fail("asked in vain"))
    command = ["repo", "add-role", str(desk.repository), "software", "--keys", str(desk.keys)]
    assert main(command) == 1
    assert "has the role software" in capsys.readouterr().err


def test_a_slot_that_no_station_has_is_refused(desk, capsys, tmp_path) -> None:
    model = tmp_path / "m.onnx"
    desk.repo("add", model, "--slot", "refiner", "--latency-ms", 80, "--ring", 1, status=2)
    assert "whole" in capsys.readouterr().err


def test_a_passphrase_that_others_can_read_is_refused(desk, capsys) -> None:
    desk.secret.chmod(0o644)
    desk.repo("init", "--keys", desk.keys, status=1)
    assert "chmod 600" in capsys.readouterr().err


def test_a_version_that_cannot_be_compared_is_refused(desk, capsys, tmp_path) -> None:
    from posture_tools.models.describe import describe
    from simulators.networks import colour_card, colour_network

    desk.begin()
    model = tmp_path / "m.onnx"
    model.write_bytes(describe(colour_network(), colour_card(version="4bb146e")))
    desk.repo("add", model, "--slot", "whole", "--latency-ms", 80, "--ring", 1, status=1)
    assert "Versions are dotted numbers" in capsys.readouterr().err


def test_a_folder_that_holds_a_repository_is_left_alone(desk) -> None:
    desk.begin()
    with pytest.raises(RepositoryUnready, match="holds a repository"):
        RepositoryFolder(desk.repository).create({})
