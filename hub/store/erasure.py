"""Everything about a person goes, for privacy: contents are blanked where they stand, names and addresses removed.

What stays is what the hub needs to keep its promises and tells nothing: numbers, times, states, hashed keys. What no
row of his leads to is found by `traces`.
"""

from __future__ import annotations

from hub.store import traces
from hub.store.rows import PersonRow
from hub.store.workspace import Workspace

PART = 1000
"""Messages blanked in one transaction."""


def erase(person: PersonRow, work: Workspace, upto: int = 0) -> None:
    """The person, his names and addresses, what is under way to or about him. `upto` is the event that asks for it, 0 =
    the latest of all. The rest follows in parts: `blank_messages`, then `traces.sweep`."""
    db, number = work.db, person.id
    db.need_alone()
    traces.note(person, work, upto or int(db.rows("SELECT coalesce(max(seq), 0) FROM journal")[0][0]))
    person.name = person.language = person.phone = person.email = person.attributes = ""
    person.outreach = person.rhythm = ""
    person.erased = work.now
    work.raised = {key: event for key, event in work.raised.items() if not traces.is_about(event, number)}
    work.standing.forget(number)
    _forget_standing(work, number)
    db.run("DELETE FROM identities WHERE person=?", (number,))
    db.run("UPDATE identity_events SET identity='', evidence='' WHERE person=?", (number,))
    db.run("UPDATE conversations SET key='erased|' || id, address='', expects='', asked='' WHERE person=?", (number,))
    work.forget_person(number)
    for row in work.outbox.rows.values():
        if row.lane == number and row.open:
            row.end("dropped", "the person was erased")
            row.body = ""
    db.run(
        "UPDATE outbox SET state='dropped', open=0, reason='the person was erased', body='' WHERE open=1 AND lane=?",
        (number,),
    )
    db.run(
        "UPDATE outbox SET body='' WHERE id IN (SELECT ref FROM dead WHERE person=? AND kind IN ('object', 'file'))",
        (number,),
    )
    db.run("UPDATE dead SET state='dropped', handled=? WHERE person=? AND state='open'", (work.now, number))
    for crm, record, key in db.rows("SELECT crm, record, key FROM links WHERE person=?", (number,)):
        if record:
            db.run(
                "DELETE FROM crm_objects WHERE id IN (SELECT object FROM crm_object_contacts WHERE crm=? AND contact=?)"
                " AND NOT EXISTS (SELECT 1 FROM crm_object_contacts o WHERE o.object=crm_objects.id AND o.contact<>?)",
                (crm, record, record),
            )
            db.run("DELETE FROM crm_object_contacts WHERE crm=? AND contact=?", (crm, record))
            db.run("DELETE FROM crm_touched WHERE crm=? AND type='contact' AND record=?", (crm, record))
        if key:
            db.run("DELETE FROM write_ledger WHERE record=?", (key,))
    for conflict in [row for row in work.conflicts.rows.values() if row.person == number]:
        work.conflicts.forget(conflict.id)
    work.then("DELETE FROM conflicts WHERE person=?", (number,))
    work.then("DELETE FROM links WHERE person=?", (number,))


def _forget_standing(work: Workspace, number: int) -> None:
    """What he wanted, his tags and consents, and why anything was done; what waits to go on about him."""
    for table in ("inquiries", "person_tags", "person_values", "tag_history", "consents", "campaign_people"):
        work.db.run(f"DELETE FROM {table} WHERE person=?", (number,))  # noqa: S608 - our names
    work.db.run("UPDATE ratings SET person=0, conversation=0, event=0 WHERE person=?", (number,))
    talks = "SELECT id FROM conversations WHERE person=?"
    for subject, whose in (("person", "subject_id=?"), ("conversation", f"subject_id IN ({talks})")):
        work.db.run(
            f"UPDATE timers SET armed=0, generation=generation+1, about='' WHERE subject=? AND {whose}",  # noqa: S608
            (subject, number),
        )
    work.db.run("UPDATE decisions SET because='', record='' WHERE person=?", (number,))
    for decision in work.decisions.rows.values():
        if decision.person == number:
            decision.because = decision.record = ""


_MESSAGES = (
    "SELECT m.id, m.event FROM conversations c CROSS JOIN messages m"
    " WHERE m.conversation=c.id AND c.person=? AND m.person=?"
    " AND (m.text<>'' OR m.content<>'' OR m.provider_id<>'' OR m.reply_to<>'' OR EXISTS"
    " (SELECT 1 FROM media f WHERE f.message=m.id AND (f.name<>'' OR f.state IN ('pending', 'stored'))))"
    " ORDER BY m.id LIMIT ?"
)


def blank_messages(number: int, work: Workspace) -> bool:
    """Blank the next messages of a person, what the platforms posted of them, and their files. Whether more are left.

    Nothing names their contents any more: the hourly sweep of the files removes those.
    """
    found = work.db.rows(_MESSAGES, (number, number, PART))
    for message in work.messages.rows.values():
        if message.person == number:
            message.text = message.content = message.provider_id = message.reply_to = message.reason = ""
    traces.blank_messages(work, [row[0] for row in found], [row[1] for row in found])
    return len(found) == PART
