"""What becomes somebody else's when a human says whose an identity is."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hub.store.rows import ConversationRow, InquiryRow, TimerRow
from hub.store.workspace import Workspace


def identity(work: Workspace, name: str, person: int, source: str) -> None:
    """This known identity is that person's from now on."""
    work.owners[name] = person
    work.then("UPDATE identities SET person=?, source=?, since=? WHERE id=?", (person, source, work.now, name))


def conversation(work: Workspace, talk: ConversationRow, person: int) -> None:
    """A conversation is that person's, with its messages and what waits to be said in it; a new session begins."""
    before, talk.person, talk.session = talk.person, person, 0
    work.by_person = {key: known for key, known in work.by_person.items() if known is not talk}
    for other in work.conversations.rows.values():
        if other is talk or other.person == before:
            work.file_talk(other)
    work.then("UPDATE messages SET person=? WHERE conversation=?", (person, talk.id))
    work.then(
        "UPDATE outbox SET lane=? WHERE lane=? AND open=1 AND kind='send' AND state='waiting' AND conversation=?",
        (person, before, talk.id),
    )


def inquiry(work: Workspace, row: InquiryRow, person: int) -> list[TimerRow]:
    """An inquiry is that person's; returns the timers of his it was looked at by, which are still armed."""
    before = row.person
    work.standing.give(row, person)
    work.timers.fetch_by("subject_id", [before], "AND subject='person' AND armed=1")
    return [
        timer
        for timer in work.timers.rows.values()
        if (timer.subject, timer.subject_id, timer.armed) == ("person", before, 1) and not work.is_rearmed(timer)
    ]


def short_words(work: Workspace, conversations: Collection[int], longest: int) -> list[str]:
    """The messages of people in these conversations that have up to `longest` characters, in the order they came."""
    of = set(conversations)
    found = work.db.rows_in(
        f"SELECT id, text FROM messages WHERE conversation IN (*) AND direction='in' AND length(text)<={int(longest)}",  # noqa: S608
        sorted(of),
    )
    said = dict(found)
    for row in work.messages.rows.values():
        if row.conversation in of and row.direction == "in" and len(row.text) <= longest:
            said[row.id] = row.text
    return [said[number] for number in sorted(said)]


def answered(work: Workspace, names: Sequence[str], people: Collection[int]) -> None:
    """Nobody needs to be asked any more whose these identities are, among these people."""
    for person in people:
        for name in names:
            work.then(
                "UPDATE dead SET state='settled', handled=? WHERE kind='review' AND person=? AND state='open'"
                " AND replace(cause, ?, '') <> cause",
                (work.now, person, name),
            )
