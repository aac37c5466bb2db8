"""The double of WhatsApp takes every form, strictly: files, templates, windows, pace, read marks, and who delivers."""

import json

import aiohttp
import pytest

from hub import Content, HttpCall, Media, Outgoing, Template
from hub.contracts.errors import AuthFailed, HubError, RateLimited, Rejected, Unavailable
from hub.contracts.simulator import Faults
from hub_meta.simulator import ReadMark
from hub_meta.simulator_media import File
from hub_meta.simulator_requests import mark_refusal, refusal
from hub_meta.simulator_templates import template

ADA, CLEO = "+447700900123", "@cleo"
PDF = Media(kind="document", mime="application/pdf", name="offer ñ.pdf")
SHELF = [
    template(
        "visit",
        "Hi {{1}}, see you at {{2}}.",
        header="On {{1}}",
        buttons=[
            {"type": "QUICK_REPLY", "text": "Yes"},
            {"type": "QUICK_REPLY", "text": "No"},
            {"type": "URL", "text": "Map", "url": "https://example.com/{{1}}"},
        ],
    ),
    template("offer", "Dear {{first_name}}", header_media="image", buttons=[{"type": "COPY_CODE", "text": "Copy"}]),
    template("plain", "Hello."),
    template("tired", "Hello.", status="PAUSED"),
    template("gone", "Hello.", status="DISABLED"),
    template("new", "Hello.", status="PENDING"),
]


def filled(name, **more):
    made = Template(name=name, language=more.pop("language", "en"), **more)
    return Content(form="template", template=made)


def test_every_form_is_taken_and_proven_by_its_callback(world, scenario, form):
    _, changes, kind, part = form

    async def work():
        async with world() as w:
            w.sim.set_templates(SHELF)
            w.sim.media.files["701"] = File(b"x", "image/png")
            w.sim.enforce_window = True
            heard = await w.sim.say(ADA, "hi")
            made = {**changes, "reply_to": heard.id} if kind == "reaction" else changes
            text = made["text"]
            receipt = await w.send("447700900123", text, "outbox-9", **{k: v for k, v in made.items() if k != "text"})
            await w.sim.settled()
            (said,) = w.sim.said
            assert (said.id, said.form, said.person, said.delivered) == (receipt.provider_id, kind, ADA, True)
            assert said.part == ({**part, "message_id": heard.id} if kind == "reaction" else part)
            told = w.hub.of("status.reported")
            assert [s.status for s in told] == ["sent", "delivered", "read"]
            assert {(s.provider_id, s.callback) for s in told} == {(receipt.provider_id, "outbox-9")}

    scenario(work)


def test_the_ledger_knows_what_the_person_reads(world, scenario):
    async def work():
        async with world() as w:
            w.sim.set_templates(SHELF)
            await w.send(
                ADA, "x", content=filled("visit", header=("Monday",), body=("Ada", "9"), buttons=("", "", "7"))
            )
            await w.send(ADA, "hello", reply_to="wamid.X")
            assert [said.text for said in w.sim.said] == ["Hi Ada, see you at 9.", "hello"]
            assert [said.reply_to for said in w.sim.said] == ["", "wamid.X"]

    scenario(work)


def test_a_file_goes_up_and_out(world, scenario):
    async def work():
        async with world() as w:
            data = b"%PDF-1.7\r\n--\r\n\0" * 1000
            account = w.sim.accounts()[0]
            name = await w.run(w.channel.upload(account, PDF, data))
            kept = w.sim.media.files[name]
            assert (kept.data, kept.mime, kept.name) == (data, "application/pdf", "offer ñ.pdf")
            await w.send(ADA, "signed", content=Content(form="document", media=Media(kind="document", ref=name)))
            with pytest.raises(Rejected, match="Media ID"):
                await w.send(ADA, "x", content=Content(form="image", media=Media(kind="image", ref="999")))
            assert [said.delivered for said in w.sim.said] == [True, False]

    scenario(work)


@pytest.mark.parametrize(
    ("faults", "error", "kept"),
    [
        (Faults(error=1.0), Unavailable, 0),
        (Faults(throttle=1.0), RateLimited, 0),
        (Faults(lose_before=1.0), aiohttp.ClientError, 0),
        (Faults(lose_after=1.0), aiohttp.ClientError, 1),
    ],
)
def test_uploads_and_templates_meet_the_faults_too(world, scenario, faults, error, kept):
    async def work():
        async with world(faults) as w:
            with pytest.raises(error):
                await w.run(w.channel.upload(w.sim.accounts()[0], PDF, b"x"))
            assert len(w.sim.media.files) == kept
            with pytest.raises(error):
                await w.run(w.channel.templates())

    scenario(work)


