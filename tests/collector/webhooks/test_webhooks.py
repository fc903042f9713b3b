"""Other programs are told: by real HTTPS, signed, again until they hear, and nobody else is."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from posture_tools.collector import erasure
from posture_tools.collector.__main__ import main
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from posture_tools.collector.webhooks import attempts, hooks, sending
from posture_tools.collector.webhooks.delivering import Deliverer
from posture_tools.collector.webhooks.hooks import Target
from posture_tools.collector.webhooks.sending import HttpsSender, is_public
from simulators.archived import CODE, fill, send
from simulators.assessments import assessment
from simulators.receiver import Receiver, receiving
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from edge.errors import SettingsInvalid
from edge.results.outbox import Outbox

HOST = "records.example"
AT = "2100-01-01T00:00:00.000Z"
HOUR_S = 3600


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        import time

        self.s = float(int(time.time()) + 5)

    def __call__(self) -> int:
        return int(self.s * 10**9)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path / "tls", HOST) as opened:
        yield opened


@pytest.fixture
def secret(store: Store, receiver: Receiver) -> str:
    hooks.allow(store, HOST, "op")
    return hooks.add(store, "records", f"https://{HOST}:{receiver.port}/in?a=1", (), "op")


@pytest.fixture
def outbox(store: Store, secret: str, tmp_path: Path) -> Iterator[Outbox]:
    """Seven results came after the hook was added."""
    with fill(store, tmp_path / "outbox.db") as opened:
        yield opened


def to_here(receiver: Receiver) -> HttpsSender:
    return HttpsSender(lambda *_: ["127.0.0.1"], lambda _: True, receiver.context)


@pytest.fixture
def deliverer(store: Store, receiver: Receiver, clock: Clock) -> Deliverer:
    return Deliverer(store, to_here(receiver), clock)


def waiting(store: Store) -> int:
    return hooks.lines(store)[0].waiting


def test_every_result_is_told_once_by_its_identifiers_and_signed(
    store: Store, outbox: Outbox, deliverer: Deliverer, receiver: Receiver, secret: str
) -> None:
    assert waiting(store) == 7
    while deliverer.deliver():
        pass
    assert waiting(store) == 0
    told = [json.loads(body) for _, _, body in receiver.heard]
    assert sorted(each["data"]["result"].split(":")[2] for each in told) == list("2345689")
    for path, headers, body in receiver.heard:
        assert path == "/in?a=1"
        assert json.loads(body).keys() == {"type", "data"}
        assert json.loads(body)["data"].keys() == {"site", "station", "session", "result"}
        assert b"head_tilt" not in body
        Webhook(secret).verify(body, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body.replace(b"north", b"south"), headers)
    assert len({headers["webhook-id"] for _, headers, _ in receiver.heard}) == 7
    assert deliverer.deliver() == 0
    assert len(receiver.heard) == 7
    send(store, *outbox.pending(99))
    assert waiting(store) == 0, "a copy of a result is no new one"


def test_the_last_tries_are_kept_for_a_person_to_see(
    store: Store, outbox: Outbox, deliverer: Deliverer, receiver: Receiver, clock: Clock
) -> None:
    receiver.status = 503
    deliverer.deliver()
    clock.s += 60
    receiver.status = 200
    assert deliverer.deliver() == 7
    tries = attempts.attempts(store, "records")
    assert [each.problem for each in tries] == [""] * 7 + [f"{HOST} answered 503"] * 7
    assert {each.site for each in tries} == {"north"}
    assert len({each.result for each in tries[:7]}) == 7
    key = ("records", "north", "hall-1", "e", 1)
    with store.transaction() as db:
        for number in range(attempts.KEPT):
            attempts.keep(db, key, clock() + 1 + number, "late")
    assert [each.problem for each in attempts.attempts(store, "records")] == ["late"] * 20
    assert store.rows("SELECT COUNT(*) FROM webhook_attempt") == [(20,)]
    hooks.remove(store, "records", "op")
    assert attempts.attempts(store, "records") == []


def test_a_hook_of_one_site_hears_of_no_other(
    store: Store, receiver: Receiver, tmp_path: Path
) -> None:
    hooks.allow(store, HOST, "op")
    for name, sites in (("south", ("south",)), ("both", ("south", "north"))):
        hooks.add(store, name, f"https://{HOST}/", sites, "op")
    with fill(store, tmp_path / "outbox.db"):
        assert {line.name: line.waiting for line in hooks.lines(store)} == {"south": 0, "both": 7}


def test_what_is_not_taken_is_said_again_with_one_id_and_growing_pauses(
    store: Store, outbox: Outbox, deliverer: Deliverer, receiver: Receiver, clock: Clock
) -> None:
    receiver.status = 503
    tried = []
    for _ in range(30):
        before = len(receiver.heard)
        deliverer.deliver()
        tried.append(len(receiver.heard) - before)
        clock.s += 60
    assert sum(tried[:10]) >= 4 * 7
    assert 7 <= sum(tried[10:]) <= 3 * 7
    assert "answered 503" in hooks.lines(store)[0].problem
    ids = {headers["webhook-id"] for _, headers, _ in receiver.heard}
    assert len(ids) == 7
    receiver.status = 200
    clock.s += 2 * HOUR_S
    while deliverer.deliver():
        pass
    assert waiting(store) == 0
    assert hooks.lines(store)[0].problem == ""


def test_after_three_days_it_is_given_up_and_kept(
    store: Store, outbox: Outbox, deliverer: Deliverer, receiver: Receiver, clock: Clock
) -> None:
    receiver.status = 500
    for _ in range(13):
        deliverer.deliver()
        clock.s += 6 * HOUR_S
    [line] = hooks.lines(store)
    assert (line.waiting, line.dead) == (0, 7)
    heard = len(receiver.heard)
    clock.s += HOUR_S
    assert deliverer.deliver() == 0
    assert len(receiver.heard) == heard
    receiver.status = 200
    assert hooks.again(store, "records", clock()) == 7
    assert deliverer.deliver() == 7
    assert hooks.lines(store)[0].dead == 0


def test_dead_ones_are_forgotten_after_a_month(
    store: Store, outbox: Outbox, deliverer: Deliverer, receiver: Receiver, clock: Clock
) -> None:
    receiver.status = 410
    deliverer.deliver()
    assert hooks.lines(store)[0].dead == 7, "gone is gone at once"
    clock.s += 33 * 24 * HOUR_S - HOUR_S  # three days of tries, and thirty
    deliverer.deliver()
    assert hooks.lines(store)[0].dead == 7
    clock.s += 2 * HOUR_S
    deliverer.deliver()
    assert hooks.lines(store)[0].dead == 0


def test_a_host_that_is_away_holds_up_its_own_hook_alone(
    store: Store, outbox: Outbox, receiver: Receiver, clock: Clock, tmp_path: Path
) -> None:
    hooks.add(store, "away", f"https://{HOST}:{free_port()}/", (), "op")
    with Outbox.open(
        tmp_path / "more.db", site="north", station="hall-2", limit_bytes=1_000_000,
        at_limit="refuse",
    ) as more:  # fmt: skip
        more.accept(assessment(1))
        prefix = "ps/v2/north/hall-2/"
        messages = [Incoming(prefix + m.channel, m.payload) for m in more.pending(9)]
        store.ingest([examine(each) for each in messages])
    deliverer = Deliverer(store, to_here(receiver), clock)
    assert deliverer.deliver() == 8
    lines = {line.name: line for line in hooks.lines(store)}
    assert (lines["records"].waiting, lines["away"].waiting) == (0, 1)
    assert "did not answer" in lines["away"].problem


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_two_that_deliver_share_the_work(
    store: Store, outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    """What one has claimed the other leaves alone, and takes when its claim is old."""
    dying = Deliverer(store, to_here(receiver), clock)
    [row] = store.rows("SELECT name, url, secret FROM webhook")
    from posture_tools.collector.webhooks.delivering import _Hook

    claimed, _ = dying._claim(_Hook(*row))
    assert len(claimed) == 7
    other = Deliverer(store, to_here(receiver), clock)
    assert other.deliver() == 0
    clock.s += 601
    assert other.deliver() == 7


def test_who_was_erased_is_told_of_no_more(
    store: Store, outbox: Outbox, deliverer: Deliverer, receiver: Receiver
) -> None:
    erasure.erase(store, "north", AT, code=CODE)
    assert deliverer.deliver() == 5
    assert waiting(store) == 0


def test_a_certificate_of_another_name_is_refused(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    with receiving(tmp_path / "tls", HOST, certified="other.example") as receiver:
        hooks.allow(store, HOST, "op")
        hooks.add(store, "records", f"https://{HOST}:{receiver.port}/", (), "op")
        with fill(store, tmp_path / "outbox.db"):
            assert Deliverer(store, to_here(receiver), clock).deliver() == 0
        assert receiver.heard == []
        assert "CERTIFICATE_VERIFY_FAILED" in hooks.lines(store)[0].problem


def test_a_redirection_is_not_followed(
    store: Store, outbox: Outbox, deliverer: Deliverer, receiver: Receiver
) -> None:
    receiver.status, receiver.location = 302, f"https://{HOST}:{receiver.port}/inside"
    assert deliverer.deliver() == 0
    assert {path for path, *_ in receiver.heard} == {"/in?a=1"}
    assert receiver.seen == []


def test_a_receiver_that_says_nothing_is_left(
    store: Store,
    outbox: Outbox,
    deliverer: Deliverer,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.3)
    receiver.mute_s = 3.0
    assert deliverer.deliver() == 0
    assert len(receiver.heard) == 1, "and is not tried for each of them"
    assert waiting(store) == 7


def test_a_receiver_that_says_a_byte_now_and_then_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each byte comes within the time of one; all of them never would."""
    import ssl
    import threading

    from simulators.certificates import Authority

    monkeypatch.setattr(sending, "_WHOLE_S", 0.5)
    authority = Authority(tmp_path)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(*authority.certify(HOST, server=True))
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            plain, _ = server.accept()
            with own.wrap_socket(plain, server_side=True) as talk:
                talk.recv(9999)
                while not stop.wait(0.05):
                    try:
                        talk.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle)
        thread.start()
        context = ssl.create_default_context(cafile=str(authority.ca_file))
        sender = HttpsSender(lambda *_: ["127.0.0.1"], lambda _: True, context)
        answer = sender.post(Target(HOST, server.getsockname()[1], "/"), b"{}", {})
        stop.set()
        thread.join()
    assert answer.status is None


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",  # noqa: S104
        "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
        "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
        "64:ff9b::10.0.0.1", "2002:7f00:1::", "2001:db8::1", "192.0.2.1", "240.0.0.1", "no address",
    ],
)  # fmt: skip
def test_nothing_goes_to_an_address_that_is_not_public(address: str, clock: Clock) -> None:
    assert not is_public(address)
    answer = HttpsSender(lambda *_: [address]).post(Target(HOST, 443, "/"), b"{}", {})
    assert answer.status is None
    assert "refused" in answer.problem
    mixed = HttpsSender(lambda *_: ["93.184.215.14", address])
    assert "refused" in mixed.post(Target(HOST, 443, "/"), b"{}", {}).problem


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_public(address)


