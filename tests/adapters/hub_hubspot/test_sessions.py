"""What stands in HubSpot and changes: edited messages, files that arrive, sessions that grow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub import LogEntry
from hub.contracts.errors import NotFound, RateLimited, Uncertain
from hub.model.records import LogLine
from hub_hubspot import bodies
from hub_hubspot import simulator_acts as acts
from hub_hubspot.paths import BODY

AT = 1_750_000_000_000  # 2025-06-15 15:06:40 UTC


def entry(record: str, n: int = 1, **more) -> LogEntry:
    usual = {
        "outbox": n,
        "message": f"m-{n}",
        "record": record,
        "direction": "in",
        "channel": "whatsapp",
        "author": "Ana",
        "text": f"message {n}",
        "at": AT + n,
        "sequence": n,
    }
    return LogEntry(**{**usual, **more})


def lines(count: int, text: str = "line {}") -> tuple[LogLine, ...]:
    return tuple(
        LogLine(
            direction="in" if n % 2 else "out",
            author="Ana" if n % 2 else "bot",
            text=text.format(n),
            at=AT + n * 60_000,
        )
        for n in range(1, count + 1)
    )


def body_of(sim, record: str) -> str:
    values = next(
        sim.portal.things[k][record].values for k in ("communications", "notes") if record in sim.portal.things[k]
    )
    return values.get("hs_communication_body") or values["hs_note_body"]


@pytest.mark.parametrize("channel", ["whatsapp", "telegram"])
def test_an_edited_message_changes_where_it_stands(portal, channel):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        first = [entry(ana, n, channel=channel) for n in range(1, 4)]
        written = await do(crm.log, first)
        sim.calls.clear()
        edited = replace(first[1], outbox=9, text="message two (edited)", logged=written[1].record)
        again = await do(crm.log, [edited])
        assert again[0].record == written[1].record
        assert not again[0].new
        kind = "communications" if channel == "whatsapp" else "notes"
        assert sim.calls == {f"{kind}/batch/update": 1}
        assert [m.text for m in sim.logged()] == ["message 1", "message two (edited)", "message 3"]
        assert [m.at for m in sim.logged()] == [AT + 1, AT + 2, AT + 3]

    portal(scenario)


@pytest.mark.parametrize("partial", [True, False])
@pytest.mark.parametrize(("bad", "most"), [((37,), 15), ((0, 99), 29)])
def test_what_a_human_deleted_fails_alone(portal, partial, bad, most):
    async def scenario(sim, do, crm):
        sim.partial = partial
        (ana,) = sim.fill([{"name": "Ana"}])
        first = [entry(ana, n) for n in range(100)]
        written = await do(crm.log, first)
        for n in bad:
            acts.remove(sim.portal, "communications", written[n].record)
        sim.calls.clear()
        changes = [replace(e, text=f"new {e.outbox}", logged=w.record) for e, w in zip(first, written, strict=True)]
        again = await do(crm.log, changes)
        assert [n for n, w in enumerate(again) if isinstance(w.error, NotFound)] == list(bad)
        assert sum(m.text.startswith("new ") for m in sim.logged()) == 100 - len(bad)
        assert sim.calls["communications/batch/update"] <= (1 if partial else most)

    portal(scenario)


def test_a_record_is_written_once_in_a_batch_with_its_last_state(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        (written,) = await do(crm.log, [entry(ana)])
        batch = [
            entry(ana, outbox=2, text="one", logged=written.record, files=("7",)),
            entry(ana, outbox=3, text="two", doubtful=True),  # it does not know yet where the message stands
            entry(ana, n=4),
        ]
        again = await do(crm.log, batch)
        assert [w.record for w in again[:2]] == [written.record] * 2
        assert again[2].new
        assert [m.text for m in sim.logged()] == ["two", "message 4"]
        assert sim.portal.things["communications"][written.record].values["hs_attachment_ids"] == "7"

    portal(scenario)


def test_trouble_with_a_change_leaves_no_create_in_doubt(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        (written,) = await do(crm.log, [entry(ana)])
        sim.per_day = 0
        with pytest.raises(RateLimited):
            await do(crm.log, [entry(ana, logged=written.record, text="x"), entry(ana, n=2)])
        assert len(sim.logged()) == 1

    portal(scenario)


def test_a_session_is_one_record_that_grows(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        talk = entry(ana, lines=lines(2, "a < b & {}"), text="not used", owner="77")
        (made,) = await do(crm.log, [talk])
        (grown,) = await do(crm.log, [replace(talk, outbox=2, lines=lines(4), logged=made.record)])
        assert grown.record == made.record
        assert sim.calls == {"communications/batch/create": 1, "communications/batch/update": 1}
        (logged,) = sim.logged()
        assert logged.at == lines(1)[0].at
        assert logged.text.splitlines() == ["Ana: line 1", "bot: line 2", "Ana: line 3", "bot: line 4"]
        assert "<b>2025-06-15 15:07 UTC · Ana</b><br>line 1" in body_of(sim, made.record)
        assert sim.portal.things["communications"][made.record].values["hubspot_owner_id"] == "77"

    portal(scenario)


@pytest.mark.parametrize("channel", ["whatsapp", "messenger"])
def test_a_session_in_doubt_is_looked_up(portal, channel):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        sim.faults.lose_after = 1.0
        talk = entry(ana, lines=lines(3), channel=channel)
        with pytest.raises(Uncertain):
            await do(crm.log, [talk])
        sim.faults.lose_after = 0.0
        (written,) = await do(crm.log, [replace(talk, doubtful=True)])
        assert not written.new
        assert [m.record for m in sim.logged()] == [written.record]

    portal(scenario)


def test_a_full_session_keeps_the_oldest_lines():
    text = "&" * 400
    full = entry("1", lines=lines(200, text))
    body = bodies.render(full)
    assert BODY - 3_000 < len(body) <= BODY
    assert body.endswith("<br>… continued")
    assert body.startswith("<b>2025-06-15 15:07 UTC · Ana</b><br>&amp;")
    assert len(bodies.render(entry("1", lines=lines(1, "<" * BODY)))) <= BODY
    assert bodies.render(entry("1", lines=lines(20))).endswith("line 20")


def test_links_stand_at_the_end_and_only_web_addresses():
    links = (
        ("Invoice <1>.pdf", 'https://hub.example.com/f/1?a=1&b="2'),
        ("Invoice.pdf", "https://hub.example.com/f/1?a=1&b=2"),
        ("evil", "javascript:alert(1)"),
        ("evil", "https://x.example.com/ onclick=1"),
    )
    body = bodies.render(entry("1", links=links))
    address = "https://hub.example.com/f/1?a=1&amp;b=2"
    assert body == f'message 1<br>Invoice.pdf: <a href="{address}">{address}</a>'
    assert bodies.read(body, "in") == "message 1"
    long = bodies.render(entry("1", text="x" * BODY, links=links))
    assert len(long) <= BODY
    assert long.endswith("</a>")


def test_files_hang_on_notes_and_communications(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        batch = [entry(ana, files=("11", "12")), entry(ana, n=2, channel="telegram", files=("13",))]
        written = await do(crm.log, batch)
        things = sim.portal.things
        assert things["communications"][written[0].record].values["hs_attachment_ids"] == "11;12"
        assert things["notes"][written[1].record].values["hs_attachment_ids"] == "13"

    portal(scenario)


@pytest.mark.parametrize("bare", [True, False])
def test_communications_that_carry_no_files_name_them(portal, bare):
    async def scenario(sim, do, crm):
        sim.portal.properties["communications"].pop("hs_attachment_ids")
        if bare:
            await do(crm.ensure)
        else:
            crm.transport.takes_files.clear()
        sim.calls.clear()
        (ana,) = sim.fill([{"name": "Ana"}])
        for first in (1, 51):
            batch = [entry(ana, n, files=("11",)) for n in range(first, first + 50)]
            written = await do(crm.log, batch)
            assert all(w.new for w in written)
        asked = {} if bare else {"properties/communications/hs_attachment_ids": 1}
        assert sim.calls == {"communications/batch/create": 2, **asked}
        assert body_of(sim, written[0].record) == "message 51<br>In HubSpot's files: 11"

    portal(scenario, bare=bare)


@pytest.mark.parametrize("bare", [False, True])
def test_what_was_taken_back_leaves_no_file_on_its_record(portal, bare):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"firstname": "Ana"}])
        batch = [entry(ana, files=("11",)), entry(ana, n=2, channel="telegram", files=("13",))]
        written = await do(crm.log, batch)
        if bare:  # of a message that has files of agents alone nothing is touched by an edit
            edits = [replace(one, text="new", logged=w.record, files=()) for one, w in zip(batch, written, strict=True)]
            await do(crm.log, edits)
        else:
            gone = [
                replace(one, text="[deleted]", logged=w.record, files=(), deleted=True)
                for one, w in zip(batch, written, strict=True)
            ]
            await do(crm.log, gone)
        things = sim.portal.things
        kinds = zip(("communications", "notes"), written, ("11", "13"), strict=True)
        for kind, one, file in kinds:
            assert things[kind][one.record].values.get("hs_attachment_ids", "") == (file if bare else "")

    portal(scenario)
