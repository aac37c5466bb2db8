"""A small shop for tests of the running hub: an invented channel, CRM and event hook as an installed plugin, a
platform on loopback that notes what is said, and the hub as real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
SECRET = "open-sesame"  # noqa: S105 - of a platform that exists only here
LONG = 30.0  # seconds that anything may take before a test gives up

PLUGIN = """
import json, os, sys, time
from hub.contracts.errors import BadSignature, Unavailable
from hub import (CRM, CRMCapabilities, Capabilities, Channel, HttpCall, Identity, MessageReceived, Page,
                 PluginSettings, RawEvent, Receipt, Schema, Written, hookimpl)

EVENTS = ("inquiry.opened",)

def hang(body, where):
    while where in body:
        pass

class PostSettings(PluginSettings):
    base_url: str
    secret: str

class Post(Channel):
    name, Settings = "post", PostSettings
    capabilities = Capabilities(proof="none", text_max=1000)
    def verify(self, request):
        hang(request.body, b"hang in verify")
        if request.headers.get("x-secret") != self.settings.secret:
            raise BadSignature("no")
    def split(self, body):
        return [RawEvent("1", json.loads(body)["id"], json.loads(body)["from"], 0, body)]
    def normalise(self, raw):
        hang(raw.body, b"hang in normalise")
        m = json.loads(raw.body)
        sender = (Identity("phone", "", m["from"]),)
        return [MessageReceived(key=raw.key, at=raw.at, account="1", sender=sender, address=m["from"],
                                provider_id=raw.key, text=m["text"], name=m.get("name", ""))]
    def send(self, message):
        hang(message.text, "hang in send")
        body = {"to": message.address, "text": message.text}
        reply = yield HttpCall.json("POST", self.settings.base_url + "/say", body)
        if reply.status == 503:
            raise Unavailable("the platform is down")
        return Receipt(reply.json()["id"])

class BookSettings(PluginSettings):
    pass

class Book(CRM):
    name, Settings, capabilities = "book", BookSettings, CRMCapabilities(batch=10)
    def describe(self): return Schema()
    def ensure(self): return []
    def probe(self): return []
    def first_read(self, cursor): return Page((), "end", True)
    def changes(self, cursor): return Page((), "now", True)
    def upsert(self, batch): return [Written(outbox=w.outbox, record="c-" + w.key[:6], new=True) for w in batch]
    def log(self, batch): return [Written(outbox=e.outbox, record=f"n-{e.sequence}") for e in batch]
    def hearing(self): return True
    def verify(self, request): hang(request.body, b"hang in verify")
    def split(self, body): return [RawEvent("1", body.decode(), "1", 0, body)]
    def normalise(self, raw): return hang(raw.body, b"hang in normalise") or []
    def get(self, refs): return Page((), "", True)

@hookimpl
def hub_channels(): return [Post]

@hookimpl
def hub_crms(): return [Book]

@hookimpl
def hub_on_event(event, settings):
    text, name = event["text"], event["name"]
    if "hang" in text and "hook" in text:
        print("the hook hangs", flush=True)
        time.sleep(1000)
    if "raise" in text:
        raise RuntimeError("it did not work")
    if "exit" in text:
        os._exit(3)
    if "flood" in text:
        return [{"note": "x" * 1_000_000}]
    if "unasked" in text:
        for fd in range(3, 20):
            try:
                os.write(fd, b'{"id": "other"}\\n' * 3)
            except OSError:
                pass
    if "print" in text:
        print('{"id": "printed"}\\n' * 500, flush=True)
        os.write(1, b"plain words\\n" * 50_000)
    if "stdin" in text:
        return [{"note": f"stdin says {sys.stdin.read()!r}"}]
    return [{"note": f"{settings['greeting']} {name} {event['id'].partition('.')[2]} {os.getpid()}"}]
