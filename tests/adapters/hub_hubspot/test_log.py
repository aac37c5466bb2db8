"""Messages under contacts: once, in order, as they were said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub import LogEntry, PersonWrite
from hub.contracts.errors import NotFound, RateLimited, Rejected, Uncertain
from hub.model.records import LogLine
from hub_hubspot import bodies
from hub_hubspot import simulator_acts as acts
from hub_hubspot.paths import BODY


def entries(record: str, count: int, *, channel: str = "whatsapp", first: int = 1) -> list[LogEntry]:
    return [
        LogEntry(
            outbox=n,
            message=f"m-{n}",
            record=record,
            direction="in" if n % 2 else "out",
            channel=channel,
            author="person" if n % 2 else "bot",
            text=f"message {n}",
            at=1_750_000_000_000 + n,
            sequence=n,
        )
        for n in range(first, first + count)
    ]


def doubt(batch):
    return [replace(entry, doubtful=True) for entry in batch]


def test_a_hundred_messages_are_one_call_in_order(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        written = await do(crm.log, entries(ana, 100))
        logged = sim.logged()
        assert [m.text for m in logged] == [f"message {n}" for n in range(1, 101)]
        assert [m.sequence for m in logged] == list(range(1, 101))
        assert [m.at for m in logged] == sorted(m.at for m in logged)
        assert {m.contact for m in logged} == {ana}
        assert {m.direction for m in logged} == {"in", "out"}
        assert [w.record for w in written] == [m.record for m in logged]
        assert all(w.new for w in written)
        assert sim.calls == {"communications/batch/create": 1}

    portal(scenario)


def test_channels_without_a_type_become_notes(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        mixed = [
            *entries(ana, 1, channel="sms"),
            *entries(ana, 1, channel="telegram", first=2),
            *entries(ana, 1, first=3),
        ]
        written = await do(crm.log, mixed)
        assert [w.outbox for w in written] == [1, 2, 3]
        assert sim.calls == {"communications/batch/create": 1, "notes/batch/create": 1}
        kinds = [t.values["hs_communication_channel_type"] for t in sim.portal.things["communications"].values()]
        assert kinds == ["SMS", "WHATS_APP"]
        assert [m.text for m in sim.logged() if m.record == written[1].record] == ["message 2"]

    portal(scenario)


def test_notes_only_when_asked(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        await do(crm.log, entries(ana, 2))
        assert sim.calls == {"notes/batch/create": 1}

    portal(scenario, settings={"log_as": "note"})


def test_owner_and_texts_survive(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        said = ["1 < 2 && <b>\n\nnext", "Sent by me:\nnot the hub", "&lt;br&gt; ಠ_ಠ", ""]
        batch = [
            replace(entry, text=text, owner="77", author="Dee <agent>")
            for text, entry in zip(said, entries(ana, 4), strict=True)
        ]
        await do(crm.log, batch)
        assert [m.text for m in sim.logged()] == said
        things = list(sim.portal.things["communications"].values())
        assert {t.values["hubspot_owner_id"] for t in things} == {"77"}
        assert things[0].values["hs_communication_body"].startswith("1 &lt; 2 &amp;&amp; &lt;b&gt;<br>")
        assert things[1].values["hs_communication_body"].startswith("Sent by Dee &lt;agent&gt;:<br>")

    portal(scenario)


def test_a_long_text_is_cut_between_entities(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        for shift in range(6):
            (entry,) = entries(ana, 1, first=2 * shift + 1)
            body = bodies.render(replace(entry, text="x" * shift + "&<\n" * BODY))
            assert len(body) <= BODY
            assert set(bodies.read(body, "in")) <= set("x&<\n …")
        await do(crm.log, [replace(entries(ana, 1)[0], text="&" * BODY)])
        assert len(sim.logged()) == 1

    portal(scenario)


@pytest.mark.parametrize("channel", ["whatsapp", "telegram"])
def test_a_lost_answer_is_uncertain_and_settled_without_search(portal, channel):
    async def scenario(sim, do, crm):
        ana, ben = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
        await do(crm.log, entries(ana, 30, channel=channel))
        batch = entries(ana, 50, channel=channel, first=100) + entries(ben, 50, channel=channel, first=200)
        sim.faults.lose_after = 1.0
        with pytest.raises(Uncertain):
            await do(crm.log, batch)
        sim.faults.lose_after = 0.0
        more = [*doubt(batch[1:]), *entries(ben, 1, channel=channel, first=300)]
        sim.calls.clear()
        written = await do(crm.log, more)
        assert len(sim.logged()) == 131
        assert len({m.sequence for m in sim.logged()}) == 131
        assert [w.new for w in written] == [False] * 99 + [True]
        there = {m.sequence: m.record for m in sim.logged()}
        assert [w.record for w in written] == [there[e.sequence] for e in more]
        assert sum(sim.calls.values()) <= 4

    portal(scenario)


def test_a_server_error_on_a_create_is_uncertain_not_repeated(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        sim.faults.error = 1.0
        with pytest.raises(Uncertain):
            await do(crm.log, entries(ana, 5))
        assert sim.calls == {"communications/batch/create": 1}

    portal(scenario)


def test_the_look_reads_every_page(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        for start in range(1, 1_101, 100):
            await do(crm.log, entries(ana, 100, first=start))
        written = await do(crm.log, doubt(entries(ana, 1)))
        assert [w.new for w in written] == [False]
        assert sim.calls["associations/contacts/communications/batch/read"] == 3
        assert len(sim.logged()) == 1_100

    portal(scenario)


@pytest.mark.parametrize("partial", [True, False])
@pytest.mark.parametrize(("bad", "most"), [((37,), 15), ((0, 99), 29)])
def test_a_message_of_a_vanished_contact_fails_alone(portal, partial, bad, most):
    async def scenario(sim, do, crm):
        sim.partial = partial
        ana, gone = sim.fill([{"name": "Ana"}, {"name": "Gone"}])
        acts.remove(sim.portal, "contacts", gone)
        batch = entries(ana, 100)
        for n in bad:
            batch[n] = replace(batch[n], record=gone)
        written = await do(crm.log, batch)
        assert [n for n, w in enumerate(written) if isinstance(w.error, NotFound)] == list(bad)
        assert len(sim.logged()) == 100 - len(bad)
        assert [m.sequence for m in sim.logged()] == sorted(m.sequence for m in sim.logged())
        assert sim.calls["communications/batch/create"] <= (1 if partial else most)

    portal(scenario)


def test_trouble_in_the_middle_of_a_split_leaves_nothing_double(portal):
    async def scenario(sim, do, crm):
        sim.partial = False
        (ana,) = sim.fill([{"name": "Ana"}])
        batch = [replace(e, owner="") for e in entries(ana, 8)]
        batch[7] = replace(batch[7], record="999999")

        def switch_off(*_):
            sim.per_day = 0 if sim.calls["communications/batch/create"] > 2 else 1_000_000

        sim.observers.append(switch_off)
        with pytest.raises(Uncertain):  # a half stands there, the day's calls are used up: not RateLimited
            await do(crm.log, batch)
        assert len(sim.logged()) == 4
        sim.observers.remove(switch_off)
        sim.per_day = 1_000_000
        crm.transport.budget.close(0)
        written = await do(crm.log, doubt(batch))
        assert isinstance(written[7].error, NotFound)
        assert [m.sequence for m in sim.logged()] == [1, 2, 3, 4, 5, 6, 7]

    portal(scenario)


def test_trouble_after_the_first_kind_leaves_nothing_double(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        batch = [*entries(ana, 3), *entries(ana, 3, channel="telegram", first=4)]
        sim.observers.append(lambda _, path, *__: setattr(sim, "per_day", 0 if "/notes/" in path else 1_000_000))
        with pytest.raises(Uncertain):
            await do(crm.log, batch)
        assert len(sim.logged()) == 3
        sim.observers.pop()
        sim.per_day = 1_000_000
        crm.transport.budget.close(0)
        written = await do(crm.log, doubt(batch))
        assert [w.new for w in written] == [False] * 3 + [True] * 3
        assert [m.sequence for m in sim.logged()] == [1, 2, 3, 4, 5, 6]

    portal(scenario)


def test_what_a_thousand_messages_cost(portal):
    async def scenario(sim, do, crm):
        for start in range(0, 1_000, 100):
            people = [
                PersonWrite(outbox=n, key=f"{n:032}", fields={"firstname": "Ana"}) for n in range(start, start + 100)
            ]
            records = await do(crm.upsert, people)
            batch = [replace(e, record=w.record) for e, w in zip(entries("", 100, first=start), records, strict=True)]
            await do(crm.log, batch)
        assert len(sim.logged()) == len(sim.contacts()) == 1_000
        assert sum(sim.calls.values()) == 20

    portal(scenario)


def test_nothing_written_yet_stays_what_it_is(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        sim.per_day = 0
        with pytest.raises(RateLimited):
            await do(crm.log, entries(ana, 3))
        assert sim.logged() == []

    portal(scenario)


def test_without_its_properties_the_refusal_names_them(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        (written,) = await do(crm.log, entries(ana, 1))
        assert isinstance(written.error, Rejected)
        assert "hub_message_id (PROPERTY_DOESNT_EXIST)" in str(written.error)

    portal(scenario, bare=True)


def test_who_answered_in_hubspot_is_shown_by_name(portal):
    async def scenario(sim, do, crm):
        sim.portal.owners = [
            {"id": "501", "email": "e@example.com", "firstName": "Eve", "lastName": "Old", "userId": 1}
        ]
        (ana,) = sim.fill([{"name": "Ana"}])
        (entry,) = entries(ana, 1, first=2)
        batch = [
            replace(entry, outbox=n, message=f"a{n}", author=author) for n, author in enumerate(("501", "502", "Kim"))
        ]
        heard = LogLine(direction="in", author="501", text="hi", at=1_750_000_000_000)
        talk = (heard, replace(heard, direction="out", text="ho"))
        batch.append(replace(entry, outbox=9, message="s", direction="in", lines=talk))
        await do(crm.log, batch)
        shown = [thing.values["hs_communication_body"] for thing in sim.portal.things["communications"].values()]
        assert [body.partition("<br>")[0] for body in shown[:3]] == [f"Sent by {n}:" for n in ("Eve Old", "502", "Kim")]
        assert "· 501</b><br>hi" in shown[3]
        assert "· Eve Old</b><br>ho" in shown[3]
        await do(crm.log, [replace(entry, message="later", author="501")])
        assert sim.calls["owners"] == 1

    portal(scenario)


def test_no_message_waits_for_a_name(portal):
    async def scenario(sim, do, crm):
        sim.granted -= {"crm.objects.owners.read"}
        (ana,) = sim.fill([{"name": "Ana"}])
        (entry,) = entries(ana, 1, first=2)
        assert (await do(crm.log, [replace(entry, author="501")]))[0].record
        (shown,) = sim.portal.things["communications"].values()
        assert shown.values["hs_communication_body"].startswith("Sent by 501:")

    portal(scenario)


def test_a_doubtful_message_is_found_where_a_merge_took_it(portal):
    async def scenario(sim, do, crm):
        ana, anna = sim.fill([{"name": "Ana"}, {"name": "Anna"}])
        (written,) = await do(crm.log, entries(ana, 1))
        into = acts.merge(sim.portal, "contacts", anna, ana)
        moved = [replace(entry, elsewhere=into) for entry in doubt(entries(ana, 1))]
        assert [w.record for w in await do(crm.log, moved)] == [written.record]
        assert len(sim.logged()) == 1

    portal(scenario)


def test_a_message_in_doubt_whose_contact_was_merged_meanwhile_stands_once(portal):
    async def scenario(sim, do, crm):
        ana, ben = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
        (entry,) = entries(ana, 1)
        await do(crm.log, [entry])
        left = acts.merge(sim.portal, "contacts", ben, ana)
        (again,) = await do(crm.log, [replace(entry, doubtful=True)])
        (stands,) = sim.logged()
        assert (stands.contact, stands.record) == (left, again.record)

    portal(scenario)
