"""The hub as real processes: killed, hung, refused, stopped; what was accepted is worked off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.engine.pulse import LOOP, SIZE, WRITER, Pulse
from hub.engine.supervisor import PATIENCE, Stall
from hub.store import Place, open_reader, open_store, reading
from hub.testing.shop import LONG, SECRET, Shop, http


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    found = Shop(tmp_path)
    yield found
    found.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose supervised hub runs, for tests that leave it alone."""
    found = Shop(tmp_path_factory.mktemp("running"))
    found.supervised()
    found.ready()
    yield found
    found.close()


def refused(shop: Shop, *args: str) -> str:
    """Run a hub process that must refuse to start; its one sentence."""
    done = subprocess.run(
        [sys.executable, *(args or ("-m", "hub.cli.hub_process")), "--config", str(shop.config)],
        env=shop.environ(),
        capture_output=True,
        text=True,
        timeout=LONG,
    )
    assert done.returncode == 2, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def set_hub(shop: Shop, key: str, value: str) -> None:
    lines = shop.config.read_text().splitlines()
    kept = [line for line in lines if not line.startswith(f"{key} = ")]
    kept.insert(kept.index("[hub]") + 1, f"{key} = {json.dumps(value)}")
    shop.config.write_text("\n".join(kept))


def test_a_killed_hub_starts_again_and_works_off_what_was_accepted(shop: Shop) -> None:
    shop.down = True  # the answers cannot go out yet
    shop.supervised()
    first = shop.ready()
    for number in range(5):
        assert shop.say(number, "what is the price?", f"+4477009000{number:02}") == 200
    shop.kill()
    shop.down = False
    second = shop.ready()
    assert second["pid"] != first["pid"]

    def everybody() -> bool:
        """Answered, or (a send that was under way, of a platform that cannot tell) shown to a human."""
        db = open_reader(Place(shop.data))
        try:
            states = [state for (state,) in db.rows("SELECT state FROM outbox WHERE kind='send'")]
        finally:
            db.close()
        return len(states) == 5 and set(states) <= {"done", "uncertain"} and len(shop.said) >= states.count("done")

    shop.until(everybody)
    assert len({said["to"] for said in shop.said}) == len(shop.said) > 0
    assert {said["text"] for said in shop.said} == {"It costs a penny."}
    assert "killed by SIGKILL" in shop.log


def test_a_graceful_stop_leaves_nothing_behind(shop: Shop) -> None:
    supervisor = shop.supervised()
    pid = shop.ready()["pid"]
    assert shop.say(1, "what is the price?") == 200
    shop.until(lambda: shop.said)
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(LONG) == 0
    assert not Path(f"/proc/{pid}").exists()
    assert sorted(file.name for file in shop.data.iterdir()) == ["hub.lock", "hub.sqlite3"]
    assert "Traceback" not in shop.log


def test_a_send_under_way_is_finished_before_the_hub_ends(shop: Shop) -> None:
    supervisor = shop.supervised()
    listen = shop.ready()["listen"]
    shop.open.clear()
    assert shop.say(1, "what is the price?") == 200
    shop.until(lambda: shop.asked)
    supervisor.terminate()
    shop.until(lambda: "the hub stops" in shop.log)
    late = shop.until(lambda: http("POST", listen + "/hook/post", b"{}", {"x-secret": SECRET}))
    assert late == (503, "come again")
    shop.open.set()
    assert supervisor.wait(LONG) == 0
    db = open_reader(Place(shop.data))
    assert reading.all_commands(db) == {("send", "done"): 1}
    db.close()
    assert shop.asked == 1


def test_a_plugin_process_does_not_outlive_a_killed_hub(tmp_path: Path) -> None:
    shop = Shop(tmp_path, plugin=True)
    try:
        shop.config.write_text(shop.config.read_text().replace("hook_deadline = 0.5", "hook_deadline = 100"))
        process = shop.alone()
        assert shop.say(1, "hang in the hook") == 200
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            pytest.skip("this system does not tell")
        child = shop.until(lambda: children.read_text().split())[0]
        shop.until(lambda: "the hook hangs" in shop.log)
        process.kill()
        process.wait()
        shop.until(lambda: gone(child))
    finally:
        shop.close()


