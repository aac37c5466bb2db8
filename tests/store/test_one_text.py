"""Both engines give the same answers and make the same changes: every function of the store, on the same rows."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.channel import TemplateInfo
from hub.contracts.crm import FieldSchema, Schema
from hub.model.records import Owner, Ref
from hub.store import (
    Store,
    campaigns,
    chain,
    chain_beside,
    chances,
    clock,
    compared,
    conflicts,
    crm,
    erasure,
    explained,
    feedback,
    health,
    heard,
    inboxes,
    inquiries,
    journal,
    mappings,
    media,
    moves,
    open_store,
    outbox,
    plugin_work,
    reading,
    recent,
    reports,
    retention,
    segments,
    sheets,
    templates,
    timers,
    traces,
    trail,
    values,
)
from hub.store.needs import Needs
from hub.store.shelf import Shelf
from hub.store.workspace import Workspace
from hub.tags.segments import compile_segments
from hub.testing.stores import ENGINES, copy_into, everything, place_of

ANA, BEN = "phone::+447700900101", "phone::+447700900102"
NOW = 1_800_000_100_000
LATER = NOW + 900 * retention.DAY
LEFT = ("people", "links", "outbox", "decisions", "messages")
KEEP = retention.Keep(journal=1, done=1, media=1, messages=1, dead=1, ledger=1, news=1)
RULES = {rule.table: rule for rule in retention.rules(KEEP)}
SHAPE = Schema(fields={"a": FieldSchema(name="a", type="choice", options=("x", "y"))})
SEGMENTS = compile_segments(
    {
        "segment": {
            "tagged": {"tags": {"all": ["vip"], "none": ["value-a"]}},
            "named": {"where": {"nick": ["There", "> 5"]}, "language": "en"},
            "nobody": {"where": {"nick": {"known": False}}, "silent_for": "1d", "quiet_for": "1d"},
            "asking": {"inquiry": "open", "priority": ["", "P1"], "tags": {"any": ["vip", "value-a"]}},
            "buying": {"won": {"stages": [""]}, "where": {"nick": {"not": "50..60"}}},
        }
    },
    lambda path: "",
)
INFO = TemplateInfo("1001", "prices", "de", "APPROVED", True)


def around(store: Store) -> list[Any]:
    """Everything that a batch can want to see, with all that it leads to."""
    work = store.workspace(NOW)
    needs = Needs(
        identities={ANA, BEN, "phone::nobody"}, people={3}, conversation_ids={1, 2}, talks_of={3}, beside=True
    )
    needs.outbox, needs.around, needs.providers, needs.changed = {1, 2, 5}, True, {"wamid.1"}, {"wamid.2"}
    needs.arriving, needs.media, needs.keys, needs.dead = {"wamid.later"}, {1}, {"key1"}, {1}
    needs.records, needs.timers, needs.talks_with = {"main": {"9002"}}, {("person", 2)}, {BEN}
    work.load(needs)
    return [row for shelf in shelves(work) for row in shelf.rows.values()] + [work.under, work.owners]


def shelves(work: Workspace) -> list[Shelf[Any]]:
    return [shelf for shelf in vars(work).values() if isinstance(shelf, Shelf)]


def changed(store: Store, do: Callable[[Workspace], Any], needs: Needs | None = None) -> Any:
    """What one transaction does."""
    with store.transaction():
        work = store.workspace(NOW)
        work.load(needs or Needs(people={1, 2, 3}, talks_of={1, 2, 3}))
        answer = do(work)
        work.save()
        return answer


def swept(store: Store) -> int:
    """A person is erased, with every trace."""

    def erased(work: Workspace) -> None:
        person = work.people.get(1)
        assert person is not None
        erasure.erase(person, work)

    changed(store, erased)
    parts = 1
    while changed(store, lambda work: erasure.blank_messages(1, work)):
        parts += 1
    while changed(store, lambda work: traces.sweep(1, work)):
        parts += 1
    return parts


def moved(work: Workspace) -> None:
    talk = work.conversations.get(1)
    assert talk is not None
    moves.identity(work, ANA, 2, "a human")
    moves.conversation(work, talk, 2)
    moves.answered(work, [BEN], [2])
    work.standing.bring_inquiries([1])
    row = work.standing.inquiry(1)
    assert row is not None
    moves.inquiry(work, row, 3)
    assert moves.short_words(work, [1, 2], 40)


READS: dict[str, Callable[[Store], Any]] = {
    "reading.queued": lambda s: reading.queued(s.db),
    "reading.last_queued": lambda s: reading.last_queued(s.db),
    "reading.queued_until": lambda s: [reading.queued_until(s.db, seq) for seq in (1, 99)],
    "timers.any_due": lambda s: [timers.any_due(s.db, now) for now in (0, LATER)],
    "reading.settling": lambda s: [reading.settling(s.db, 99, [lane]) for lane in ("meta|1001", "none")],
    "reading.all_commands": lambda s: reading.all_commands(s.db),
    "reading.dead_by_kind": lambda s: reading.dead_by_kind(s.db),
    "reading.links_by_state": lambda s: reading.links_by_state(s.db),
    "reading.inboxes": lambda s: reading.inboxes(s.db),
    "reading.paused": lambda s: reading.paused(s.db, 5),
    "reading.stopped": lambda s: reading.stopped(s.db, NOW - 100_000),
    "reading.claimed": lambda s: reading.claimed(s.db),
    "recent.last_messages": lambda s: [recent.last_messages(s.db, talk, 3) for talk in (1, 2, 77)],
    "recent.ratings": lambda s: [recent.ratings(s.db, since, 60) for since in (0, LATER)],
    "recent.asked_before": lambda s: [
        recent.asked_before(s.db, who, f"phone::+{number} belongs to person 0: Ärger")
        for who, number in ((2, BEN.partition("+")[2]), (2, "1"))
    ],
    "outbox.begun": lambda s: [outbox.begun(s.db, talk, event) for talk in (1, 2) for event in range(1, 9)],
    "reading.plugin_work": lambda s: reading.plugin_work(s.db),
    "reading.known": lambda s: [reading.known(s.db, who) for who in (9, 77, [ANA], ["phone::0"])],
    "reading.last_inbox": lambda s: [reading.last_inbox(s.db, who) for who in (1, 9)],
    "reading.quotable": lambda s: [reading.quotable(s.db, *what) for what in ((1, 0), (1, 2), (9, 0))],
    "reading.dead_letters": lambda s: reading.dead_letters(s.db),
    "reading.dead_among": lambda s: reading.dead_among(s.db, [1, 2, 10, 20]),
    "reading.dead_ids": lambda s: [reading.dead_ids(s.db, cause) for cause in ("", "ACCOUNT", "ärger", "review", "%")],
    "reading.cursor": lambda s: [reading.cursor(s.db, name) for name in ("crm.main.read", "none")],
    "reading.cursor_at": lambda s: [reading.cursor_at(s.db, name) for name in ("crm.main.read", "none")],
    "reading.asked": lambda s: reading.asked(s.db),
    "health.waiting": lambda s: health.waiting(s.db),
    "health.dead_by_cause": lambda s: health.dead_by_cause(s.db),
    "health.timers": lambda s: [health.timers(s.db, now) for now in (0, LATER)],
    "health.media": lambda s: health.media(s.db),
    "health.unrouted": lambda s: health.unrouted(s.db),
    "health.news": lambda s: health.news(s.db, NOW),
    "health.unread": lambda s: [health.unread(s.db, name) for name in ("main", "other")],
    "segments.count": lambda s: [segments.count(s.db, one, LATER) for one in SEGMENTS.values()],
    "segments.page": lambda s: [segments.page(s.db, one, LATER, n, 2) for one in SEGMENTS.values() for n in (0, 1)],
    "segments.users": lambda s: [segments.users(s.db, "vip", most) for most in (1, 9)],
    "segments.members": lambda s: segments.members(s.db, [1, 2, 3, 77]),
    "campaigns.under_way": lambda s: campaigns.under_way(s.db),
    "campaigns.last_run": lambda s: [campaigns.last_run(s.db, name) for name in ("spring", "none")],
    "campaigns.gathered": lambda s: [campaigns.gathered(s.db, run) for run in (3, 77)],
    "campaigns.waiting": lambda s: [campaigns.waiting(s.db, run) for run in (1, 3)],
    "campaigns.outcomes": lambda s: campaigns.outcomes(s.db, "spring", 0),
    "campaigns.reach": lambda s: campaigns.reach(s.db, [1, 2, 3], "market"),
    "reports.deal_closed": lambda s: [reports.deal_closed(s.db, who, 0) for who in (1, 2)],
    "reports.living": lambda s: reports.living(s.db),
    "reports.tagged": lambda s: reports.tagged(s.db),
    "reports.people_with": lambda s: reports.people_with(s.db),
    "reports.tag_use": lambda s: [reports.tag_use(s.db, since, 1 << 50) for since in (0, LATER)],
    "feedback.said": lambda s: [[*feedback.said(s.db, since)] for since in (0, LATER)],
    "feedback.handed_over": lambda s: feedback.handed_over(s.db, 0),
    "feedback.left_alone": lambda s: feedback.left_alone(s.db, 0),
    "feedback.closed": lambda s: [feedback.closed(s.db, since) for since in (0, LATER)],
    "feedback.in_time": lambda s: [feedback.in_time(s.db, tag, 0, 1 << 50) for tag in ("vip", "none")],
    "sheets.people": lambda s: [sheets.people(s.db, [1, 2, 77]), *(sheets.people(s.db, None, n, 2) for n in (0, 77))],
    "reports.freshness": lambda s: [reports.freshness(s.db, since) for since in (0, LATER)],
    "heard.message": lambda s: [heard.message(s.db, name) for name in (*NAMES, "m1", "2", "m77")],
    "heard.texts": lambda s: heard.texts(s.db, [1, 2, 77]),
    "chain.chains": lambda s: [chain.chains(s.db, name) for name in NAMES],
    "chain.of_person": lambda s: [chain.of_person(s.db, who, "asked") for who in (1, 2, 77)],
    "chain.event": lambda s: [chain.event(s.db, seq) for seq in (2, 99, 1000)],
    "chain.decisions": lambda s: [chain.decisions(s.db, seq) for seq in (2, 14, 1000)],
    "explained.events_named": lambda s: [explained.events_named(s.db, name) for name in (*NAMES, "2", "m1")],
    "explained.in_journal": lambda s: [explained.in_journal(s.db, seq) for seq in (2, 1000)],
    "explained.messages_of": lambda s: [explained.messages_of(s.db, seq, ["wamid.1"]) for seq in (1, 2, 3, 14)],
    "explained.asked_for": lambda s: [explained.asked_for(s.db, seq, [1]) for seq in (1, 2, 3, 14)],
    "explained.buried": lambda s: [explained.buried(s.db, seq) for seq in (1, 3)],
    "explained.followed": lambda s: [explained.followed(s.db, seq) for seq in (1, 2)],
    "chain_beside.beside": lambda s: [chain_beside.beside(s.db, who) for who in (1, 2)],
    "chain_beside.talks": lambda s: chain_beside.talks(s.db, 1),
    "chain_beside.last_messages": lambda s: chain_beside.last_messages(s.db, 1),
    "chain_beside.records": lambda s: chain_beside.records(s.db, "77"),
    "chain_beside.known": lambda s: [chain_beside.known(s.db, "deal", "77", name) for name in ("", "main", "other")],
    "retention.boundary": lambda s: [retention.boundary(s.db, rule, NOW) for rule in RULES.values()],
    "retention.find": lambda s: [
        (name, count, retention.find(s.db, rule, LATER, count=count))
        for name, rule in RULES.items()
        for count in (False, True)
    ],
    "retention.find_ledger": lambda s: sorted(retention.find_ledger(s.db, KEEP, LATER)),
    "retention.find_turns": lambda s: retention.find_turns(s.db, KEEP, LATER),
    "mappings.active": lambda s: mappings.active(s.db, "main"),
    "mappings.on_trial": lambda s: mappings.on_trial(s.db, "main"),
    "mappings.numbered": lambda s: [mappings.numbered(s.db, number) for number in (7, 77)],
    "mappings.latest": lambda s: [mappings.latest(s.db, "main", "h", before) for before in (8, 9)],
    "mappings.versions": lambda s: mappings.versions(s.db, "main"),
    "mappings.shape": lambda s: mappings.shape(s.db, "main"),
    "mappings.recent_people": lambda s: mappings.recent_people(s.db, "main", 2),
    "mappings.linked_people": lambda s: [mappings.linked_people(s.db, "main", *how) for how in ((), (2,), (1, 1))],
    "mappings.sample": lambda s: mappings.sample(s.db, "main", 2),
    "mappings.person_of": lambda s: [mappings.person_of(s.db, "main", record) for record in ("9001", "none")],
    "mappings.how_many_written_since": lambda s: mappings.how_many_written_since(s.db, "main", -1),
    "mappings.written_since": lambda s: [mappings.written_since(s.db, "main", -1, *how) for how in ((), (1, 1))],
    "mappings.fates": lambda s: [mappings.fates(s.db, numbers) for numbers in ([], [1, 2, 999])],
    "mappings.follow_ups": lambda s: mappings.follow_ups(s.db, "main", {1: 2}),
    "mappings.waiting_to_be_read": lambda s: [mappings.waiting_to_be_read(s.db, "main", [who]) for who in (1, 2)],
    "crm.touched": lambda s: [crm.touched(s.db, name, 5) for name in ("main", "other")],
    "crm.linked": lambda s: crm.linked(s.db, "main", 1, 5),
    "crm.links_like": lambda s: crm.links_like(s.db, "other", ['%"left":true%', "%told%"]),
    "crm.how_many_linked": lambda s: crm.how_many_linked(s.db, "main"),
    "crm.answering": lambda s: crm.answering(s.db, [1, 7]),
    "crm.standing": lambda s: crm.standing(s.db, "main", [1, 3, 4]),
    "media.due": lambda s: [media.due(s.db, names, LATER, 5) for names in ([], ["meta"])],
    "media.next_due": lambda s: [media.next_due(s.db, ["meta"], now) for now in (-1, LATER)],
    "media.kept_file": lambda s: [media.kept_file(s.db, number) for number in (1, 9, 77)],
    "media.known_link_key": lambda s: media.known_link_key(s.db),
    "media.stored_among": lambda s: media.stored_among(s.db, ["b1", "b2"]),
    "conflicts.listed": lambda s: [conflicts.listed(s.db, **how) for how in ({}, {"open_only": True}, {"person": 2})],
    "templates.listed": lambda s: templates.listed(s.db, "meta"),
    "templates.everything": lambda s: templates.everything(s.db),
    "templates.uploaded": lambda s: [templates.uploaded(s.db, "meta", "1001", "b1", since) for since in (0, LATER)],
    "plugin_work.due": lambda s: plugin_work.due(s.db, "x", NOW, 5),
    "plugin_work.next_due": lambda s: plugin_work.next_due(s.db, "x", 5),
    "plugin_work.body": lambda s: [plugin_work.body(s.db, name, 2) for name in ("x", "none")],
    "inquiries.loads": lambda s: sorted(inquiries.loads(s.db, ["Dora", "Eva", "Finn"]).items()),
    "inquiries.unfinished": lambda s: [inquiries.unfinished(s.db, 3, after) for after in (0, 3)],
    "inquiries.answers": lambda s: [inquiries.answers(s.db, since) for since in (0, LATER)],
    "inquiries.counts": lambda s: inquiries.counts(s.db),
    "inquiries.facts": lambda s: inquiries.facts(s.db),
    "chances.everybody": lambda s: chances.everybody(s.db),
    "chances.rows": lambda s: chances.rows(s.db),
    "trail.ids_left": lambda s: [
        trail.ids_left(s.db, one, {1}, {1}, {1})
        for one in [trail.Entry(1, "step", NOW, {"events": [1, 1], "ids": {t: [1, 3] for t in LEFT}})]
    ],
    "compared.keys_of": lambda s: compared.keys_of(s.db, [1, 2, 99]),
    "compared.commands": lambda s: compared.commands(s.db, list(compared.keys_of(s.db, [1, 2]).values())),
    "compared.letters": lambda s: compared.letters(s.db, [1, 2]),
    "compared.letter_about": lambda s: compared.letter_about(s.db, "send", 1),
    "compared.own_events": lambda s: compared.own_events(s.db, ["human.replied", "timer.due", "records.read"]),
    "compared.raised": lambda s: compared.raised(s.db, 0),
    "compared.waiting_sends": lambda s: compared.waiting_sends(s.db, "sales", LATER),
    "compared.next_waiting": lambda s: compared.next_waiting(s.db, "sales", -1),
    "compared.states": lambda s: compared.states(s.db, [1, 2, 3]),
    "compared.tries": lambda s: compared.tries(s.db, compared.keys_of(s.db, [1, 2])),
    "compared.next_timer": lambda s: compared.next_timer(s.db),
    "compared.asked": lambda s: [compared.asked(s.db, "bell", seq) for seq in range(20)],
    "compared.said": lambda s: compared.said(s.db, 0, LATER),
    "compared.acted": lambda s: compared.acted(s.db, 0, LATER),
    "trail.entries": lambda s: trail.entries(s.db, 2, 9, 4),
    "trail.ends": lambda s: trail.ends(s.db),
    "trail.bodies": lambda s: trail.bodies(s.db, [1, 2, 99, 1000]),
    "trail.blanked": lambda s: trail.blanked(s.db),
    "trail.decisions": lambda s: trail.decisions(s.db, [1, 2, 1000]),
    "trail.decisions_from": lambda s: trail.decisions_from(s.db, 3),
    "trail.erased_people": lambda s: trail.erased_people(s.db),
    "trail.name_of": lambda s: [trail.name_of(s.db, name) for name in ("crm.main.read", "none")],
    "outbox.heads": lambda s: outbox.heads(s.db, "sales", LATER, 5),
    "outbox.due_rows": lambda s: [outbox.due_rows(s.db, "main", kind, LATER, 5) for kind in ("log", "person")],
    "outbox.next_due": lambda s: [outbox.next_due(s.db, name, 0) for name in ("sales", "main")],
    "outbox.expired_evidence": lambda s: outbox.expired_evidence(s.db, NOW),
    "outbox.started": lambda s: list(outbox.started(s.db).rows.values()),
    "journal.claim": lambda s: [journal.claim(s.db, budget) for budget in (1, 5)],
    "journal.claim_these": lambda s: [journal.claim_these(s.db, seqs) for seqs in ([], [99, 1])],
    "workspace.load": around,
    "workspace.load beside": lambda s: s.beside(lambda: around(s)),
    "workspace.take_heads": lambda s: s.beside(lambda: s.workspace(NOW).take_heads("sales", 5)),
    "workspace.take_due": lambda s: s.beside(lambda: s.workspace(NOW).take_due("main", "log", 5)),
    "workspace.take_due of nobody": lambda s: s.beside(lambda: s.workspace(NOW).take_due("main", "object", 5)),
    "workspace.queued_sends": lambda s: s.workspace(NOW).queued_sends("sales", [1, 2, 3]),
    "workspace.latest_in_second": lambda s: s.workspace(NOW).latest_in_second(1, 1_800_000_000),
    "workspace.last_heard": lambda s: s.workspace(NOW).last_heard([1, 2]),
    "workspace.unread_links": lambda s: s.workspace(NOW).unread_links("other"),
    "workspace.first_read_done": lambda s: [s.workspace(NOW).first_read_done(name) for name in ("main", "other")],
    "workspace.links_to": lambda s: s.workspace(NOW).links_to("main", "9001"),
    "inboxes.used": lambda s: [inboxes.used(s.workspace(NOW), who) for who in (1, 9)],
    "conflicts.asked": lambda s: conflicts.asked(s.workspace(NOW), 1, "main", "nick"),
    "crm.objects": lambda s: crm.objects(s.workspace(NOW), "main", [Ref("deal", "77"), Ref("ticket", "0")]),
    "crm.under": lambda s: crm.under(s.workspace(NOW), "main", "9002"),
    "crm.person_of": lambda s: [crm.person_of(s.workspace(NOW), "main", number) for number in (1, 2, 77)],
    "crm.answers": lambda s: crm.answers(s.workspace(NOW), "main", [Ref("contact", "9001"), Ref("contact", "1")]),
    "store.cursor": lambda s: [s.cursor(name) for name in ("crm.main.read", "none")],
    "store.identity": lambda s: s.identity(),
}
NAMES = ("1", "m2", "wamid.out", "n1", "9001", "77", "0123abcd-1", "0123abcd.2", "0123abcd-i" + "0" * 20, "nothing")

WRITES: dict[str, Callable[[Store], Any]] = {
    "retention.remove": lambda s: [
        retention.remove(s, rule, retention.find(s.db, rule, LATER), LATER) for rule in RULES.values()
    ],
    "retention.remove_ledger": lambda s: retention.remove_ledger(s, retention.find_ledger(s.db, KEEP, NOW), KEEP, NOW),
    "retention.remove_turns": lambda s: retention.remove_turns(s, [(1, 1), (9, 9)]),
    "mappings.begin": lambda s: mappings.begin(s.db, "third", "text", "hash", NOW),
    "mappings.keep_shape": lambda s: mappings.keep_shape(
        s.db, "main", SHAPE, [Owner(id="1", email="a@example.com")], 7
    ),
    "crm.touch": lambda s: changed(s, lambda w: crm.touch(w, "main", [Ref("contact", "9001"), Ref("deal", "9")])),
    "crm.untouch": lambda s: changed(
        s, lambda w: crm.untouch(w, "main", [Ref("contact", "9001"), Ref("deal", "77")], NOW)
    ),
    "crm.set_contacts": lambda s: changed(s, lambda w: crm.set_contacts(w, "main", {1: ["9003", "9003"], 2: []})),
    "crm.remove_objects": lambda s: changed(s, lambda w: crm.remove_objects(w, [1])),
    "crm.move_answer": lambda s: changed(s, lambda w: crm.move_answer(w, "main", "9001", "9002")),
    "media.link_key": lambda s: media.link_key(s) and s.db.run("DELETE FROM cursors WHERE name=?", (media.LINK_KEY,)),
    "moves": lambda s: changed(s, moved),
    "templates.replace": lambda s: changed(s, lambda w: templates.replace(w, "meta", [INFO._asdict()] * 2)),
    "templates.keep_upload": lambda s: templates.keep_upload(s.db, "meta", "1001", "b1", "up2", NOW, 5),
    "campaigns.begin": lambda s: within(s, lambda: campaigns.begin(s.db, "autumn", "Dora", NOW)),
    "campaigns.set_state": lambda s: campaigns.set_state(s.db, 3, "done", NOW),
    "campaigns.gather": lambda s: campaigns.gather(s.db, 2, [2, 3]),
    "campaigns.next_turns": lambda s: campaigns.next_turns(s.db, 3, 1),
    "values.save": lambda s: values.save(
        s.db, [(1, '{"nick": "There"}', '{"size": "1,000"}'), (2, "", '{"nick": " Bo "}')]
    ),
    "timers.fire": lambda s: timers.fire(s.db, LATER, 5),
    "plugin_work.done": lambda s: plugin_work.done(s.db, [1, 77]),
    "plugin_work.failed": lambda s: plugin_work.failed(s.db, 1, 3, plugin_work.NEVER),
    "outbox.release_held": lambda s: outbox.release_held(s.db, "main", [2]),
    "outbox.hold_logs": lambda s: outbox.hold_logs(s.db, "main", [1, 2], "no record"),
    "clock.shift": lambda s: clock.shift(s.db, -3_600_000),
    "erasure, traces": swept,
    "trail.note": lambda s: within(s, lambda: trail.note(s.db, trail.TICK, NOW, timers=[1, 2])),
    "trail.note_step": lambda s: within(s, lambda: trail.note_step(s.db, NOW, 1, [3, 4], trail.Taken(s.db))),
    "trail.note_start": lambda s: within(s, lambda: trail.note_start(s.db, NOW)),
    "retention.take_away": lambda s: within(s, lambda: retention.take_away(s.db, RULES["messages"], [1, 2, 77])),
    "traces.blank_events": lambda s: traces.blank_events(s.db, [2, 3]),
    "workspace.plugins": lambda s: changed(
        s,
        lambda w: (
            w.plugin_work("x", 2, "again"),
            w.plugin_work("y", 2, "{}"),
            plugin_work.fail(w, "x", 2),
            plugin_work.drop(w, 3, "plugin x: broken"),
            plugin_work.revive(w, 2),
            plugin_work.finish(w, "y", 2),
        )[:0],
    ),
    "plugin_work.drop": lambda s: changed(s, lambda w: plugin_work.drop(w, 3, "plugin xx: broken")),
    "workspace.changes": lambda s: changed(s, several),
    "workspace.rows": lambda s: changed(s, rows),
    "journal.accept": lambda s: s.accept([event("k99"), event("new one"), event("new one")]),
    "journal.unqueue": lambda s: s.unqueue([99, 1]),
    "store.recover": lambda s: s.recover(NOW, {"sales": 9}),
    "store.set_cursor": lambda s: s.set_cursor("crm.main.read", "nothing", 5),
}


def within(store: Store, do: Callable[[], Any]) -> Any:
    """In a transaction of its own."""
    with store.transaction():
        return do()


def event(key: str) -> journal.Incoming:
    return journal.Incoming("meta", "1001", key, "meta|1001", 1, 2, b"\0\xff")


def several(work: Workspace) -> None:
    work.share(ANA)
    work.report(7, "sent", 5, "")
    work.report(1, "read", 5, "once more")
    work.note_identity("shared", 1, ANA, 2, "two records")
    work.cursor("crm.main.read", "again")
    work.wrote("main", "key1", "nick", "value")
    work.overwritten("main", "key1", "nick", NOW)
    work.release("main", 2)
    work.hold("main", 1, "no link")
    work.settle_dead("review", [2], "settled")
    work.requeue(2)
    work.bury("event", 3, "lone \ud800 within")
    for row in list(work.early.rows.values()):
        work.drop_early(row)
    for timer in work.timers.fetch_by("subject_id", [2]):
        timer.due += 5
        work.arm(timer)


def rows(work: Workspace) -> None:
    for person in work.people.rows.values():
        person.name += " the Same"
    work.people.rows[2].opted_out = 1
    for talk in work.conversations.rows.values():
        talk.paused_until += 1
    for number in range(40):
        work.decide(number, 1, 1, 1, f"reason {number}")
    work.raised["hub"] = event("raised")


@pytest.fixture(scope="module")
def pair(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Store]]:
    """The same rows in both engines, for those who only ask."""
    stores = made(lived, tmp_path_factory.mktemp("asked"))
    yield stores
    for store in stores:
        store.close()


@pytest.fixture
def fresh(lived: Path, tmp_path: Path) -> Iterator[list[Store]]:
    """The same, for those who change them."""
    stores = made(lived, tmp_path)
    yield stores
    for store in stores:
        store.close()


def made(lived: Path, folder: Path) -> list[Store]:
    shutil.copytree(lived, folder / "sqlite")
    sqlite, postgres = (open_store(place_of(folder / engine, engine)) for engine in ENGINES)
    copy_into(sqlite.db, postgres.db)
    return [sqlite, postgres]


def plain(value: Any) -> Any:
    """As plain data, with the type of every value: True is not 1, and a Decimal is no int."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return [(plain(key), plain(one)) for key, one in value.items()]
    if isinstance(value, (set, frozenset)):
        return sorted(map(plain, value))
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return type(value).__name__, value