@pytest.mark.parametrize(
    ("parts", "content_type"),
    [
        ([b'name="messaging_product"\r\n\r\nwhatsapp'], ""),
        (
            [b'name="messaging_product"\r\n\r\nsms', b'name="type"\r\n\r\na/b', b'name="file"; filename="a"\r\n\r\nx'],
            "",
        ),
        ([b'name="a"\r\n\r\nx', b'name="a"\r\n\r\nx'], ""),
        ([], "application/json"),
    ],
)
def test_a_strange_upload_is_refused(world, scenario, parts, content_type):
    async def work():
        async with world() as w:
            body = b"".join(b"--b\r\nContent-Disposition: form-data; %s\r\n" % part for part in parts) + b"--b--\r\n"
            headers = {
                "authorization": f"Bearer {w.sim.access_token}",
                "content-type": content_type or "multipart/form-data; boundary=b",
            }
            url = f"{w.sim.base_url}/v23.0/{w.sim.accounts()[0]}/media"
            async with w.session.post(url, data=body, headers=headers) as reply:
                assert reply.status == 400
            assert w.sim.media.files == {}

    scenario(work)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (filled("unknown"), 132001),
        (filled("plain", language="de"), 132001),
        (filled("new"), 132001),
        (filled("tired"), 132015),
        (filled("gone"), 132016),
        (filled("plain", body=("one",)), 132000),
        (filled("visit", header=("a",), body=("a",), buttons=("", "", "7")), 132000),
        (filled("visit", body=("a", "b"), buttons=("", "", "7")), 132000),
        (filled("visit", header=("a",), body=("a", "b")), 131008),
        (filled("visit", header=("a",), body=("a", "b"), buttons=("x", "", "7")), 132018),
        (filled("visit", header=("a",), body=("a", "b"), buttons=("", "", "7", "8")), 132018),
        (filled("offer", body=("Ada",), names=("first_name",), buttons=("code:SUN",)), 132012),
        (
            filled("offer", body=("Ada",), media=Media(kind="video", url="https://example.com/v"), buttons=("code:S",)),
            132012,
        ),
        (
            filled("offer", body=("Ada",), media=Media(kind="image", url="https://example.com/v"), buttons=("code:S",)),
            100,
        ),
    ],
)
def test_a_template_is_checked_against_the_catalogue(world, scenario, content, code):
    async def work():
        async with world() as w:
            w.sim.set_templates(SHELF)
            with pytest.raises(Rejected, match=f"code {code}"):
                await w.send(ADA, "x", content=content)
            await w.sim.settled()
            assert w.hub.events == []

    scenario(work)


def test_templates_are_listed_in_pages(world, scenario):
    async def work():
        async with world() as w:
            assert await w.run(w.channel.templates()) == []
            w.sim.set_templates(SHELF)
            w.sim.templates.page = 2
            found = {info.name: info for info in await w.run(w.channel.templates())}
            assert list(found) == ["visit", "offer", "plain", "tired", "gone", "new"]
            assert [info.usable for info in found.values()] == [True, True, True, False, False, False]
            visit, offer = found["visit"], found["offer"]
            assert (visit.header, visit.body, visit.buttons, visit.quality) == (1, 2, 1, "GREEN")
            assert (offer.header_media, offer.body, offer.buttons) == ("image", 1, 1)

    scenario(work)


def test_outside_the_window_only_a_template_arrives(world, scenario):
    async def work():
        async with world() as w:
            w.sim.set_templates(SHELF)
            w.sim.enforce_window = True
            await w.sim.say(ADA, "long ago", at=1_600_000_000_000)
            await w.send(ADA, "too late")
            await w.send(ADA, "x", content=filled("plain"))
            assert [said.delivered for said in w.sim.said] == [False, True]

    scenario(work)


def test_the_pace_for_one_person(world, scenario):
    async def work():
        async with world() as w:
            w.sim.pair_rate = (2, 3600.0)
            for _ in range(2):
                await w.send(ADA, "x")
            with pytest.raises(RateLimited) as raised:
                await w.send(ADA, "x")
            assert raised.value.retry_after == 6
            await w.send("12025550143", "another person")
            await w.send(ADA, "another number", account=w.sim.accounts()[1])
            assert [said.delivered for said in w.sim.said] == [True, True, False, True, True]

    scenario(work)


def test_a_group_is_written_to_when_it_is_known(world, scenario):
    async def work():
        async with world() as w:
            with pytest.raises(HubError, match="131026"):
                await w.send("group:Z3I", "hello")
            w.sim.groups.add("Z3I")
            receipt = await w.send("group:Z3I", "hello")
            await w.sim.settled()
            assert {s.provider_id for s in w.hub.of("status.reported")} == {receipt.provider_id}
            assert [said.person for said in w.sim.said] == ["group:Z3I"]

    scenario(work)


def test_read_marks_are_kept(world, scenario):
    async def work():
        async with world() as w:
            heard, account = await w.sim.say(ADA, "hi"), w.sim.accounts()[0]
            await w.run(w.channel.mark_read(account, "447700900123", heard.id, typing=False))
            await w.run(w.channel.mark_read(account, "447700900123", heard.id, typing=True))
            assert w.sim.read_marks == [ReadMark(account, heard.id, False), ReadMark(account, heard.id, True)]
            with pytest.raises(Rejected, match="Message ID"):
                await w.run(w.channel.mark_read(account, "447700900123", "wamid.unknown", typing=False))
            with pytest.raises(Rejected, match="Message ID"):
                await w.send(ADA, "👍", reply_to="wamid.unknown", content=Content(form="reaction"))
            assert w.sim.said[0].delivered is False

    scenario(work)


