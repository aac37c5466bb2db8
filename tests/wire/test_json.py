"""One meaning of JSON with and without orjson."""

import pytest

from hub.wire import json


@pytest.fixture(params=[True, False], ids=["installed", "standard library"], autouse=True)
def fast(request, monkeypatch):
    if request.param and not json.FAST:
        pytest.skip("orjson is not installed")
    monkeypatch.setattr(json, "FAST", request.param)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": [1, 2.5, null, true, "\\u00e4\\/"]}', {"a": [1, 2.5, None, True, "ä/"]}),
        ('"ä👋"'.encode(), "ä👋"),
        (b'"\\ud83d"', "\ud83d"),
        (b'{"a":1,"a":2}', {"a": 2}),
    ],
)
def test_it_reads(data, value):
    assert json.loads(data) == value


@pytest.mark.parametrize("data", [b"", b"{", b"NaN", b"[Infinity]", b"\xff", b"[" * 200_000, b"{'a':1}"])
def test_it_refuses_without_quoting(data):
    with pytest.raises(ValueError, match=r"^not JSON$") as caught:
        json.loads(data)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("value", [{"b": 1, "a": ["ä", None]}, "\ud83d", 2**70, [1.5]])
def test_what_it_writes_it_reads(value):
    assert json.loads(json.dumps(value)) == value


def test_it_writes_compact_and_in_the_order_given():
    assert json.dumps({"b": 1, "a": [1, 2]}) == b'{"b":1,"a":[1,2]}'


def test_the_canonical_form_is_one():
    assert json.canonical({"b": "ä", "a": 1}) == json.canonical({"a": 1, "b": "ä"}) == b'{"a":1,"b":"\\u00e4"}'
