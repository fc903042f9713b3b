"""A publisher's desk: `posture-models repo` as it is typed there."""

from __future__ import annotations

import json
from pathlib import Path

from posture_tools.models.__main__ import main
from simulators.model_world import dots_model

OFFLINE = ("root-1", "root-2", "targets", "models", "software-1", "software-2")


class Desk:
    """A publisher's desk: repository, keys and a passphrase in a private file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = folder / "repository"
        self.keys = folder / "keys"
        self.secret = folder / "passphrase"
        self.secret.write_text("four random words here\n")
        self.secret.chmod(0o600)

    def repo(self, verb: str, *arguments: object, status: int = 0) -> None:
        given = [str(argument) for argument in arguments]
        if verb in ("init", "sign", "publish", "rotate-key"):
            given += ["--passphrase-file", str(self.secret)]
        assert main(["repo", verb, str(self.repository), *given]) == status

    def key(self, *names: str) -> list[object]:
        return [part for name in names for part in ("--key", self.keys / f"{name}.pem")]

    def begin(self) -> None:
        self.repo("init", "--keys", self.keys)
        self.repo("sign", *self.key(*OFFLINE))
        self.repo("publish", *self.key("snapshot", "timestamp"))

    def add(self, version: str = "2", ring: int = 1, status: int = 0) -> None:
        model = self.folder / "model.onnx"
        model.write_bytes(dots_model(version))
        self.repo(
            "add", model, "--slot", "whole", "--latency-ms", "80", "--ring", ring, status=status
        )

    def status(self, capsys) -> dict:
        capsys.readouterr()
        main(["repo", "status", str(self.repository), "--json"])
        return json.loads(capsys.readouterr().out)
