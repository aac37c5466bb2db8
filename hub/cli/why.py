"""`dragoman why`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption

if TYPE_CHECKING:
    from hub.engine.hub_settings import HubSettings
    from hub.store.dialects.database import Database

Row = dict[str, Any]

RULES = 5
"""Rules of one decision that are shown though they did nothing."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples: [bold]dragoman why wamid.HBgL...[/]   [bold]dragoman why m12 --json[/]   "
        "[bold]dragoman why +15550100[/]   [bold]dragoman why p12 --field Email[/]"
    )(why)


def why(
    name: Annotated[
        str,
        typer.Argument(
            metavar="MESSAGE|PERSON|RECORD",
            help="A message's id (ours or the platform's), a person (p12, a number, a mailbox, kind:scope:key) or a "
            "CRM record's id.",
        ),
    ],
    field: Annotated[
        str, typer.Option("--field", help="Of a person: why this field of the CRM (or email, attr.nick) is as it is.")
    ] = "",
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Tell why: the event behind a message or record, what was decided and by which configuration, what came of it.

    Of a person: the links into the CRM, open deals, tickets and tasks, conversations and the last messages. Of a field:
    the event, the line and version of the mapping, the value on either side, and what was lost to it.
    """
    from hub.cli import people
    from hub.cli.output import say_json
    from hub.store import chain, media, open_reader

    hub = people.settings(config)
    if field:
        _of_field(hub, name.strip(), field.strip(), as_json)
        return
    db = open_reader(hub.place)
    try:
        found = chain.chains(db, name.strip())
        person = _person_named(db, name, hub.region)
        if person and all(one["is"] != f"person {person}" for one in found):
            found.append(chain.of_person(db, person, "a person"))
        _add_links(found, hub, media.known_link_key(db))
    finally:
        db.close()
    if as_json:
        say_json(found)
    else:
        for one in found:
            print("\n".join(_lines(one)))
    if not found:
        if not as_json:
            print(f"Nothing is known as '{name}': no message, no platform's message id, no person, no CRM record.")
        raise typer.Exit(1)


def _of_field(hub: HubSettings, name: str, field: str, as_json: bool) -> None:
    from hub.cli import why_field
    from hub.cli.output import say_json
    from hub.contracts.errors import NotFound
    from hub.store import open_reader

    db = open_reader(hub.place)
    try:
        records = db.rows("SELECT person FROM links WHERE record=? AND record<>'' ORDER BY id", (name,))
        people = [row[0] for row in records] or [_person_named(db, name, hub.region)]
        found = [one for person in people for one in why_field.of_field(db, person, field)]
    finally:
        db.close()
    if not any(people):
        raise NotFound(f"no person is known as '{name}'")
    if as_json:
        say_json(found)
    elif found:
        print("\n".join(line for one in found for line in why_field.lines(one)))
    else:
        print(
            f"Nothing is known of a field '{field}': no CRM's mapping has it, or it was neither read nor written yet."
        )
    if not found:
        raise typer.Exit(1)


def _person_named(db: Database, name: str, region: str) -> int:
    """The person that `name` means on the command line, 0 = nobody."""
    from hub.cli import people
    from hub.contracts.errors import ConfigError
    from hub.identity import variants
    from hub.model.people import Identity
    from hub.store import reading

    try:
        who = people.reference(name, region)
    except ConfigError:
        return 0
    if ":" in who:
        return reading.known(db, [form.id for form in variants(Identity.parse(who))])[0]
    return reading.known(db, int(who[1:]))[0] if len(who) < 19 else 0


def _add_links(found: list[Row], hub: HubSettings, key: bytes) -> None:
    """A fresh link to each file that is kept, where roles may open such links."""
    from hub.engine.line import now_ms
    from hub.wire.file_links import address

    until = now_ms() + int(hub.link_days * 86_400_000)
    for one in found:
        for file in one.get("files", ()):
            if key and file["state"] in ("pending", "stored") and not one["message"]["deleted"]:
                file["link"] = address(hub.public_url, key, file["id"], until)


def _lines(one: Row) -> list[str]:
    lines = [f"{one['is']} ({one['matched']})"]
    if "message" in one:
        lines += _message(one["message"])
    if "person" in one:
        lines += _person(one["person"])
    if "object" in one:
        lines += [_object(one["object"]), *(_contact(c) for c in one["contacts"])]
    if "event" in one:
        lines += _event(one["event"])
    for decision in one["decisions"]:
        lines += _decided(decision)
    for file in one.get("files", ()):
        lines += [_file(file), *([f"            {file['link']}"] if "link" in file else [])]
    lines += [_command(c) for c in one["commands"]]
    lines += [f"  status    {_when(s['at'])}  {s['status']}{_after(s['error'])}" for s in one.get("statuses", ())]
    lines += [
        f"  identity  {_when(i['at'])}  {i['what']} {i['identity']} ({i['evidence']})"
        for i in one.get("identities", ())
    ]
    lines += [_link(link) for link in one["links"]]
    lines += [_object(found) for found in one.get("objects", ())]
    lines += [_talk(talk) for talk in one.get("conversations", ())]
    lines += [_said(message) for message in one.get("messages", ())]
    lines += [f"  dead      letter {d['id']} ({d['kind']}, {d['state']}): {d['cause']}" for d in one.get("dead", ())]
    return lines


def _message(m: Row) -> list[str]:
    way = "from" if m["direction"] == "in" else "to"
    author = "" if m["author"] == "person" else f" by {m['agent'] or m['author']}"
    text = str(m["text"]) if len(m["text"]) <= 200 else f"{m['text'][:200]}..."
    named = f", the platform calls it {m['provider_id']}" if m["provider_id"] else ""
    changed = [f"            edited {_when(m['edited'])}; this is the new text"] if m["edited"] else []
    changed += [f"            taken back {_when(m['deleted'])}"] if m["deleted"] else []
    return [
        f"  message   {_when(m['at'])}  {m['form']} {way} {_who(m['person'], m['name'])}{author}, inbox {m['inbox']}"
        f"{named}",
        f"            {text!r}",
        *changed,
        f"            is {m['status']} since {_when(m['status_at'])}{_after(m['reason'])}",
    ]


def _file(f: Row) -> str:
    name = f" {f['name']!r}" if f["name"] else ""
    size = f", {f['size']} bytes" if f["size"] else ""
    tries = f", tried {f['attempts']} times" if f["attempts"] > 1 else ""
    due = f", due {_when(f['due'])}" if f["state"] == "pending" and f["attempts"] else ""
    kept = f", kept as {f['blob']}" if f["blob"] else ""
    return f"  file      {f['id']} {f['kind']}{name}{size}: {f['state']}{tries}{due}{kept}{_after(f['reason'])}"


def _person(p: Row) -> list[str]:
    reach = ", ".join(value for value in (p["phone"], p["email"]) if value)
    opted = ", opted out" if p["opted_out"] else ""
    return [f"  person    {_when(p['created'])}  {_who(p['id'], p['name'])}{f' ({reach})' if reach else ''}{opted}"]


def _event(event: Row | None) -> list[str]:
    if event is None:
        return ["  event     is no longer in the journal, or there was none"]
    waits = ", waits for its step" if event["queued"] else ""
    source = f"{event['source']} {event['account']}".strip()
    return [f"  event     {_when(event['received'])}  journal {event['seq']} from {source}: {event['key']}{waits}"]


def _decided(d: Row) -> list[str]:
    """A decision, with the rules that were looked at and did nothing; `dragoman rules explain` tells all of it."""
    from hub.cli.records import head

    version = f"configuration {d['version']}{' ' + d['hash'] if d['hash'] else ''}"
    lines = [f"  decided   {_when(d['at'])}  {line}  ({version})" for line in str(d["because"]).splitlines()]
    idle = [head(entry) for entry in d.get("record", ()) if not entry.get("did")]
    more = [f"  rule      and {len(idle) - RULES} more: dragoman rules explain"] if len(idle) > RULES else []
    return lines + idle[:RULES] + more


def _command(c: Row) -> str:
    tries = f", tried {c['attempts']} times" if c["attempts"] > 1 else ""
    began = f", began {_when(c['started'])}" if c["started"] else ""
    record = f", record {c['record']}" if c["record"] else ""
    due = f", due {_when(c['due'])}" if c["due"] and c["state"] in ("waiting", "evidence") else ""
    return (
        f"  command   {_when(c['created'])}  {c['id']} {c['kind']} to {c['target']} by {c['rule']}: {c['state']}"
        f"{began}{tries}{due}{record}{_after(c['reason'])}"
    )


def _link(link: Row) -> str:
    record = f" record {link['record']}" if link["record"] else ""
    owner = f", owner {link['owner']}" if link["owner"] else ""
    return f"  crm       {_when(link['since'])}  {link['crm']}{record}: {link['state']}{owner}{_after(link['reason'])}"


def _object(o: Row) -> str:
    stage = f", stage {o['label']} ({o['stage']})" if o["label"] else f", stage {o['stage']}" if o["stage"] else ""
    owner = f", owner {o['owner']}" if o["owner"] else ""
    amount = f", amount {o['amount']}" if o["amount"] else ""
    due = f", due {_when(o['due'])}" if o["due"] else ""
    state = "closed" if o["closed"] else "open"
    return (
        f"  {o['type']:<9} {_when(o['modified'])}  {o['crm']} record {o['record']} {o['title']!r}: {state}"
        f"{stage}{owner}{amount}{due}"
    )


def _contact(c: Row) -> str:
    who = f", {_who(c['person'], c['name'])}" if c["person"] else ""
    return f"  under     contact {c['contact']}{who}"


def _talk(t: Row) -> str:
    last = f", last message {_when(t['last_in'])}" if t["last_in"] else ""
    paused = f", automation silent until {_when(t['paused_until'])}" if t["paused_until"] else ""
    return f"  talk      {_when(t['opened'])}  conversation {t['id']} in {t['inbox']}{last}{paused}"


def _said(m: Row) -> str:
    way = "from" if m["direction"] == "in" else f"to, by {m['agent'] or m['author']}"
    text = str(m["text"]) if len(m["text"]) <= 80 else f"{m['text'][:80]}..."
    return f"  said      {_when(m['at'])}  m{m['id']} {m['form']} {way}, {m['status']}{_after(m['reason'])}: {text!r}"


def _who(person: int, name: str | None) -> str:
    return f"p{person} {name or ''}".strip()


def _after(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _when(at: int) -> str:
    from hub.cli.output import when

    return when(at)
