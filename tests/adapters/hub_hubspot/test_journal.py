"""Changes by HubSpot's journal: in order, nothing lost, and what happens when it has forgotten."""

from __future__ import annotations

import pytest

from hub import Gone
from hub.contracts.errors import AuthFailed, Temporary, Unavailable
from hub_hubspot import journal, paths
from hub_hubspot import simulator_acts as acts
from hub_hubspot.changes import Look
from hub_hubspot.journal import Place

SETTINGS = {"objects": ["deal", "task"], "answers": True}


async def until_quiet(do, crm, cursor):
    pages = [await do(crm.changes, cursor)]
    while not pages[-1].last:
        pages.append(await do(crm.changes, pages[-1].cursor))
        assert len(pages) < 50
    return pages


@pytest.fixture
def journalled(portal):
    """As `portal`; the journal is kept, and the adapter reads it."""

    def run(scenario, *, searches=0, **more):
        async def with_journal(sim, do, crm):
            sim.keep_journal()
            sim.search_lag, sim.searches_per_s = 0.0, 1_000
            settings = crm.settings.model_copy(update={"client_id": sim.client_id, "objects": ("deal", "task")} | more)
            crm.settings = type(crm.settings)(
                **{**settings.model_dump(), "answers": True, "client_secret": sim.client_secret}
            )
            crm.use(crm.transport)
            await do(crm.probe)
            sim.calls.clear()
            await scenario(sim, do, crm)

        portal(with_journal, searches=searches, settings=SETTINGS)

    return run


@pytest.mark.parametrize("version", sorted(paths.VERSIONS))
def test_everything_comes_in_order_without_search(journalled, monkeypatch, version):
    monkeypatch.setattr(paths, "VERSION", version)

    async def scenario(sim, do, crm):
        sim.journal.size = 3
        (before,) = sim.fill([{"name": "Before"}])
        start = await do(crm.changes, "")
        assert start.last
        assert not start.records
        ids = sim.fill([{"name": f"P{n}"} for n in range(10)])
        deal = acts.add(sim.portal, "deals", {"dealname": "D"}, (("contacts", ids[0]),))
        acts.edit(sim.portal, "contacts", before, {"hub_reply_text": "Yes", "hub_reply_status": "send"})
        pages = await until_quiet(do, crm, start.cursor)
        assert [r.id for page in pages for r in page.records if r.id != before] == ids
        assert {o.id for page in pages for o in page.objects} == {deal}
        assert {a.text for page in pages for a in page.answers} == {"Yes"}
        assert sim.journal.fetched == len(pages) - 1
        (quiet,) = await until_quiet(do, crm, pages[-1].cursor)
        assert not quiet.records
        assert sim.calls["oauth/v1/token"] == 1

    journalled(scenario)


def test_a_page_that_was_not_stored_comes_again(journalled):
    async def scenario(sim, do, crm):
        start = await do(crm.changes, "")
        (ana,) = sim.fill([{"name": "Ana"}])
        for _ in range(2):
            page = await do(crm.changes, start.cursor)
            assert [r.id for r in page.records] == [ana]

    journalled(scenario)


def test_a_hostile_hubspot_loses_nothing(journalled):
    async def scenario(sim, do, crm):
        sim.journal.size = 7
        cursor = (await do(crm.changes, "")).cursor
        ids = sim.fill([{"name": f"P{n}"} for n in range(60)])
        faults = sim.faults
        faults.error, faults.lose_before, faults.lose_after, faults.throttle = 0.2, 0.15, 0.15, 0.1
        seen, failures = [], 0
        while len(set(seen)) < len(ids):
            try:
                page = await do(crm.changes, cursor)
            except Temporary:
                failures += 1
                continue
            seen += [r.id for r in page.records]
            cursor = page.cursor
        assert seen == ids, "each file once, in order: the cursor moves only with what it brought"
        assert sim.swallowed > 5
        assert failures < 200

    journalled(scenario)


def test_merges_deletions_restores_and_erasures(journalled):
    async def scenario(sim, do, crm):
        start = await do(crm.changes, "")
        ana, ben, eve, kim = sim.fill([{"name": n} for n in ("Ana", "Ben", "Eve", "Kim")])
        new = acts.merge(sim.portal, "contacts", ana, ben)
        acts.remove(sim.portal, "contacts", eve)
        acts.erase(sim.portal, kim)
        (page, _) = await until_quiet(do, crm, start.cursor)
        assert [r.id for r in page.records] == [new]
        assert set(page.gone) == {
            Gone(record=ana, into=new),
            Gone(record=ben, into=new),
            Gone(record=eve),
            Gone(record=kim, erased=True),
        }
        acts.restore(sim.portal, "contacts", eve)
        (page, _) = await until_quiet(do, crm, page.cursor)
        assert [r.id for r in page.records] == [eve]
        assert page.gone == []

    journalled(scenario)


def test_an_offset_that_is_forgotten_is_searched_for_and_said_once(journalled):
    async def scenario(sim, do, crm):
        (first,) = sim.fill([{"name": "First"}])
        start = await do(crm.changes, "")
        assert Place.parse(start.cursor).offset
        (missed,) = sim.fill([{"name": "Missed"}])
        sim.journal.forget()
        pages = await until_quiet(do, crm, start.cursor)
        assert missed in {r.id for page in pages for r in page.records}
        (gap,) = [page.gap for page in pages if page.gap]
        assert gap.startswith("HubSpot's journal of changes does not reach back to the last reading at 20")
        (later,) = sim.fill([{"name": "Later"}])
        searched = sim.calls["contacts/search"]
        pages = await until_quiet(do, crm, pages[-1].cursor)
        assert [r.id for page in pages for r in page.records] == [later]
        assert [page.gap for page in pages if page.gap] == []
        assert sim.calls["contacts/search"] == searched == 1
        assert first

    journalled(scenario, searches=1)


