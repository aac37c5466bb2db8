"""Reading HubSpot: all contacts in pages, what changed, the schema; and setting it up."""

from __future__ import annotations

import pytest

from hub import Identity, PersonWrite
from hub_hubspot import paths
from hub_hubspot.changes import OVERLAP, Look
from hub_hubspot.contacts import millis


async def everything(do, method, cursor=""):
    records = []
    for _ in range(200):
        page = await do(method, cursor)
        records += page.records
        if page.last:
            return records, page.cursor
        assert page.cursor != cursor
        cursor = page.cursor
    raise AssertionError("it never ends")


def test_the_first_read_sees_everybody_once(portal):
    async def scenario(sim, do, crm):
        ids = sim.fill(
            [{"name": f"Ana N{n}", "phone": f"020 7946 0{n:03}", "email": f"ana{n}@example.com"} for n in range(250)]
        )
        sim.portal.things["contacts"][ids[0]].values["hs_additional_emails"] = "other@example.com;third@example.com"
        sim.portal.things["contacts"][ids[0]].values["hs_merged_object_ids"] = "7;8"
        records, _ = await everything(do, crm.first_read)
        assert [r.id for r in records] == ids
        assert sim.calls == {"contacts": 3}
        first = records[0]
        assert first.name == "Ana N0"
        assert first.merged == ("7", "8")
        assert Identity("phone", "", "+442079460000") in first.identities
        assert {i.key for i in first.identities if i.kind == "email"} >= {"other@example.com", "third@example.com"}
        assert first.created == sim.portal.things["contacts"][ids[0]].created
        assert first.modified > 0

    portal(scenario)


def test_the_address_of_a_page_is_short_enough():
    assert sum(len(f"&properties={name}") for name in paths.CONTACT_READS) < paths.URL // 10


def test_changes_start_empty_and_find_what_is_modified_later(portal):
    async def scenario(sim, do, crm):
        sim.search_lag = 3_600.0
        ids = sim.fill([{"name": f"P{n}", "phone": f"+4477009000{n:02}"} for n in range(5)])
        for thing in sim.portal.things["contacts"].values():
            thing.modified -= 2 * OVERLAP
        start = await do(crm.changes, "")
        assert start.last
        assert start.records == ()
        assert sim.calls == {}
        await do(crm.upsert, [PersonWrite(outbox=1, key="z" * 32, record=ids[3], fields={"city": "Hull"})])
        page = await do(crm.changes, start.cursor)
        assert page.records == []
        sim.portal.things["contacts"][ids[3]].seen_at = 0.0
        page = await do(crm.changes, page.cursor)
        assert [r.id for r in page.records] == [ids[3]]
        assert page.last
        assert page.records[0].key == "z" * 32

    portal(scenario, searches=2)


def test_a_change_that_search_shows_late_is_still_found(portal):
    async def scenario(sim, do, crm):
        ids = sim.fill([{"name": "Early"}, {"name": "Late"}])
        early, late = (sim.portal.things["contacts"][i] for i in ids)
        now = early.modified
        early.modified, late.modified = now, now - OVERLAP // 2
        late.seen_at = float("inf")
        first = await do(crm.changes, str(Look(now - 1)))
        assert [r.id for r in first.records] == [ids[0]]
        late.seen_at = 0.0
        second = await do(crm.changes, first.cursor)
        assert ids[1] in [r.id for r in second.records]

    portal(scenario, searches=2)


def test_quiet_looks_repeat_nothing_older_than_the_overlap(portal):
    async def scenario(sim, do, crm):
        sim.fill([{"name": "Old"}])
        for thing in sim.portal.things["contacts"].values():
            thing.modified -= OVERLAP + 60_000
        cursor = str(Look(sim.portal.now() - OVERLAP - 120_000))
        records, cursor = await everything(do, crm.changes, cursor)
        assert len(records) == 1
        records, cursor = await everything(do, crm.changes, cursor)
        assert records == []

    portal(scenario, searches=4)


@pytest.mark.parametrize("same_time", [0, 199, 200, 450])
def test_changes_get_past_many_records_of_one_millisecond(portal, same_time):
    """A portal-wide job stamps all records at once; a cursor of time alone would never advance."""

    async def scenario(sim, do, crm):
        sim.searches_per_s, count = 1_000, 900
        ids = sim.fill([{"name": f"P{n}"} for n in range(count)])
        now = sim.portal.now()
        for n, i in enumerate(ids):
            stamp = now - 60_000 + (300 if 300 <= n < 300 + same_time else n)
            sim.portal.things["contacts"][i].modified = stamp
        records, _ = await everything(do, crm.changes, str(Look(now - 60_000 + OVERLAP)))
        assert {r.id for r in records} == set(ids)
        assert sim.calls["contacts/search"] <= 12

    portal(scenario, searches=12)


def test_more_changes_than_a_search_shows(portal):
    async def scenario(sim, do, crm):
        sim.searches_per_s, sim.search_window = 1_000, 1_000
        sim.fill([{"firstname": f"P{n}"} for n in range(1_500)])
        now = sim.portal.now()
        for n, thing in enumerate(sim.portal.things["contacts"].values()):
            thing.modified = now - 60_000 + n
        records, _ = await everything(do, crm.changes, str(Look(now)))
        assert len({r.id for r in records}) == 1_500

    portal(scenario, searches=10)


def test_times():
    assert millis("1750000000123") == 1_750_000_000_123
    assert millis("2025-06-15T15:06:40.123Z") == 1_750_000_000_123
    assert millis("yesterday") == 0
    assert Look.parse(str(Look(1, 2, 3))) == Look(1, 2, 3)


def test_the_schema(portal):
    async def scenario(sim, do, crm):
        schema = await do(crm.describe)
        assert schema.fields["hs_object_id"].read_only
        assert not schema.fields["phone"].read_only
        assert "customer" in schema.fields["lifecyclestage"].options
        assert schema.fields["lifecyclestage"].type == "choice"

    portal(scenario)


def test_the_page_for_people(portal):
    async def scenario(sim, do, crm):
        import aiohttp

        from hub import LogEntry

        (ana,) = sim.fill([{"name": "Ana <script>", "phone": "+447700900123"}])
        entry = LogEntry(
            outbox=1,
            message="m",
            record=ana,
            direction="in",
            channel="telegram",
            author="person",
            text="Hello & <i>",
            at=1_750_000_000_000,
            sequence=1,
        )
        await do(crm.log, [entry])
        async with aiohttp.ClientSession(sim.url) as browser:
            for path in ("/", f"/contact/{ana}"):
                async with browser.get(path) as answer:
                    page = await answer.text()
                    assert answer.status == 200
                    assert "Hello &amp; &lt;i&gt;" in page
                    assert "<script>" not in page
            async with browser.get("/contact/1") as answer:
                assert answer.status == 404

    portal(scenario)
