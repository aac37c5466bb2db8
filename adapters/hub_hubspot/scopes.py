"""Which scopes the settings need, and which the token has, without changing anything.

Source: HubSpot's "Private apps" page: POST of the token to the private apps' access-token-info tells its scopes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

from hub import Finding
from hub.contracts.errors import AuthFailed, Refused
from hub_hubspot.errors import MissingScope
from hub_hubspot.paths import TOKEN_INFO
from hub_hubspot.transport import Transport

REMEDY = "add it to the private app's scopes in HubSpot"
_CONTACTS = ("crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.write")
_OF: dict[str, tuple[str, ...]] = {
    "company": ("crm.objects.companies.read",),
    "deal": ("crm.objects.deals.read", "crm.objects.deals.write", "crm.schemas.deals.write"),
    "ticket": ("tickets",),
    "task": (),  # tasks, notes and communications go with the scopes of contacts
}
_IMPLIED: dict[str, tuple[str, ...]] = {
    "tickets": ("crm.objects.tickets.write",),
}
"""Other scopes that say the same: HubSpot splits old scopes into finer ones."""


def needed(objects: Collection[str]) -> tuple[str, ...]:
    """The scopes that writing needs with these settings."""
    return (*_CONTACTS, *(scope for kind in sorted(objects) for scope in _OF.get(kind, ())), "files")


def probe(transport: Transport, token: str, objects: Collection[str]) -> Iterator[Finding]:
    """A finding for the token, then one for each scope it lacks."""
    try:
        told = transport.call(partial(transport.plain, "POST", TOKEN_INFO), {"tokenKey": token})
    except (Refused, MissingScope):
        yield Finding(True, "HubSpot does not tell the scopes of this token: a missing one shows at the first write")
        return
    except AuthFailed as refused:
        yield Finding(False, f"access token: {refused}", "copy it again from the private app's Auth tab")
        return
    granted = {str(scope) for scope in told.get("scopes") or ()}
    missing = [s for s in needed(objects) if not granted & {s, *_IMPLIED.get(s, ())}]
    for scope in missing:
        yield Finding(False, f"the access token lacks the scope {scope}", REMEDY)
    if not missing:
        yield Finding(True, "the access token has all scopes that the settings need")
