"""The folder that an operator copies: each file is read by the program that it is for."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, program
from posture_tools.collector.broker import free_port
from posture_tools.collector.worker_settings import load_worker_settings
from simulators.assessments import assessment
from simulators.balancer import Balancer
from simulators.children import Child
from simulators.mosquitto import Mosquitto
from simulators.site import running
from simulators.waiting import eventually

from edge.settings import Settings

DEPLOY = ROOT / "tools" / "collector" / "deploy"
RULES = DEPLOY / "prometheus"


@pytest.fixture(scope="module")
def promtool() -> str:
    return program("promtool", "prometheus")


def rules_pass(promtool: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [promtool, "test", "rules", "posture.rules.test.yml"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.timeout(600)
def test_each_alert_comes_when_it_should_and_not_else(promtool: str, tmp_path: Path) -> None:
    done = rules_pass(promtool, RULES)
    assert done.returncode == 0, done.stdout + done.stderr
    named = set(re.findall(r"alert: (\w+)", (RULES / "posture.rules.yml").read_text()))
    tested = set(re.findall(r"alertname: (\w+)", (RULES / "posture.rules.test.yml").read_text()))
    assert named == tested
    for path in RULES.glob("*.yml"):
        shutil.copy(path, tmp_path)
    spoilt = tmp_path / "posture.rules.yml"
    spoilt.write_text(spoilt.read_text().replace("max(posture_standbys) < 1", "vector(0) > 1"))
    assert rules_pass(promtool, tmp_path).returncode != 0, "the tests would find a spoilt rule"


def test_prometheus_and_the_balancer_take_their_files(promtool: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [promtool, "check", "config", "--syntax-only", str(RULES / "prometheus.yml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    haproxy = program("haproxy", "haproxy")
    ours = (DEPLOY / "haproxy" / "haproxy.cfg").read_text()
    file = tmp_path / "haproxy.cfg"
    file.write_text(ours.replace(".local:8883", ":8883").replace("broker-", "127.0.0."))
    file.write_text(re.sub(r"server 127\.0\.0\.(\d) 127", r"server b\1 127", file.read_text()))
    done = subprocess.run(
        [haproxy, "-c", "-f", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_worker_takes_its_file() -> None:
    settings = load_worker_settings(DEPLOY / "collector.toml")
    assert len(settings.broker) == 3
    assert all(each.tls for each in settings.broker)


def test_systemd_finds_nothing_to_say(tmp_path: Path) -> None:
    analyze = program("systemd-analyze", "systemd")
    names = []
    for path in sorted((DEPLOY / "systemd").iterdir()):
        text = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", path.read_text())
        name = path.name.replace("@.", "@worker-1.")
        (tmp_path / path.name).write_text(text)
        names.append(str(tmp_path / name))
    done = subprocess.run(
        [analyze, "verify", "--man=no", *names], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "posture" in line]
    assert (done.returncode, ours) == (0, [])


def test_scripts_say_what_they_are_for_and_parse() -> None:
    for name in ("make-standby", "promote", "backup"):
        path = DEPLOY / "postgresql" / name
        assert path.stat().st_mode & 0o111, name
        subprocess.run(["bash", "-n", str(path)], check=True)
        assert path.read_text().splitlines()[1].startswith(f"# {name}")


def queries() -> dict[str, list[str]]:
    """Panel to what it asks."""
    board = json.loads((DEPLOY / "grafana" / "posture.json").read_text())
    return {
        panel["title"]: [target["expr"] for target in panel["targets"]] for panel in board["panels"]
    }


def ask(port: int, expression: str) -> Any:
    query = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{query}") as answer:
        said = json.loads(answer.read())
    assert said["status"] == "success", said
    return said["data"]["result"]


@pytest.mark.broker
@pytest.mark.timeout(300)
def test_a_real_prometheus_answers_every_panel(tmp_path: Path, mosquitto: str) -> None:
    """A worker that took results in, scraped; what needs a standby or an exporter is said."""
    server, metrics = program("prometheus", "prometheus"), free_port()
    port = free_port()
    config = tmp_path / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        f"rule_files: ['{RULES}/posture.rules.yml']\n"
        "scrape_configs:\n- job_name: posture-collector\n"
        f"  static_configs: [{{targets: ['127.0.0.1:{metrics}']}}]\n"
    )
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(mosquitto, tmp_path / "broker"))
        toml = tmp_path / "collector.toml"
        toml.write_text(
            f'site = "north"\nstore = "{tmp_path}/collector.db"\nmetrics = "127.0.0.1:{metrics}"\n'
            f"[[broker]]\nport = {broker.port}\n"
        )
        worker = Child("-m", "posture_tools.collector", "run", "--config", str(toml))
        stack.callback(worker.kill)
        prometheus = subprocess.Popen(
            [server, f"--config.file={config}", f"--storage.tsdb.path={tmp_path}/data",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        stack.callback(prometheus.wait)
        stack.callback(prometheus.kill)
        settings = Settings(
            site="north", station="hall-1", mqtt=broker.settings, state_dir=str(tmp_path / "state")
        )
        outbox, _ = stack.enter_context(running(settings))

        empty = set(queries())

        def every_panel_is_drawn() -> bool:
            """A rate needs results in two scrapes."""
            nonlocal empty
            outbox.accept(assessment(outbox.counts().accepted))
            time.sleep(0.5)
            with contextlib.suppress(OSError):  # it has only just been started
                empty = {
                    title
                    for title, expressions in queries().items()
                    for expression in expressions
                    if not ask(port, expression)
                }
            return len(empty) <= 1

        eventually(every_panel_is_drawn, within_s=200)
    assert empty == {"Machines beside the primary"}, "a file has no standby"


@pytest.mark.broker
@pytest.mark.timeout(120)
def test_a_balancer_leaves_a_broker_that_died(tmp_path: Path, mosquitto: str) -> None:
    from edge.errors import BrokerUnreachable
    from edge.mqtt.connection import open_best
    from edge.mqtt.settings import MqttSettings

    haproxy = program("haproxy", "haproxy")
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(Mosquitto(mosquitto, tmp_path / name)) for name in ("one", "two")
        )
        balancer = stack.enter_context(
            Balancer(haproxy, tmp_path / "balancer", [one.port, two.port])
        )
        mqtt = MqttSettings(port=balancer.port)
        lines = [open_best(mqtt, f"station-{n}") for n in range(4)]
        one.kill()

        def left() -> int:
            there = 0
            for line in lines:
                try:
                    line.poll(0.1)
                    there += 1
                except BrokerUnreachable:
                    continue
            return there

        eventually(lambda: left() == 2, within_s=30)
        for n in range(3):
            open_best(mqtt, f"again-{n}").close()
        for line in lines:
            line.drop()
