"""The simulator's page for people: contacts with their latest messages, so that a newcomer sees his own arrive."""

from __future__ import annotations

import html
from datetime import UTC, datetime

from hub_hubspot import bodies
from hub_hubspot.paths import COMMUNICATIONS, CONTACTS, DIRECTION, NOTES
from hub_hubspot.simulator_portal import Portal, Thing, millis

_SHOWN = 200
_LATEST = 3
_STYLE = (
    "body{font:15px system-ui;margin:2rem;color:#223}table{border-collapse:collapse;width:100%}"
    "td,th{padding:.4rem .7rem;border-bottom:1px solid #dde;text-align:left;vertical-align:top}"
    ".in{color:#146}.out{color:#6a6a7a}small{color:#889}"
)


def overview(portal: Portal) -> str:
    """All contacts, those with the latest message first."""
    rows = []
    contacts = sorted(portal.things[CONTACTS].values(), key=lambda c: _newest(portal, c), reverse=True)
    for contact in contacts[:_SHOWN]:
        said = "<br>".join(_message(m) for m in _messages(portal, contact.id)[-_LATEST:])
        name = f'<a href="/contact/{contact.id}">{_name(contact)}</a>'
        phone = html.escape(contact.values.get("phone") or contact.values.get("mobilephone", ""))
        rows.append(f"<tr><td>{name}</td><td>{phone}</td><td>{said}</td></tr>")
    head = "<tr><th>Contact</th><th>Phone</th><th>Latest messages</th></tr>"
    return _page(f"{len(contacts)} contacts", f"<table>{head}{''.join(rows)}</table>")


def contact_page(portal: Portal, contact: Thing) -> str:
    """One contact: its properties and every message."""
    fields = "".join(
        f"<tr><th>{html.escape(n)}</th><td>{html.escape(v)}</td></tr>" for n, v in sorted(contact.values.items())
    )
    said = "".join(f"<p>{_message(m)}</p>" for m in _messages(portal, contact.id))
    return _page(_name(contact), f'<p><a href="/">All contacts</a></p><table>{fields}</table><h2>Messages</h2>{said}')


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">'
        f"<title>HubSpot simulator</title><style>{_STYLE}</style></head><body>"
        f"<h1>{title}</h1><p><small>HubSpot simulator on this machine. Nothing here is real.</small></p>{body}"
        "</body></html>"
    )


def _name(contact: Thing) -> str:
    words = filter(None, (contact.values.get("firstname"), contact.values.get("lastname")))
    return html.escape(" ".join(words) or contact.values.get("email") or f"Contact {contact.id}")


def _messages(portal: Portal, contact: str) -> list[Thing]:
    found = [portal.things[k][i] for k in (COMMUNICATIONS, NOTES) for i in portal.under(k, contact)]
    return sorted(found, key=lambda m: (millis(m.values["hs_timestamp"]), m.order))


def _newest(portal: Portal, contact: Thing) -> int:
    under = [portal.links.get((CONTACTS, contact.id, kind)) for kind in (COMMUNICATIONS, NOTES)]
    return max((int(next(reversed(ids))) for ids in under if ids), default=0)


def _message(message: Thing) -> str:
    values = message.values
    direction = "out" if values.get(DIRECTION) == "out" else "in"
    body = values.get("hs_communication_body") or values.get("hs_note_body", "")
    text = html.escape(bodies.read(body, direction)).replace("\n", "<br>")
    at = datetime.fromtimestamp(millis(values["hs_timestamp"]) / 1_000, UTC).strftime("%d %b %H:%M:%S")
    arrow = "→" if direction == "out" else "←"
    return f'<span class="{direction}"><small>{at}</small> {arrow} {text}</span>'
