"""What people do at the double of WhatsApp arrives as the hub's own events."""

import asyncio
import hashlib
import json

import pytest

from hub import Content, Option, Template
from hub_meta.simulator_templates import template

ADA, CLEO = "+447700900123", "@cleo"
PNG = b"\x89PNG\r\n\x1a\n\0picture"


async def got(w, kind):
    """The only event of a kind, after everything arrived."""
    await w.sim.settled()
    (event,) = w.hub.of(kind)
    w.hub.events.clear()
    return event


async def fetched(w, media):
    """A file as the hub fetches it: its source, the HTTP status and the bytes."""
    source = await w.run(w.channel.locate(w.sim.accounts()[0], media))
    async with w.session.get(source.call.url, headers=source.call.headers) as reply:
        return source, reply.status, await reply.read()


def test_a_file_can_be_fetched_with_the_token_for_a_while(world, scenario):
    async def work():
        async with world() as w:
            await w.sim.say_media(ADA, "document", PNG, "application/pdf", "offer ñ.pdf", "signed")
            event = await got(w, "message.received")
            (media,) = event.media
            assert (event.form, event.text, media.kind, media.name) == ("document", "signed", "document", "offer ñ.pdf")
            source, status, data = await fetched(w, media)
            assert (status, data, source.mime, source.size) == (200, PNG, "application/pdf", len(PNG))
            assert media.sha256 == source.sha256 == hashlib.sha256(PNG).hexdigest()
            async with w.session.get(source.call.url) as reply:
                assert reply.status == 401
            w.sim.media.lifetime = 0
            _, status, _ = await fetched(w, media)
            assert status == 404
            w.sim.media.lifetime = 300
            assert (await fetched(w, media))[1] == 200
            w.sim.forget_media(media.ref)
            with pytest.raises(Exception, match="no longer"):
                await fetched(w, media)

    scenario(work)


@pytest.mark.parametrize(
    ("kind", "mime"),
    [("image", "image/png"), ("video", "video/mp4"), ("sticker", "image/webp"), ("voice", "audio/ogg; codecs=opus")],
)
def test_every_kind_of_file_arrives(world, scenario, kind, mime):
    async def work():
        async with world() as w:
            heard = await w.sim.say_media(CLEO, kind, PNG, mime, account=w.sim.accounts()[1])
            event = await got(w, "message.received")
            assert (event.provider_id, event.account) == (heard.id, w.sim.accounts()[1])
            assert [(media.kind, media.mime) for media in event.media] == [(kind, mime)]

    scenario(work)


def test_reactions_edits_and_revokes(world, scenario):
    async def work():
        async with world() as w:
            heard = await w.sim.say(ADA, "at 5")
            await w.sim.settled()
            w.hub.events.clear()
            w.sim.react(ADA, heard.id, "👍")
            event = await got(w, "message.received")
            assert (event.form, event.text, event.reply_to) == ("reaction", "👍", heard.id)
            w.sim.react(ADA, heard.id)
            assert (await got(w, "message.received")).text == ""
            key = w.sim.edit(ADA, heard.id, "at 6")
            event = await got(w, "message.changed")
            assert (event.key, event.provider_id, event.change, event.text) == (key, heard.id, "edited", "at 6")
            w.sim.revoke(ADA, heard.id)
            event = await got(w, "message.changed")
            assert (event.provider_id, event.change) == (heard.id, "deleted")

    scenario(work)


def test_what_the_hub_offered_can_be_pressed(world, scenario):
    async def work():
        async with world() as w:
            w.sim.statuses = ()
            await w.sim.say(ADA, "hi")
            yes = Option(id="yes", title="Yes", description="please")
            for form, more in (("buttons", {}), ("list", {"button": "Go"})):
                receipt = await w.send(ADA, "Well?", content=Content(form=form, options=(yes,), **more))
                await w.sim.settled()
                w.hub.events.clear()
                w.sim.press(ADA, "yes")
                event = await got(w, "message.received")
                assert (event.text, event.payload, event.reply_to) == ("Yes", "yes", receipt.provider_id)
            w.sim.set_templates([template("visit", "Coming?", buttons=[{"type": "QUICK_REPLY", "text": "I come"}])])
            for values, payload in (((), "I come"), (("payload:COMES",), "COMES")):
                filled = Template(name="visit", language="en", buttons=values)
                await w.send(ADA, "Coming?", content=Content(form="template", template=filled))
                w.sim.press(ADA, payload)
                event = await got(w, "message.received")
                assert (event.text, event.payload) == ("I come", payload)
            for person, option in ((ADA, "no"), (CLEO, "yes")):
                with pytest.raises(LookupError):
                    w.sim.press(person, option)

    scenario(work)