def gone(pid: str) -> bool:
    """No such process, or one that nobody has buried yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_the_hub_ends_when_its_supervisor_was_killed(shop: Shop) -> None:
    supervisor = shop.supervised()
    shop.ready()
    supervisor.kill()
    supervisor.wait()
    shop.until(lambda: "the supervisor is gone" in shop.log and not (shop.data / "run.json").exists())
    shop.until(lambda: not (shop.data / "control.sock").exists())
    open_store(Place(shop.data), patience=LONG).close()


@pytest.mark.parametrize(
    ("where", "text"), [("verify", "hang in verify"), ("step", "hang in normalise"), ("send", "price, hang in send")]
)
def test_a_plugin_that_stalls_the_hub_is_named_and_kept_out(shop: Shop, where: str, text: str) -> None:
    if where == "send":
        shop.config.write_text(shop.config.read_text().replace("It costs a penny.", "hang in send"))
    shop.supervised(stall=1.0)
    assert shop.say(1, "hello") == 200
    answer = shop.say(2, text, timeout=0.5 if where == "verify" else LONG)
    assert answer == (0 if where == "verify" else 200)
    shop.until(lambda: "inside the plugin 'post' (connection 'post')" in shop.log)
    again = shop.until(lambda: "the hub runs" in shop.log.split("inside the plugin")[1] and shop.ready())
    assert http("GET", again["admin"] + "/readyz") == (200, "ready")
    assert shop.say(3, "hello") == 503  # its connection rests: the platform is to come again


@pytest.mark.parametrize("where", ["verify", "normalise"])
def test_a_crm_that_stalls_the_hub_is_named_and_only_its_calls_rest(tmp_path: Path, where: str) -> None:
    shop = Shop(tmp_path, crm=True)
    try:
        shop.supervised(stall=1.0)
        door = "/hook/book"
        http("POST", shop.ready()["listen"] + door, f"hang in {where}".encode(), timeout=0.5)
        shop.until(lambda: "inside the plugin 'book' (CRM 'book')" in shop.log)
        again = shop.until(lambda: "the hub runs" in shop.log.split("inside the plugin")[1] and shop.ready())
        assert http("POST", again["listen"] + door, b"later") == (503, "come again")
        assert shop.say(1, "hello") == 200

        def kept() -> bool:
            db = open_reader(Place(shop.data))
            try:
                dead = [cause for (cause,) in db.rows("SELECT cause FROM dead WHERE kind='event'")]
                logged = db.rows("SELECT record FROM outbox WHERE kind='log' AND state='done'")
            finally:
                db.close()
            return logged == [("n-1",)] and len(dead) == (where == "normalise")

        shop.until(kept)
    finally:
        shop.close()


def with_slow_plugin(shop: Shop, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """A second plugin is installed beside the shop's."""
    entries = shop.site / "post-1.0.dist-info/entry_points.txt"
    entries.write_text(entries.read_text() + "slow = slow_plugin\n")
    begin = "import os, sys, time\nfrom hub import hookimpl\n"
    hang = "print('it hangs in', os.getpid(), file=sys.stderr, flush=True); time.sleep(1000)"
    (shop.site / "slow_plugin.py").write_text(begin + code.format(hang=hang))
    environ = {**shop.environ(), "DRAGOMAN_PLUGINS": "slow,post"}
    monkeypatch.setattr(shop, "environ", lambda: environ)