@pytest.mark.parametrize("name", READS)
def test_the_same_question_has_the_same_answer(pair: list[Store], name: str) -> None:
    one, other = (plain(READS[name](store)) for store in pair)
    assert one == other


@pytest.mark.parametrize("name", WRITES)
def test_the_same_change_leaves_the_same_rows(fresh: list[Store], name: str) -> None:
    before = everything(fresh[0].db)
    assert plain(before) == plain(everything(fresh[1].db)), "they begin with the same"
    one, other = (plain(WRITES[name](store)) for store in fresh)
    assert one == other
    after, beside = (everything(store.db) for store in fresh)
    assert {table for table in after if after[table] != beside[table]} == set()
    assert (after != before) is (name not in UNSEEN)


UNSEEN = ("media.link_key", "plugin_work.drop")
"""They leave what they found."""


def test_every_question_is_asked(lived: Path) -> None:
    modules = (
        *(reading, health, chain, chain_beside, heard, retention, mappings, crm, media, conflicts, inboxes, templates),
        *(timers, plugin_work, outbox, recent, clock, erasure, traces, moves, journal),
        *(segments, campaigns, reports, values, explained, inquiries, chances, trail, compared, feedback, sheets),
    )
    functions = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in modules
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
        if {"Database", "Store", "Workspace"}
        & {str(one.annotation) for one in inspect.signature(function).parameters.values()}
    }
    together = {"erasure.erase", "erasure.blank_messages", "traces.note", "traces.sweep", "traces.blank_messages"}
    together |= {"moves.identity", "moves.conversation", "moves.answered", "moves.short_words", "moves.inquiry"}
    together |= {f"plugin_work.{name}" for name in ("finish", "fail", "revive")}
    assert functions - together <= READS.keys() | WRITES.keys()


def test_what_was_lived_left_something_in_every_table(pair: list[Store]) -> None:
    empty = {table for table, found in everything(pair[0].db).items() if not found}
    assert empty <= {"backups", "leases"}
