"""What leaves the hub, held against Meta's published description of the Cloud API, where that is at hand."""

import json
import re
from pathlib import Path

import pytest

from hub import Outgoing

SPEC = Path(__file__).parents[4] / "shared" / "data" / "specs" / "meta_whatsapp_v23_trim_relaxed.json"

CALLBACK = ".biz_opaque_callback_data unlisted"  # a documented field that the description forgets, in every body
DEVIATIONS = {
    # the description knows a file's id and link only; caption, filename and voice are in the Cloud API reference
    "image": [".image.caption unlisted"],
    "voice": [".audio.voice unlisted"],
    "document": [".document.caption unlisted", ".document.filename unlisted"],
    # its pattern for the place of a button, "^[2-6, 11-14]$", leaves out most of the places 0 to 9
    "template": [".template.components.index does not match"],
    # coupon codes came later than the description
    "template with a file": [".template.components.index does not match", ".template.components.sub_type not in"],
}


@pytest.fixture(scope="module")
def spec():
    if not SPEC.exists():
        pytest.skip("Meta's API description is not beside this checkout")
    return json.loads(SPEC.read_text())


KINDS = {"object": dict, "string": str, "boolean": bool, "array": list}


def faults(spec, schema, value, path=""):
    """Where `value` breaks `schema`: the part of JSON Schema that these bodies meet, and unlisted properties."""
    found, listed = checked(spec, schema, value, path)
    if isinstance(value, dict) and listed:
        found = found + [f"{path}.{name} unlisted" for name in value if name not in listed]
    return found


def checked(spec, schema, value, path):
    """The faults without those of unlisted properties, and the properties that are listed."""
    if "$ref" in schema:
        schema = spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    kind = schema.get("type")
    if kind in KINDS and not isinstance(value, KINDS[kind]):
        return [f"{path} is no {kind}"], set()
    found = [f"{path} not in"] if "enum" in schema and value not in schema["enum"] else []
    if isinstance(value, str):
        found += [f"{path} too long"] if len(value) > schema.get("maxLength", len(value)) else []
        found += [] if re.search(schema.get("pattern", ""), value) else [f"{path} does not match"]
    if isinstance(value, list):
        few, many = schema.get("minItems", 0), schema.get("maxItems", len(value))
        found += [] if few <= len(value) <= many else [f"{path} has {len(value)} items"]
        for part in value:
            found += faults(spec, schema.get("items", {}), part, path)
    listed = set(schema.get("properties", ()))
    if isinstance(value, dict):
        found += [f"{path}.{name} missing" for name in schema.get("required", ()) if name not in value]
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                found += faults(spec, inner, value[name], f"{path}.{name}")
    for part in schema.get("allOf", ()):
        more, names = checked(spec, part, value, path)
        found, listed = found + more, listed | names
    if "oneOf" in schema:
        more, names = min((checked(spec, part, value, path) for part in schema["oneOf"]), key=lambda one: len(one[0]))
        found, listed = found + more, listed | names
    return found, listed


def body(channel, **changes):
    base = {"account": "1", "address": "447700900123", "text": "hello", "callback": "outbox-1", "reply_to": "wamid.1"}
    return json.loads(next(channel.send(Outgoing(**{**base, **changes}))).body)


def schema_of(spec, kind):
    return spec["components"]["schemas"]["Message"]["discriminator"]["mapping"][kind]


def test_every_form_fits_but_for_the_known_deviations(spec, channel, form):
    name, changes, kind, _ = form
    schema = {"$ref": schema_of(spec, kind)}
    deviations = DEVIATIONS.get(name, [])
    assert sorted(faults(spec, schema, body(channel, **changes))) == sorted([*deviations, CALLBACK])
    assert sorted(faults(spec, schema, body(channel, **{"callback": "", **changes}))) == sorted(deviations)
    assert sorted(faults(spec, schema, body(channel, **{"callback": "", "address": "group:Z3I", **changes}))) == sorted(
        deviations
    )


def test_a_user_id_stands_in_for_a_phone(spec, channel):
    # the description is older than business-scoped user ids
    found = faults(spec, {"$ref": schema_of(spec, "text")}, body(channel, address="US.1349", callback=""))
    assert found == [".to missing", ".recipient unlisted"]


@pytest.mark.parametrize(
    ("kind", "wrong", "fault"),
    [
        ("text", {"type": "image"}, ".type not in"),
        ("text", {"recipient_type": "person"}, ".recipient_type not in"),
        ("text", {"to": 5}, ".to is no string"),
        ("text", {"text": {"body": 5}}, ".text.body is no string"),
        ("text", {"text": {"preview_url": "no"}}, ".text.preview_url is no boolean"),
        ("text", {"context": {"id": "x"}}, ".context.id unlisted"),
        ("image", {"image": {}}, ".image.id missing"),
        ("location", {"location": {"latitude": 5}}, ".location.latitude is no string"),
        ("contacts", {"contacts": []}, ".contacts has 0 items"),
        ("contacts", {"contacts": [{"phones": [{}]}]}, ".contacts.phones.phone missing"),
        ("interactive", {"interactive": {"type": "poll", "action": {}}}, ".interactive.type not in"),
        ("interactive", {"interactive": {"body": {"text": "x" * 1025}}}, ".interactive.body.text too long"),
        ("template", {"template": {"name": "x", "language": {"code": "en"}}}, ".template.language.policy missing"),
    ],
)
def test_the_check_sees_what_is_wrong(spec, channel, kind, wrong, fault):
    found = faults(spec, {"$ref": schema_of(spec, kind)}, {**body(channel, callback=""), "type": kind, **wrong})
    assert fault in found


def test_the_address_and_the_token_fit(spec, channel):
    call = next(channel.send(Outgoing("1", "447700900123", "hello", "")))
    assert "/{Version}/{Phone-Number-ID}/messages" in spec["paths"]
    assert re.search(r"/v[\d.]+/[^/]+/messages$", call.url)
    bearer = spec["components"]["parameters"]["Authorization"]["schema"]["pattern"]
    assert re.match(bearer, call.headers["authorization"])
    assert call.headers["content-type"] in spec["components"]["parameters"]["ContentType"]["schema"]["enum"]


def test_upload_and_templates_use_published_addresses_and_fields(spec, make):
    channel = make(waba_id="2")
    listing = next(channel.templates())
    assert re.search(r"/v[\d.]+/2/message_templates\?", listing.url)
    path = spec["paths"]["/{Version}/{WABA-ID}/message_templates"]["get"]
    row = path["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["data"]["items"]["properties"]
    asked = set(re.search(r"fields=([\w,]+)", listing.url)[1].split(","))
    assert asked - set(row) == {"quality_score"}  # the description's example has none
    upload = spec["paths"]["/{Version}/{Phone-Number-ID}/media"]["post"]["requestBody"]["content"]
    assert set(upload["multipart/form-data"]["schema"]["properties"]) == {"file", "messaging_product"}
