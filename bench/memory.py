"""What a small hub takes of the machine's memory: supervisor, hub and plugin processes after some conversations."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Figure
from bench.load import load
from bench.remote import Remote
from bench.run import Run
from bench.server import configuration

RATE, SECONDS = 40.0, 3.0
PATIENCE = 30.0
MOST = 150.0

NOTIFY = """
[plugin.notify]
url = "http://127.0.0.1:{port}/notify"
secret = {{ file = "notify.secret" }}
allow_private = true
"""


def measure(run: Run) -> list[Figure]:
    """Proportional set size, summed over the whole process tree of `dragoman run`, each round a new one."""
    if not Path("/proc/self/smaps_rollup").exists():
        return [Figure(name="rss_mb", rounds=(), note="needs Linux's smaps_rollup")]
    rounds, trees = [], []
    for number in range(run.rounds):
        run.tell(f"round {number + 1} of {run.rounds}")
        parts = one_hub(run)
        rounds.append(sum(parts))
        trees.append(" + ".join(f"{part:.0f}" for part in parts))
    note = f"supervisor, hub, plugin: {trees[-1]}"
    return [Figure(name="rss_mb", rounds=tuple(rounds), want="at most", target=MOST, note=note)]


def one_hub(run: Run) -> list[float]:
    """Start a hub with WhatsApp, HubSpot and notify, talk to it for a moment; MB of each of its processes."""
    place = tempfile.TemporaryDirectory(dir=run.folder, prefix="dragoman-bench-")
    with place as name, Remote(load, fast=True) as loading:
        folder = Path(name)
        platform = loading.call("start")
        toml = configuration(folder / "data", platform, crm=True, listen=("127.0.0.1:0", "127.0.0.1:0"))
        (folder / "notify.secret").write_text("whsec_YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2g=", encoding="utf-8")
        (folder / "hub.toml").write_text(toml + NOTIFY.format(port=platform), encoding="utf-8")
        command = [sys.executable, "-P", "-m", "hub.engine.supervisor", "--config", str(folder / "hub.toml")]
        hub = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = _listening(hub, folder / "data" / "run.json")
            talked = loading.call("converse", port, RATE, SECONDS)
            if talked["lost"][0]:
                raise RuntimeError("the hub answered too little")
            return [megabytes(pid) for pid in family(hub.pid)]
        finally:
            hub.send_signal(signal.SIGTERM)
            hub.wait(PATIENCE)


def _listening(hub: subprocess.Popen[bytes], facts: Path) -> int:
    """The port of the public listener, as soon as the hub says that it listens."""
    end = time.monotonic() + PATIENCE
    while not facts.exists():
        if hub.poll() is not None or time.monotonic() > end:
            raise RuntimeError("the hub did not start")
        time.sleep(0.05)
    listen: str = json.loads(facts.read_text(encoding="utf-8"))["listen"]
    return int(listen.rpartition(":")[2])


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended meanwhile
        parents.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, ())
    return found


def megabytes(pid: int) -> float:
    """Proportional set size: pages that processes share are counted once in the sum (proc(5), smaps_rollup)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no Pss in smaps_rollup")
