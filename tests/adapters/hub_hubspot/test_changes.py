"""Changes by search: few calls, nothing believed that a late index shows, nothing lost, answers of agents."""

from __future__ import annotations

import pytest

from hub import Answer, Gone, LogEntry, Ref
from hub.model.records import FileWrite, ObjectWrite
from hub_hubspot import paths
from hub_hubspot import simulator_acts as acts
from hub_hubspot.changes import Look, parse, written

ALL = {"objects": ["company", "deal", "ticket", "task"], "answers": True}


async def round_of(do, crm, cursor):
    pages = [await do(crm.changes, cursor)]
    while not pages[-1].last:
        pages.append(await do(crm.changes, pages[-1].cursor))
    return pages


def test_a_quiet_look_at_everything_is_five_calls(portal):
    async def scenario(sim, do, crm):
        sim.search_lag, sim.searches_per_s = 0.0, 1_000
        start = await do(crm.changes, "")
        (ana,) = sim.fill([{"name": "Ana"}])
        acts.add(sim.portal, "deals", {"dealname": "D"}, (("contacts", ana),))
        (first,) = await round_of(do, crm, start.cursor)
        assert [r.id for r in first.records] == [ana]
        assert [o.type for o in first.objects] == ["deal"]
        sim.calls.clear()
        (quiet,) = await round_of(do, crm, first.cursor)
        assert (quiet.records, quiet.objects, quiet.gone, quiet.answers) == ([], [], [], [])
        assert sum(sim.calls.values()) == 5
        assert all(label.endswith("/search") for label in sim.calls)

    portal(scenario, searches=3, settings=ALL)


def test_what_was_read_but_not_stored_comes_again(portal):
    """The hub fails after the page: it asks with the old cursor once more."""

    async def scenario(sim, do, crm):
        sim.search_lag = 0.0
        start = await do(crm.changes, "")
        (ana,) = sim.fill([{"name": "Ana"}])
        for _ in range(2):
            (page,) = await round_of(do, crm, start.cursor)
            assert [r.id for r in page.records] == [ana]

    portal(scenario, searches=3)


def test_rows_of_a_late_index_are_not_believed(portal):
    """Search still shows the answer as "send", but the hub has set it to "sending" meanwhile."""

    async def scenario(sim, do, crm):
        sim.search_lag = 0.0
        start = await do(crm.changes, "")
        (ana,) = sim.fill([{"name": "Ana"}])
        acts.edit(sim.portal, "contacts", ana, {"hub_reply_text": "Yes", "hub_reply_status": "send"})
        sim.portal.lag = 3_600.0
        acts.edit(sim.portal, "contacts", ana, {"hub_reply_status": "sending", "firstname": "Anna"})
        (page,) = await round_of(do, crm, start.cursor)
        assert page.answers == []
        assert page.records[0].name == "Anna"

    portal(scenario, searches=3, settings=ALL)


def test_answers_on_contacts_and_tasks(portal):
    async def scenario(sim, do, crm):
        sim.search_lag = 0.0
        start = await do(crm.changes, "")
        ana, ben, cid = sim.fill([{"name": "Ana"}, {"name": "Ben"}, {"name": "Cid"}])
        acts.edit(
            sim.portal,
            "contacts",
            ana,
            {"hub_reply_text": " See you at 5 ", "hub_reply_status": "send", "hubspot_owner_id": "9"},
        )
        acts.edit(sim.portal, "contacts", ben, {"hub_reply_text": "not yet", "hub_reply_status": "draft"})
        due = {"hs_timestamp": "1750000000000", "hubspot_owner_id": "8"}
        html = '<div style="">Dear Ben,<p>we open at&nbsp;9 &amp; close<br>at 5</p></div>'
        send = {"hub_reply_status": "send"}
        from_body = acts.add(sim.portal, "tasks", {**due, **send, "hs_task_body": html}, (("contacts", ben),))
        both = {**due, **send, "hs_task_body": html, "hub_reply_text": "Short"}
        from_text = acts.add(sim.portal, "tasks", both, (("contacts", ben), ("contacts", ana)))
        nobody = acts.add(sim.portal, "tasks", {**due, **send, "hs_task_body": "Hello"})
        acts.add(sim.portal, "tasks", {**due, "hs_task_body": html}, (("contacts", ben),))  # not asked for
        silent = acts.add(sim.portal, "tasks", {**due, **send}, (("contacts", ben),))
        acts.edit(sim.portal, "contacts", cid, {"hub_reply_text": " ", "hub_reply_status": "send"})
        (page,) = await round_of(do, crm, start.cursor)
        assert set(page.answers) == {
            Answer(type="contact", id=ana, contact=ana, text="See you at 5", agent="9"),
            Answer(type="task", id=from_body, contact=ben, text="Dear Ben,\nwe open at 9 & close\nat 5", agent="8"),
            Answer(type="task", id=from_text, contact=ben, text="Short", agent="8"),
            Answer(
                type="task", id=nobody, contact="", text="Hello", agent="8"
            ),  # these are told that they cannot be sent
            Answer(type="task", id=silent, contact=ben, text="", agent="8"),
            Answer(type="contact", id=cid, contact=cid, text=""),
        }

    portal(scenario, searches=1, settings=ALL)


def test_answers_are_not_looked_for_unless_set(portal):
    async def scenario(sim, do, crm):
        sim.search_lag = 0.0
        start = await do(crm.changes, "")
        due = {"hs_timestamp": "1750000000000", "hs_task_body": "x"}
        (ana,) = sim.fill([{"name": "Ana"}])
        acts.add(sim.portal, "tasks", due, (("contacts", ana),))
        (page,) = await round_of(do, crm, start.cursor)
        assert [o.type for o in page.objects] == ["task"]
        assert not page.answers

    portal(scenario, searches=1)


