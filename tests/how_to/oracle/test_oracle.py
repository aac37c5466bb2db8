"""The language model is a server on this machine that says what the test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import hub_oracle
import pytest

from hub.contracts.errors import Rejected

LABELS = ("price", "delivery")


class Model:
    """A model that answers `says` with `status`; with `open` unset it takes the question and is silent."""

    def __init__(self) -> None:
        self.says, self.status, self.asked = "price", 200, list[dict[str, Any]]()
        self.open = threading.Event()
        self.open.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.settings = {
            "url": f"http://127.0.0.1:{self.server.server_port}/v1/chat/completions",
            "key": "a-key",
            "model": "small",
            "timeout": 5.0,
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                model.asked.append({**body, "authorization": self.headers["authorization"]})
                model.open.wait(30)
                answer = json.dumps({"choices": [{"message": {"content": model.says}}]}).encode()
                self.send_response(model.status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: object) -> None:
                pass

        return Handler


@pytest.fixture
def model() -> Iterator[Model]:
    found = Model()
    yield found
    found.open.set()
    found.server.shutdown()
    found.server.server_close()


def classify(model: Model, text: str = "how much?", **settings: Any) -> list[tuple[str, float]]:
    return hub_oracle.hub_classify(text, LABELS, {"language": "en"}, {**model.settings, **settings})


def test_the_model_picks_one_of_the_labels(model: Model) -> None:
    assert classify(model) == [("price", 0.9)]
    (asked,) = model.asked
    assert asked["authorization"] == "Bearer a-key"
    assert "price, delivery" in asked["messages"][0]["content"]
    assert asked["messages"][1] == {"role": "user", "content": "how much?"}


@pytest.mark.parametrize(
    "says", ["none", "refund", "", "Sure! It costs 5.", "price, delivery", "PRICE!", None, ["price"]]
)
def test_whatever_else_it_says_is_dropped(model: Model, says: Any) -> None:
    model.says = says
    assert classify(model) == []


def test_a_model_that_is_late_has_no_idea(model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    model.open.clear()
    assert classify(model, timeout=0.05) == []
    assert capsys.readouterr().err == "the model did not answer (TimeoutError)\n"


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_a_model_that_cannot_answer_has_no_idea(model: Model, status: int) -> None:
    model.status = status
    assert classify(model) == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_taken_is_told(model: Model, status: int) -> None:
    model.status = status
    with pytest.raises(Rejected, match="does not take the key") as told:
        classify(model)
    assert "a-key" not in str(told.value)


def test_without_labels_nobody_is_asked(model: Model) -> None:
    assert hub_oracle.hub_classify("how much?", (), {}, model.settings) == []
    assert model.asked == []
