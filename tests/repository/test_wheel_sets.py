"""A folder of wheels is a whole release for one Python and one machine, or it is refused."""

from __future__ import annotations

import json

import msgspec
import pytest
from posture_tools.models.__main__ import main
from posture_tools.repository.wheel_sets import wheel_set_of
from simulators.publishers_desk import Desk
from simulators.software_world import (
    MACHINE,
    PYTHON,
    bound_wheel,
    station_wheel,
    wheel,
    wheels_folder,
)

from edge.errors import RepositoryUnready
from edge.software.wheel_set import WheelSet

OTHER_MACHINE = "aarch64" if MACHINE == "x86_64" else "x86_64"


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path)


def test_the_set_says_what_its_wheels_are(tmp_path) -> None:
    folder = wheels_folder(tmp_path / "w", station_wheel("1.1.0"), bound_wheel())
    wheels, files, installed_bytes = wheel_set_of(folder)
    assert (wheels.version, wheels.python, wheels.machine) == ("1.1.0", PYTHON, MACHINE)
    assert {w.file for w in wheels.wheels} == {path.name for path in folder.iterdir()}
    assert wheels.size_bytes == sum(path.stat().st_size for path in files.values())
    assert installed_bytes > wheels.size_bytes


@pytest.mark.parametrize(
    ("wheels", "says"),
    [
        ([bound_wheel()], "no wheel of posture-station"),
        ([station_wheel("1.1.0")], "for any Python"),
        ([station_wheel("1.1.0"), bound_wheel(), bound_wheel(python="3.99")], "more than once"),
        (
            [station_wheel("1.1.0"), bound_wheel(),
             wheel("b", "1", {}, tag=f"cp399-cp399-manylinux_2_17_{MACHINE}")],
            "3.99",
        ),
        (
            [station_wheel("1.1.0"), bound_wheel(),
             wheel("b", "1", {}, tag=f"py3-none-manylinux_2_17_{OTHER_MACHINE}")],
            "one machine",
        ),
        ([station_wheel("1.1.0", needs="numpy>=3"), bound_wheel("2.0")], "needs numpy>=3"),
        ([station_wheel("1.1.0", needs="rich"), bound_wheel()], "needs rich"),
        ([station_wheel("1.1.0", units={"readme.txt": ""}), bound_wheel()], "no systemd units"),
        ([station_wheel("1.1.0rc1"), bound_wheel()], "dotted numbers"),
        ([station_wheel("1.1.0"), ("numpy-2-cp311-cp311-linux_x86_64.whl", b"no zip")], "no wheel"),
    ],
)  # fmt: skip
def test_what_is_no_release_is_refused(tmp_path, wheels, says) -> None:
    with pytest.raises(RepositoryUnready, match=says):
        wheel_set_of(wheels_folder(tmp_path / "w", *wheels))


def test_the_whole_way_of_a_release(desk, capsys) -> None:
    desk.begin()
    folder = wheels_folder(desk.folder / "w", station_wheel("1.1.0"), bound_wheel())
    desk.repo("release", folder, "--ring", 1)
    desk.repo("sign", *desk.key("software-1"))
    desk.repo("publish", *desk.key("snapshot", "timestamp"), status=1)
    assert "software is not signed by enough keys" in capsys.readouterr().err
    desk.repo("sign", *desk.key("software-2"))
    desk.repo("publish", *desk.key("snapshot", "timestamp"))
    desk.repo("release", folder, "--ring", 10)  # the same files, a larger ring
    desk.repo("sign", *desk.key("software-1", "software-2"))
    desk.repo("publish", *desk.key("snapshot", "timestamp"))
    [offered] = desk.status(capsys)["releases"]
    assert (offered["version"], offered["ring"]) == ("1.1.0", 10)
    [listed] = (desk.repository / "public/targets/software").glob("*.json")
    assert listed.name.startswith(offered["sha256"])
    wheels = msgspec.json.decode(listed.read_bytes(), type=WheelSet)
    for each in wheels.wheels:
        assert (desk.repository / "public/targets/software/wheels" / f"{each.sha256}.whl").exists()


def test_other_wheels_need_another_version(desk, capsys) -> None:
    desk.begin()
    for number, status in (("2.0", 0), ("2.1", 1)):
        folder = wheels_folder(desk.folder / "w", station_wheel("1.1.0"), bound_wheel(number))
        desk.repo("release", folder, "--ring", 1, status=status)
    assert "another version" in capsys.readouterr().err


def test_a_repository_of_an_older_version_gets_the_role(desk, capsys) -> None:
    desk.begin()
    repository = desk.repository
    for path in (repository / "public/metadata").glob("*.software.json"):
        path.unlink()
    targets = repository / "public/metadata/1.targets.json"
    told = json.loads(targets.read_bytes())
    told["signed"]["delegations"]["roles"] = [
        role for role in told["signed"]["delegations"]["roles"] if role["name"] != "software"
    ]
    targets.write_text(json.dumps(told))
    for name in ("software-1", "software-2"):
        (desk.keys / f"{name}.pem").unlink()
        (desk.keys / f"{name}.pem.pub").unlink()
    given = ["--keys", str(desk.keys), "--passphrase-file", str(desk.secret)]
    assert main(["repo", "add-role", str(repository), "software", *given]) == 0
    desk.repo("sign", *desk.key("targets", "software-1", "software-2"))
    desk.repo("publish", *desk.key("snapshot", "timestamp"))
    states = {role["role"]: role["state"] for role in desk.status(capsys)["roles"]}
    assert states["software"] == "ok"
    given[1] = str(desk.folder / "other keys")
    assert main(["repo", "add-role", str(repository), "software", *given]) == 1
    assert "has the role software" in capsys.readouterr().err