def test_a_name_that_answers_otherwise_a_moment_later_changes_nothing(
    store: Store, outbox: Outbox, receiver: Receiver, clock: Clock
) -> None:
    """DNS rebinding: public when it is looked at, this machine when it is used."""
    asked = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) > 1 else ["192.0.2.1"]

    connected: list[str] = []

    def permits(address: str) -> bool:
        connected.append(address)
        return address == "192.0.2.1"

    sent: list[tuple[str, int]] = []

    def refuse(address: tuple[str, int], *_: object) -> socket.socket:
        sent.append(address)
        raise ConnectionRefusedError("as if nobody were there")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending.socket, "create_connection", refuse)
        Deliverer(store, HttpsSender(rebinding, permits, receiver.context), clock).deliver()
    assert asked == [HOST]
    assert sent == [("192.0.2.1", receiver.port)]


@pytest.mark.parametrize(
    "url",
    [
        f"http://{HOST}/", f"https://user:word@{HOST}/", f"https://{HOST}/#part", "https:///path",
        f"https://{HOST}:99999/", "https://[::1]/", f"https://{HOST}/a b",
        f"https://{HOST}/\r\nX: y",
        "ftp://x", "https://other.example/", f"https://{HOST}.evil.example/",
        f"https://{HOST}@evil/",
    ],
)  # fmt: skip
def test_addresses_that_are_not_taken(store: Store, url: str) -> None:
    hooks.allow(store, HOST, "op")
    with pytest.raises(SettingsInvalid):
        hooks.add(store, "bad", url, (), "op")
    assert hooks.lines(store) == []


