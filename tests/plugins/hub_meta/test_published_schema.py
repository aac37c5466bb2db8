"""What leaves the hub, held against Meta's published description of the Cloud API, where that is at hand."""

import json
import re
from pathlib import Path

import pytest

from hub import Outgoing

SPEC = Path(__file__).parents[4] / "shared" / "data" / "specs" / "meta_whatsapp_v23_trim_relaxed.json"

DEVIATIONS = {
    # the description is older than business-scoped user ids and does not list this documented field
    "biz_opaque_callback_data": "unlisted",
    "recipient": "unlisted, stands in for `to`",
}


@pytest.fixture(scope="module")
def spec():
    if not SPEC.exists():
        pytest.skip("Meta's API description is not beside this checkout")
    return json.loads(SPEC.read_text())


def faults(spec, schema, value, path=""):
    """Where `value` breaks `schema`: the part of JSON Schema that these bodies meet, and unlisted properties."""
    if "$ref" in schema:
        schema = spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "allOf" in schema:
        listed, found = set(), []
        for part in schema["allOf"]:
            inner, names = checked(spec, part, value, path)
            found += inner
            listed |= names
        return found + [f"{path}.{name} unlisted" for name in value if name not in listed]
    found, names = checked(spec, schema, value, path)
    if schema.get("type") == "object":
        found += [f"{path}.{name} unlisted" for name in value if name not in names]
    return found


def checked(spec, schema, value, path):
    if "$ref" in schema:
        schema = spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    kinds = {"object": dict, "string": str, "boolean": bool, "array": list}
    if schema["type"] in kinds and not isinstance(value, kinds[schema["type"]]):
        return [f"{path} is no {schema['type']}"], set()
    found = [f"{path} not in {schema['enum']}"] if "enum" in schema and value not in schema["enum"] else []
    if schema["type"] == "object":
        found += [f"{path}.{name} missing" for name in schema.get("required", ()) if name not in value]
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                found += faults(spec, inner, value[name], f"{path}.{name}")
    return found, set(schema.get("properties", {}))


def body(channel, **changes):
    base = {"account": "1", "address": "447700900123", "text": "hello", "callback": "outbox-1", "reply_to": "wamid.1"}
    return json.loads(next(channel.send(Outgoing(**{**base, **changes}))).body)


def test_a_text_fits_but_for_the_known_deviations(spec, channel):
    schema = spec["components"]["schemas"]["TextMessage"]
    assert faults(spec, schema, body(channel)) == [".biz_opaque_callback_data unlisted"]
    assert faults(spec, schema, body(channel, callback="", reply_to="")) == []
    assert faults(spec, schema, body(channel, callback="", address="group:Z3I")) == []
    found = faults(spec, schema, body(channel, address="US.1349"))
    assert found == [".to missing", ".recipient unlisted", ".biz_opaque_callback_data unlisted"]
    assert all(fault.split()[0].strip(".") in {*DEVIATIONS, "to"} for fault in found)


def test_the_check_sees_what_is_wrong(spec, channel):
    schema = spec["components"]["schemas"]["TextMessage"]
    good = body(channel, callback="")
    for wrong, fault in (
        ({"type": "image"}, ".type not in"),
        ({"recipient_type": "person"}, ".recipient_type not in"),
        ({"to": 5}, ".to is no string"),
        ({"text": {"body": 5}}, ".text.body is no string"),
        ({"text": {"preview_url": "no"}}, ".text.preview_url is no boolean"),
        ({"context": {"id": "x"}}, ".context.id unlisted"),
    ):
        assert any(found.startswith(fault) for found in faults(spec, schema, {**good, **wrong})), wrong


def test_the_address_and_the_token_fit(spec, channel):
    call = next(channel.send(Outgoing("1", "447700900123", "hello", "")))
    assert "/{Version}/{Phone-Number-ID}/messages" in spec["paths"]
    assert re.search(r"/v[\d.]+/[^/]+/messages$", call.url)
    bearer = spec["components"]["parameters"]["Authorization"]["schema"]["pattern"]
    assert re.match(bearer, call.headers["authorization"])
    assert call.headers["content-type"] in spec["components"]["parameters"]["ContentType"]["schema"]["enum"]
