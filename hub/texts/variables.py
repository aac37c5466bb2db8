"""What reply texts may name, and the values behind the names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from hub.clocks.hours import Hours
from hub.model.events import Event, MessageReceived
from hub.model.happened import CrmChange, Happened
from hub.model.view import View

OPEN = ("*",)
"""Keys of a variable that takes any name; one that is not known is empty."""

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "about": ("by", "name", "owner", "priority", "score"),
    "change": ("after", "before", "field", "record"),
    "company": OPEN,
    "detail": OPEN,
    "hours": ("next_open",),
    "inbox": (),
    "inquiry": ("owner", "priority"),
    "message": ("text",),
    "person": ("language", "name"),
    "stats": ("mean_reply",),
    "value": OPEN,
}
"""What a text may name: `{{ inbox }}`, `{{ person.name }}`, ... `about` is what a tag, a timer, a rating or a due
answer tells of itself; `company` what the configuration says of it; `detail` what is known of the inquiry, `value` of
the person; `stats.mean_reply` the usual wait for an answer, in minutes, "" = nobody was answered yet."""

NAMES = sorted(
    f"{name}.{'NAME' if key == '*' else key}" if key else name
    for name, keys in VARIABLES.items()
    for key in keys or ("",)
)
"""The same, as people write them."""


class Named(dict[str, str]):
    """Values by name; one that is not there is empty."""

    def __missing__(self, key: str) -> str:
        return ""


def known(name: str, key: str = "") -> bool:
    """Whether a text may name this."""
    keys = VARIABLES.get(name)
    if keys is None or not key:
        return keys == ()
    return keys == OPEN or key in keys


def sample(uses: Iterable[str] = ()) -> dict[str, Any]:
    """A value of one letter for every variable: the shortest text that can come of it."""
    found: dict[str, Any] = {}
    for name, keys in VARIABLES.items():
        found[name] = dict.fromkeys(keys, "x") if keys and keys != OPEN else Named() if keys else "x"
    for use in uses:
        name, _, key = use.partition(".")
        if key and VARIABLES.get(name) == OPEN:
            found[name][key] = "x"
    return found


def standing(inbox: str, language: str, name: str, company: Mapping[str, str] = Named()) -> dict[str, Any]:
    """The values of what every text may name, whatever it is about: the inbox, the person, the company."""
    return {"inbox": inbox, "person": {"language": language, "name": name}, "company": Named(company)}


def values(
    uses: Collection[str], event: Event, view: View, hours: Hours | None, company: Mapping[str, str] = Named()
) -> dict[str, Any]:
    """The values of what the texts in `uses` name, for this event. `hours` are those of which they name the opening."""
    names = {use.partition(".")[0] for use in uses}
    inquiry = view.inquiry
    found: dict[str, Any] = {
        "inbox": view.conversation.inbox,
        "person": {"language": view.person.language, "name": view.person.name},
    }
    if "message" in names:
        found["message"] = {"text": event.text if isinstance(event, MessageReceived) else ""}
    if "change" in names and isinstance(event, CrmChange):
        told = {"field": event.field, "before": event.before, "after": event.after, "record": event.record}
        found["change"] = told
    if "about" in names:
        found["about"] = _about(event)
    if "hours" in names:
        opens = hours.clock(hours.next_open(view.received), view.received) if hours is not None else ""
        found["hours"] = {"next_open": opens}
    if "inquiry" in names:
        told = {"owner": inquiry.owner, "priority": inquiry.priority} if inquiry else {"owner": "", "priority": ""}
        found["inquiry"] = told
    if "detail" in names:
        found["detail"] = Named(inquiry.details if inquiry else {})
    if "value" in names:
        found["value"] = Named(view.values)
    if "company" in names:
        found["company"] = Named(company)
    if "stats" in names:
        found["stats"] = {"mean_reply": view.facts.get("mean_reply", "")}
    return found


def _about(event: Event) -> dict[str, str]:
    told = dict.fromkeys(VARIABLES["about"], "")
    if isinstance(event, Happened):
        for name in told:
            told[name] = str(getattr(event, name, ""))
        told["name"] = told["name"] or str(getattr(event, "tag", "") or getattr(event, "what", ""))
    return told