def test_a_stolen_webhook_is_found_and_taken_back(world, scenario):
    async def work():
        async with world() as w:
            assert all(finding.ok for finding in await w.run(w.channel.examine(w.url)))
            w.sim.steal_webhook("http://127.0.0.1:9/thief")
            bad = [f.what for f in await w.run(w.channel.examine(w.url)) if not f.ok]
            assert ["127.0.0.1:9/thief" in told for told in bad] == [True]
            await w.run(w.channel.connect(w.url))
            assert all(finding.ok for finding in await w.run(w.channel.examine(w.url)))
            await w.sim.say(ADA, "back again")
            await w.sim.settled()
            assert [e.text for e in w.hub.of("message.received")] == ["back again"]
            w.sim.steal_webhook("http://127.0.0.1:9/thief", account=w.sim.accounts()[1])
            bad = [f.what for f in await w.run(w.channel.examine(w.url)) if not f.ok]
            assert ["+12025550101 to http" in told for told in bad] == [True]
            w.sim.desk.number_urls.clear()
            w.sim.desk.apps.clear()
            bad = [f.what for f in await w.run(w.channel.examine(w.url)) if not f.ok]
            assert ["nothing is delivered" in told for told in bad] == [True]

    scenario(work)


def test_the_token_and_the_numbers_can_get_worse(world, scenario):
    async def work():
        async with world() as w:
            w.sim.desk.token_expires = 1_700_000_000
            w.sim.desk.numbers[w.sim.accounts()[0]]["quality_rating"] = "RED"
            bad = [f.what for f in await w.run(w.channel.examine(w.url)) if not f.ok]
            assert ["expired" in bad[0], "quality red" in bad[1], len(bad)] == [True, True, 2]
            w.sim.desk.token_valid = False
            assert "invalid" in (await w.run(w.channel.examine(w.url)))[0].what
            w.sim.access_token = "renewed"
            with pytest.raises(AuthFailed):
                await w.run(w.channel.templates())

    scenario(work)


WRONG = {
    "image": [
        {},
        {"id": "1", "link": "https://x"},
        {"id": ""},
        {"link": "ftp://x"},
        {"id": "1", "caption": "x" * 1025},
    ],
    "audio": [{"id": "1", "caption": "x"}, {"id": "1", "voice": "yes"}],
    "sticker": [{"id": "1", "filename": "x"}],
    "location": [{"latitude": "91", "longitude": "0"}, {"latitude": "x", "longitude": "0"}, {"latitude": 1}],
    "contacts": [[], {}, [{"name": {"first_name": "x"}}], [{"name": {"formatted_name": "x"}, "phones": [{}]}]],
    "reaction": [{"emoji": "x"}, {"message_id": "x", "emoji": None}],
    "template": [
        {"name": "x"},
        {"name": "x", "language": {"code": "en", "policy": "fallback"}},
        {"name": "x", "language": {"code": "en"}, "components": [{"type": "footer"}]},
        {"name": "x", "language": {"code": "en"}, "components": [{"type": "body", "parameters": []}]},
        {
            "name": "x",
            "language": {"code": "en"},
            "components": [{"type": "body", "parameters": [{"type": "text", "text": "a\nb"}]}],
        },
    ],
    "interactive": [
        {"type": "poll"},
        {"type": "button", "action": {"buttons": []}},
        {"type": "button", "body": {"text": ""}, "action": {"buttons": [{"type": "reply", "reply": {"id": "1"}}]}},
        {
            "type": "button",
            "body": {"text": "x"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "1", "title": "x"}}] * 2},
        },
        {
            "type": "list",
            "body": {"text": "x"},
            "action": {"button": "x", "sections": [{"rows": [{"id": "1", "title": "x"}]}] * 2},
        },
    ],
    "poll": [{}],
}


@pytest.mark.parametrize(("kind", "part"), [(kind, part) for kind, parts in WRONG.items() for part in parts])
def test_a_wrong_part_is_refused(kind, part):
    body = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": "1", "type": kind, kind: part}
    assert refusal(body)
    assert refusal({**body, "type": "text", "text": {"body": "x"}})  # two types in one body
    assert refusal(None)


@pytest.mark.parametrize(
    "change", [{"status": "seen"}, {"message_id": ""}, {"typing_indicator": {"type": "voice"}}, {"to": "1"}]
)
def test_a_wrong_mark_is_refused(channel, change):
    call: HttpCall = next(channel.mark_read("1", "2", "wamid.1", typing=True))
    good = json.loads(call.body)
    assert mark_refusal(good) == ""
    assert mark_refusal({**good, **change})


def test_a_group_cannot_be_a_user_id(channel):
    sent = json.loads(next(channel.send(Outgoing("1", "US.1", "x", ""))).body)
    assert refusal(sent) == ""
    assert refusal({**sent, "recipient_type": "group"})