def test_a_merge_shows_at_the_survivor(portal):
    async def scenario(sim, do, crm):
        sim.search_lag = 0.0
        ana, ben = sim.fill([{"name": "Ana", "phone": "+447700900123"}, {"name": "Ben"}])
        start = await do(crm.changes, "")
        new = acts.merge(sim.portal, "contacts", ana, ben)
        (page,) = await round_of(do, crm, start.cursor)
        assert [(r.id, r.merged) for r in page.records] == [(new, (ana, ben))]
        assert set(page.gone) == {Gone(record=ana, into=new), Gone(record=ben, into=new)}

    portal(scenario, searches=1)


def test_an_object_that_may_not_be_read_costs_only_itself(portal):
    async def scenario(sim, do, crm):
        sim.search_lag = 0.0
        start = await do(crm.changes, "")
        acts.add(sim.portal, "deals", {"dealname": "D"})
        sim.granted -= {"crm.objects.deals.read"}
        (ana,) = sim.fill([{"name": "Ana"}])
        (page,) = await round_of(do, crm, start.cursor)
        assert [r.id for r in page.records] == [ana]
        sim.granted |= {"crm.objects.deals.read"}
        (page,) = await round_of(do, crm, page.cursor)
        assert page.objects == []
        crm.slept.append(3_601.0)  # then it is tried again, from where it stood
        (page,) = await round_of(do, crm, page.cursor)
        assert [o.title for o in page.objects] == ["D"]

    portal(scenario, searches=4, settings={"objects": ["deal"]})


def test_many_changes_of_two_objects_end(portal):
    async def scenario(sim, do, crm):
        sim.search_lag, sim.searches_per_s = 0.0, 1_000
        start = await do(crm.changes, "")
        ids = sim.fill([{"name": f"P{n}"} for n in range(450)])
        deals = [acts.add(sim.portal, "deals", {"dealname": f"D{n}"}) for n in range(250)]
        for kind, all_ids in (("contacts", ids), ("deals", deals)):
            for n, i in enumerate(all_ids):
                sim.portal.things[kind][i].modified += n
        pages = await round_of(do, crm, start.cursor)
        assert {r.id for page in pages for r in page.records} == set(ids)
        assert {o.id for page in pages for o in page.objects} == set(deals)

    portal(scenario, searches=8, settings={"objects": ["deal"]})


def test_cursors():
    looks = {"contacts": Look(5, 0, 9), "deals": Look(7)}
    assert parse(written(looks), ("contacts", "deals")) == looks
    assert parse(written(looks), ("contacts", "tasks"))["tasks"] == Look(9), "a new object begins where contacts stand"
    assert parse("5:0:9", ("contacts", "deals")) == dict.fromkeys(("contacts", "deals"), Look(5, 0, 9))
    with pytest.raises(ValueError):
        parse("elsewhere", ("contacts",))


@pytest.mark.parametrize("version", ["v3", "2026-03"])
def test_dated_paths_work_by_one_constant(portal, monkeypatch, version, tmp_path):
    monkeypatch.setattr(paths, "VERSION", version)
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"a photo")

    async def scenario(sim, do, crm):
        heard = []
        sim.observers.append(lambda method, path, query, body: heard.append(path))
        sim.portal.owners = [{"id": "7", "email": "eve@example.com", "firstName": "Eve", "lastName": "", "userId": 1}]
        (ana,) = sim.fill([{"name": "Ana"}])
        deal = acts.add(sim.portal, "deals", {"dealname": "Roof", "hubspot_owner_id": "7"}, (("contacts", ana),))
        assert [r.id for r in (await do(crm.first_read, "")).records] == [ana]
        assert (await do(crm.describe)).fields
        await do(crm.probe)
        crm.transport._zone = None
        await do(crm.ensure)
        entry = LogEntry(
            outbox=1,
            message="m",
            record=ana,
            direction="in",
            channel="whatsapp",
            author="person",
            text="x",
            at=1_750_000_000_000,
            sequence=1,
            doubtful=True,
        )
        assert (await do(crm.log, [entry]))[0].record
        (read,) = (await do(crm.get, [Ref("deal", deal)])).objects
        assert read.fields["owner_name"] == "Eve"
        task = ObjectWrite(outbox=2, type="deal", key="k", contact=ana, title="Gutter")
        assert (await do(crm.write, [task]))[0].record
        file = FileWrite(outbox=3, key="f", path=str(photo), name="photo.png", mime="image/png", size=7)
        assert await do(crm.attach, file)
        for name in set(paths.VERSIONS[version]) - {"oauth", "journal"}:
            root = paths.VERSIONS[version][name]
            assert any(path == root or path.startswith(f"{root}/") for path in heard), name
        roots = tuple(paths.VERSIONS[version].values())
        assert [path for path in heard if not path.startswith(roots)] == []
        assert sim.calls["contacts/batch/read"] == 1  # what was in doubt could stand under a merged contact
        assert sim.calls["communications/batch/create"] == sim.calls["owners"] == sim.calls["files/v3/files"] == 1

    portal(scenario, settings={"objects": ["deal"]})


def test_every_version_has_every_path():
    assert {frozenset(table) for table in paths.VERSIONS.values()} == {frozenset(paths.VERSIONS["v3"])}
    for table in paths.VERSIONS.values():
        for name, root in table.items():
            assert paths.unversioned(f"{root}/tail") == f"{paths.VERSIONS['v3'][name]}/tail"