def test_a_host_that_leaves_the_list_hears_nothing_more(
    store: Store, outbox: Outbox, deliverer: Deliverer, receiver: Receiver
) -> None:
    hooks.disallow(store, HOST, "op")
    assert deliverer.deliver() == 0
    assert receiver.heard == []
    assert "not on the list" in hooks.lines(store)[0].problem


def test_a_name_in_other_letters_is_the_same_host(store: Store) -> None:
    hooks.allow(store, "Records.EXAMPLE.", "op")
    assert hooks.hosts(store) == [HOST]
    hooks.add(store, "records", "https://RECORDS.example/", (), "op")
    hooks.disallow(store, "RECORDS.example.", "op")
    assert hooks.hosts(store) == []


def test_who_takes_another_host_off_the_list_is_told_so(store: Store) -> None:
    """The one that was meant would hear on."""
    hooks.allow(store, HOST, "op")
    with pytest.raises(SettingsInvalid, match=f"other.{HOST}' is not on the list"):
        hooks.disallow(store, f"other.{HOST}", "op")
    assert hooks.hosts(store) == [HOST]


def test_what_people_change_is_in_the_audit_table(store: Store, secret: str) -> None:
    hooks.remove(store, "records", "op")
    lines = store.rows("SELECT who, what, was, becomes FROM audit ORDER BY number")
    assert [(who, what) for who, what, *_ in lines] == [
        ("op", "webhook host"), ("op", "webhook"), ("op", "webhook"),
    ]  # fmt: skip
    assert not any(secret in str(line) for line in lines)


def test_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "collector.db"
    SqliteStore(path).close()
    at = ["--store", str(path)]
    assert main(["webhook", "add", "records", f"https://{HOST}/", *at]) == 2
    assert "webhook allow records.example" in capsys.readouterr().err
    assert main(["webhook", "allow", HOST, *at]) == 0
    assert main(["webhook", "add", "records", f"https://{HOST}/", "--site", "north", *at]) == 0
    assert "whsec_" in capsys.readouterr().out
    assert main(["webhook", "list", "--json", *at]) == 0
    [line] = json.loads(capsys.readouterr().out)
    assert (line["name"], line["sites"], line["waiting"]) == ("records", "north", 0)
    assert "whsec_" not in json.dumps(line)
    assert main(["webhook", "again", "nobody", *at]) == 2
    assert main(["webhook", "remove", "records", *at]) == 0
    assert main(["webhook", "disallow", HOST, *at]) == 0
