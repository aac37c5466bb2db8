"""The simulator's page for people: who stands there, with the latest messages."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from hub.contracts.simulator import Logged

_SHOWN = 200
_LATEST = 3
_STYLE = (
    "body{font:15px system-ui;margin:2rem;color:#223}table{border-collapse:collapse;width:100%}"
    "td,th{padding:.4rem .7rem;border-bottom:1px solid #dde;text-align:left;vertical-align:top}"
    ".in{color:#146}.out{color:#6a6a7a}small{color:#889}"
)


def overview(people: Sequence[Mapping[str, str]], logged: Sequence[Logged]) -> str:
    """Everybody, those with the latest message first."""
    said: dict[str, list[Logged]] = defaultdict(list)
    for message in sorted(logged, key=lambda m: (m.at, m.sequence)):
        said[message.contact].append(message)
    newest = {person: messages[-1].order for person, messages in said.items()}
    rows = []
    for person in sorted(people, key=lambda p: newest.get(p["id"], 0), reverse=True)[:_SHOWN]:
        latest = "<br>".join(_message(m) for m in said[person["id"]][-_LATEST:])
        cells = (html.escape(person["name"]), html.escape(person["phone"]), latest)
        rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    head = "<tr><th>Person</th><th>Phone</th><th>Latest messages</th></tr>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">'
        f"<title>Salesforce simulator</title><style>{_STYLE}</style></head><body><h1>{len(people)} people</h1>"
        "<p><small>Salesforce simulator on this machine. Nothing here is real.</small></p>"
        f"<table>{head}{''.join(rows)}</table></body></html>"
    )


def _message(message: Logged) -> str:
    text = html.escape(message.text).replace("\n", "<br>")
    at = datetime.fromtimestamp(message.at / 1_000, UTC).strftime("%d %b %H:%M:%S")
    direction = "out" if message.direction == "out" else "in"
    arrow = "→" if direction == "out" else "←"
    return f'<span class="{direction}"><small>{at}</small> {arrow} {text}</span>'