def test_from_search_to_the_journal_and_back(journalled):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        pages = await until_quiet(do, crm, str(Look(sim.portal.now() - 1_000)))
        assert [r.id for page in pages for r in page.records] == [ana]
        assert Place.parse(pages[-1].cursor).looks == ""
        crm.journal = None
        pages = await until_quiet(do, crm, pages[-1].cursor)
        assert pages[-1].cursor.startswith("contacts=")

    journalled(scenario, searches=2)


def test_an_empty_journal_is_read_from_its_beginning(journalled):
    async def scenario(sim, do, crm):
        start = await do(crm.changes, "")
        again = await do(crm.changes, start.cursor)
        assert again.last
        (ana,) = sim.fill([{"name": "Ana"}])
        pages = await until_quiet(do, crm, again.cursor)
        assert [r.id for page in pages for r in page.records] == [ana]

    journalled(scenario)


def test_tokens_are_renewed_early_and_when_they_are_withdrawn(journalled):
    async def scenario(sim, do, crm):
        cursor = (await do(crm.changes, "")).cursor
        crm.slept.append(sim.journal.token_lives - 59.0)
        await do(crm.changes, cursor)
        assert sim.calls["oauth/v1/token"] == 2
        sim.journal.revoke()
        await do(crm.changes, cursor)
        assert sim.calls["oauth/v1/token"] == 3

    journalled(scenario)


def test_a_wrong_secret_is_auth_failed_and_not_shown(journalled):
    async def scenario(sim, do, crm):
        sim.journal.client_secret = "renewed"
        with pytest.raises(AuthFailed) as caught:
            await do(crm.changes, "")
        assert sim.client_secret not in f"{caught.value!r} {crm.settings!r}"

    journalled(scenario)


def test_a_file_that_has_run_out_is_asked_for_again(journalled):
    async def scenario(sim, do, crm):
        start = await do(crm.changes, "")
        (ana,) = sim.fill([{"name": "Ana"}])
        sim.journal.lives = -10
        with pytest.raises(Temporary):
            await do(crm.changes, start.cursor)
        sim.journal.lives = 300
        page = await do(crm.changes, start.cursor)
        assert [r.id for r in page.records] == [ana]

    journalled(scenario)


def test_files_elsewhere_are_not_fetched(journalled):
    async def scenario(sim, do, crm):
        start = await do(crm.changes, "")
        sim.fill([{"name": "Ana"}])
        sim.journal.host = "http://files.example.com"
        with pytest.raises(Unavailable, match="not fetched"):
            await do(crm.changes, start.cursor)

    journalled(scenario)


REAL = "https://api.hubapi.com"


@pytest.mark.parametrize(
    ("url", "base", "may"),
    [
        ("https://files.example.com/a?b=c", REAL, True),
        ("http://files.example.com/a", REAL, False),
        ("ftp://files.example.com/a", REAL, False),
        ("https://localhost/a", REAL, False),
        ("https://127.0.0.1/a", REAL, False),
        ("https://[::1]/a", REAL, False),
        ("https://10.0.0.1/a", REAL, False),
        ("https://intranet/a", REAL, False),
        ("https://printer.local/a", REAL, False),
        ("https://[/a", REAL, False),
        ("", REAL, False),
        ("http://127.0.0.1:9/a", "http://127.0.0.1:8", True),
        ("https://files.example.com/a", "http://127.0.0.1:8", False),
        ("http://10.0.0.1/a", "http://localhost:8", False),
    ],
)
def test_where_files_may_be_fetched(url, base, may):
    assert journal.allowed(url, base) is may


@pytest.mark.parametrize(
    ("told", "refs", "erased"),
    [
        ({"objectTypeId": "0-1", "objectId": 5, "action": "UPDATE"}, {("contact", "5")}, ()),
        ({"objectTypeId": "0-3", "objectId": "5", "action": "DELETE"}, {("deal", "5")}, ()),
        ({"objectTypeId": "0-1", "mergedObjectIds": [1], "newObjectId": 2}, {("contact", "1"), ("contact", "2")}, ()),
        ({"objectTypeId": "0-1", "objectId": 5, "action": "GDPR_DELETE"}, set(), ("5",)),
        (
            {"fromObjectTypeId": "0-1", "fromObjectId": 5, "toObjectTypeId": "0-3", "toObjectId": 6},
            {("contact", "5"), ("deal", "6")},
            (),
        ),
        ({"objectTypeId": "2-77", "objectId": 5}, set(), ()),
        ({}, set(), ()),
    ],
)
def test_what_events_of_the_journal_mean(told, refs, erased):
    found, removed = journal.touched(told)
    assert (set(found), removed) == (refs, erased)


@pytest.mark.parametrize("place", [Place("", 5), Place("a-b", 5), Place("a-b", 5, "contacts=1:2:3 #4")])
def test_places(place):
    assert Place.parse(str(place)) == place