@pytest.mark.parametrize("code", ["{hang}", "@hookimpl\ndef hub_crms(): {hang}"])
def test_a_plugin_that_never_returns_from_its_import_is_named_and_kept_out(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    with_slow_plugin(shop, monkeypatch, code)
    shop.supervised(stall=1.0)
    again = shop.ready()
    assert "inside the plugin 'slow' while it is loaded" in shop.log
    assert "without 'slow'" in shop.log
    assert http("GET", again["admin"] + "/readyz") == (200, "ready")
    assert shop.say(1, "what is the price?") == 200
    shop.until(lambda: shop.said)


def test_a_hub_that_hangs_in_an_import_ends_with_its_supervisor(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with_slow_plugin(shop, monkeypatch, "{hang}")
    supervisor = shop.supervised(stall=LONG)
    shop.until(lambda: "it hangs in" in shop.log)
    supervisor.kill()
    supervisor.wait()
    pid = shop.log.split("it hangs in")[1].split()[0]
    shop.until(lambda: gone(pid))


def test_a_mistake_is_final(shop: Shop) -> None:
    shop.config.write_text("[hub]\ncolour = 1\n")
    sentence = refused(shop, "-m", "hub.engine.supervisor")
    assert sentence.startswith(f"dragoman: {shop.config}:2: ")


@pytest.mark.parametrize("same_address", [False, True])
def test_a_second_hub_on_the_same_store_is_refused(shop: Shop, running: Shop, same_address: bool) -> None:
    set_hub(shop, "data", str(running.data))
    if same_address:
        set_hub(shop, "listen", running.ready()["listen"].removeprefix("http://"))
    assert f"another hub already runs on {running.data}" in refused(shop)


@pytest.mark.parametrize("key", ["listen", "admin"])
def test_an_address_in_use_is_one_sentence(shop: Shop, key: str) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        set_hub(shop, key, address)
        sentence = refused(shop)
    assert f"cannot listen on {address}" in sentence
    assert f"[hub] {key}" in sentence
    assert not shop.data.exists()


@pytest.mark.parametrize("folder", ["file/data", "/proc/data"])
def test_a_folder_that_cannot_be_written_is_one_sentence(shop: Shop, folder: str) -> None:
    (shop.folder / "file").write_text("")
    set_hub(shop, "data", folder)
    assert "is not writable" in refused(shop)


def test_the_supervisor_is_light(running: Shop) -> None:
    rollup = Path(f"/proc/{running.processes[0].pid}/smaps_rollup")
    if not rollup.exists():
        pytest.skip("this system does not tell")
    (pss,) = (int(line.split()[1]) for line in rollup.read_text().splitlines() if line.startswith("Pss:"))
    assert pss < 30_000


def test_health_and_metrics(running: Shop) -> None:
    admin = running.ready()["admin"]
    assert running.say(1, "hello") == 200
    assert running.say(1, "hello") == 200
    assert running.say(2, "hello", secret="wrong") == 401
    assert http("GET", admin + "/healthz")[0] == 200
    status, text = http("GET", admin + "/metrics")
    assert status == 200
    for line in (
        "dragoman_events_accepted_total 1.0",
        "dragoman_events_duplicates_total 1.0",
        'dragoman_webhook_answers_total{status="200"} 2.0',
        'dragoman_webhook_answers_total{status="401"} 1.0',
        "dragoman_queue_depth 0.0",
    ):
        assert line in text


def test_logs_hold_neither_secrets_nor_messages(shop: Shop) -> None:
    supervisor = shop.supervised()
    shop.say(1, "a very private price")
    shop.say(2, "more of it", secret="wrong")
    shop.until(lambda: shop.said)
    supervisor.terminate()
    supervisor.wait(LONG)
    assert "signature refused" in shop.log
    assert "private" not in shop.log
    assert "open-sesame" not in shop.log
    for line in shop.log.splitlines():
        assert json.loads(line)["event"]


class Beats(Pulse):
    """A pulse whose beats a test sets."""

    def __init__(self) -> None:
        self.slots = {LOOP: (0.0, 0), WRITER: (0.0, 0)}

    def read(self, slot: int) -> tuple[float, int]:
        return self.slots[slot]


def test_a_stall_names_the_number_inside() -> None:
    pulse = Beats()
    stall = Stall(pulse, 10)
    for second in range(9):
        pulse.slots = {LOOP: (second, 0), WRITER: (1.0, 3)}
        assert stall.look(1.0) is None
    for second in range(9, 11):
        pulse.slots[LOOP] = (second, 0)
        assert stall.look(1.0) is None
    pulse.slots[LOOP] = (11, 0)
    assert stall.look(1.0) == 3


def test_a_stall_inside_no_plugin_gets_more_patience() -> None:
    stall = Stall(Beats(), 10)
    looks = [stall.look(1.0) for _ in range(10 * PATIENCE + 1)]
    assert set(looks) == {None}
    assert stall.look(1.0) == 0


def test_a_machine_that_slept_is_no_stall() -> None:
    pulse = Beats()
    pulse.slots[WRITER] = (1.0, 2)
    stall = Stall(pulse, 10)
    stall.look(1.0)
    assert stall.look(3600.0) is None


def test_the_pulse_is_read_by_another_process(tmp_path: Path) -> None:
    file = tmp_path / "pulse"
    pulse = Pulse(file)
    assert file.stat().st_size == SIZE
    code = f"from pathlib import Path; from hub.engine.pulse import *; Pulse(Path({str(file)!r})).beat(WRITER, 7)"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ})
    assert pulse.read(WRITER)[1] == 7
    assert pulse.read(LOOP) == (0.0, 0)