"""

CONFIG = """
[hub]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
disk_min_mb = 0
crm_linger = 0
hook_deadline = 0.5
[connection.post]
channel = "post"
base_url = "{base_url}"
secret = "{secret}"
[inbox.front]
connection = "post"
account = "1"
[texts]
prices = "It costs a penny."
[[rule]]
name = "prices"
keywords = ["price"]
reply = "prices"
"""
CRM_TABLE = '[crm.book]\nadapter = "book"\n'
PLUGIN_TABLE = '[plugin.post]\ngreeting = { env = "SHOP_GREETING" }\n'


class Shop:
    """A folder with hub.toml and an installed plugin `post`, and a platform. `close` ends everything."""

    def __init__(self, folder: Path, *, crm: bool = False, plugin: bool = False) -> None:
        self.folder, self.config, self.data = folder, folder / "hub.toml", folder / "data"
        self.said: list[dict[str, str]] = []
        self.down = False
        self.asked = 0
        self.open = threading.Event()
        """While it is not set, the platform takes requests and gives no answer."""
        self.open.set()
        self.site = folder / "site"
        info = self.site / "post-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: post\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[hub]\npost = post_plugin\n")
        (self.site / "post_plugin.py").write_text(PLUGIN)
        (folder / "mappings").mkdir()
        (folder / "mappings" / "book.toml").write_text('[person]\nname = "name"\n')
        self._platform = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._platform.serve_forever, args=(0.02,), daemon=True).start()
        text = CONFIG.format(base_url=f"http://127.0.0.1:{self._platform.server_port}", secret=SECRET)
        self.config.write_text(text + (CRM_TABLE if crm else "") + (PLUGIN_TABLE if plugin else ""))
        self.processes: list[subprocess.Popen[str]] = []
        self._dead: set[int] = set()

    def environ(self) -> dict[str, str]:
        """The environment of the shop's processes: this hub, and no plugin but the shop's."""
        path = os.pathsep.join([str(self.site), str(ROOT), os.environ.get("PYTHONPATH", "")])
        return {**os.environ, "PYTHONPATH": path, "DRAGOMAN_PLUGINS": "post", "SHOP_GREETING": "hello"}

    # -- processes -----------------------------------------------------------------------------------------------------

    def supervised(self, stall: float = 10.0) -> subprocess.Popen[str]:
        """Start the supervisor."""
        return self.python("-m", "hub.engine.supervisor", "--config", str(self.config), "--stall", str(stall))

    def alone(self) -> subprocess.Popen[str]:
        """Start the hub's process without a supervisor."""
        return self.python("-m", "hub.cli.hub_process", "--config", str(self.config))

    def python(self, *args: str) -> subprocess.Popen[str]:
        """Start Python; what it says on stderr goes to `log`."""
        with (self.folder / "log").open("a") as log:
            process = subprocess.Popen([sys.executable, *args], env=self.environ(), stderr=log, text=True)
        self.processes.append(process)
        return process

    @property
    def log(self) -> str:
        """What the processes said so far."""
        return (self.folder / "log").read_text()

    def ready(self) -> dict[str, Any]:
        """What the hub says of itself in run.json, once one runs that was not killed by us."""

        def look() -> dict[str, Any] | None:
            for process in self.processes:
                assert process.poll() is None, self.log
            try:
                facts: dict[str, Any] = json.loads((self.data / "run.json").read_text())
            except OSError:
                return None
            return None if facts["pid"] in self._dead else facts

        return self.until(look)

    def kill(self) -> None:
        """kill -9 the hub's process."""
        pid = self.ready()["pid"]
        self._dead.add(pid)
        os.kill(pid, 9)

    def forget(self) -> None:
        """The processes that were started may have ended, and are none of our business any more."""
        for process in self.processes:
            process.wait(LONG)
        self.processes.clear()

    def stop(self) -> None:
        """Stop the processes gracefully."""
        for process in self.processes:
            process.terminate()
        self.forget()

    def until(self, look: Callable[[], T | None]) -> T:
        """Look until there is something; fails after `LONG`."""
        end = time.monotonic() + LONG
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(0.02)
        raise AssertionError("it did not happen: " + self.log[-3000:])

    def close(self) -> None:
        """End what still runs."""
        self.open.set()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(LONG)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._platform.shutdown()
        self._platform.server_close()

    # -- the platform --------------------------------------------------------------------------------------------------

    def say(
        self, number: int, text: str, person: str = "+15550101", *, secret: str = SECRET, timeout: float = LONG
    ) -> int:
        """A person writes: one delivery to the hub that runs now. Returns the status, 0 when no answer came."""
        body = json.dumps({"id": f"w{number}", "from": person, "text": text, "name": "Ana"}).encode()
        address = self.ready()["listen"] + "/hook/post"
        return http("POST", address, body, {"x-secret": secret}, timeout)[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                shop.asked += 1
                shop.open.wait(LONG)
                if shop.down:
                    self.send_response(503)
                    self.end_headers()
                    return
                shop.said.append(json.loads(body))
                answer = json.dumps({"id": f"said{len(shop.said)}"}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


def http(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, timeout: float = LONG
) -> tuple[int, str]:
    """Status and body; (0, "") when no answer came."""
    request = urllib.request.Request(url, body, dict(headers or {}), method=method)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:  # noqa: S310
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""