def test_forms_orders_places_and_cards(world, scenario):
    async def work():
        async with world() as w:
            w.sim.answer_form(ADA, {"guests": "4"}, reply_to="wamid.FORM")
            event = await got(w, "message.received")
            assert (json.loads(event.payload), event.reply_to) == ({"guests": "4"}, "wamid.FORM")
            w.sim.order(ADA, [("SKU1", 2, 9.5)], "please")
            event = await got(w, "message.received")
            assert event.form == "order"
            assert "2 x SKU1" in event.text
            w.sim.share_location(ADA, 51.5, -0.1, "Shop", "High Street")
            event = await got(w, "message.received")
            assert event.form == "location"
            assert "51.5" in event.text
            w.sim.share_contacts(CLEO, {"Bob Ray": "+12025550143"})
            event = await got(w, "message.received")
            assert event.form == "contacts"
            assert "Bob Ray" in event.text

    scenario(work)


def test_a_person_moves_to_another_number_and_another_user_id(world, scenario):
    async def work():
        async with world() as w:
            w.sim.change_number(ADA, "+447700900456")
            event = await got(w, "identity.changed")
            assert ADA in [identity.key for identity in event.old]
            assert "+447700900456" in [identity.key for identity in event.new]
            await w.sim.say(CLEO, "before")
            before = (await got(w, "message.received")).sender[0].key
            new = w.sim.change_user_id(CLEO)
            event = await got(w, "identity.changed")
            assert before in [identity.key for identity in event.old]
            assert new in [identity.key for identity in event.new]
            await w.sim.say(CLEO, "after")
            event = await got(w, "message.received")
            assert event.sender[0].key == new
            await w.send(event.address, "hello again")
            await w.sim.settled()
            w.hub.events.clear()
            assert [said.person for said in w.sim.said] == [CLEO]
            newer = w.sim.change_user_id(CLEO)
            event = await got(w, "identity.changed")
            assert [identity.key for identity in event.old if identity.kind == "whatsapp_user"] == [new]
            assert [identity.key for identity in event.new if identity.kind == "whatsapp_user"] == [newer]

    scenario(work)


def test_news(world, scenario):
    async def work():
        async with world() as w:
            w.sim.set_templates([template("visit", "Hi")])
            for tell, topic, subject in (
                (lambda: w.sim.news_template("visit", "en", "PAUSED"), "template", "visit"),
                (lambda: w.sim.news_template_quality("visit", "en", "GREEN", "RED"), "template", "visit"),
                (lambda: w.sim.news_quality("FLAGGED"), "quality", "12025550100"),
                (lambda: w.sim.news_account("ACCOUNT_RESTRICTION"), "account", ""),
            ):
                tell()
                event = await got(w, "account.news")
                assert (event.topic, event.bad) == (topic, True)
                assert subject in event.subject
            assert [info.status for info in await w.run(w.channel.templates())] == ["PAUSED"]

    scenario(work)


def test_history_and_echoes_with_files(world, scenario):
    async def work():
        async with world() as w:
            ids = w.sim.history(
                ADA, [(True, "old question", 1_780_000_000_000), (False, "old answer", 1_780_000_050_000)]
            )
            await w.sim.settled()
            (asked,), (told,) = w.hub.of("message.received"), w.hub.of("message.echoed")
            assert [asked.provider_id, told.provider_id] == ids
            assert (asked.text, asked.at, asked.backfill) == ("old question", 1_780_000_000_000, True)
            assert (told.text, told.at, told.backfill) == ("old answer", 1_780_000_050_000, True)
            assert (asked.sender[-1].key, told.recipient[-1].key) == (ADA, ADA)
            w.hub.events.clear()
            wamid = w.sim.echo_media(ADA, "image", PNG, "image/png", caption="our shop")
            event = await got(w, "message.echoed")
            assert (event.provider_id, event.text, event.form) == (wamid, "our shop", "image")
            _, status, data = await fetched(w, event.media[0])
            assert (status, data) == (200, PNG)

    scenario(work)


def test_a_change_opens_no_window_and_a_reaction_does(world, scenario):
    async def work():
        async with world() as w:
            w.sim.enforce_window = True
            w.sim.edit(ADA, "wamid.OLD", "x")
            w.sim.echo(ADA, "from the phone")
            w.sim.history(ADA, [(True, "old", 1_780_000_000_000)])
            await w.send(ADA, "too late")
            w.sim.react(ADA, "wamid.OLD", "👍")
            await w.send(ADA, "in time")
            assert [said.delivered for said in w.sim.said] == [False, True]
            await asyncio.wait_for(w.sim.settled(), 10)

    scenario(work)
