"""Who a payload names: phones, business-scoped user ids, and the contact that travels beside a message.

Field names from Meta's Cloud API webhook reference, including the user ids of 2026: a person who adopted a username may
come without a phone, a person who changed the phone has a new user id.
"""

from __future__ import annotations

import re
from typing import Any

from hub import Identity
from hub_meta.envelope import Item, Json, clean, contact_of, mapping, word

GROUP = "group:"
"""How an address says that it names a group: `group:<group id>`."""

USER_MAX = 200
"""A longer user id is none: Meta's are a country code and 128 characters at most."""

E164 = re.compile(r"[1-9][0-9]{1,14}")
People = tuple[tuple[Identity, ...], str]
"""Identities, the most stable first (none: nobody was named), and where an answer goes."""


def phone(value: Any) -> str:
    """The digits of a phone number, or "" for anything else, above all a business-scoped user id (`US.134...`).

    Only the shape of ITU-T E.164 is asked for (else a sender `0` would be one person for many), not whether the number
    is a valid one: WhatsApp reports numbers that number plans call impossible.
    """
    digits = word(value).removeprefix("+")
    return digits if E164.fullmatch(digits) else ""


def people(scope: str, name: Any, user: Any, contact: Json) -> People:
    """The person called `name` (a phone or a user id) and `user` (a user id), with what his own contact adds."""
    digits = phone(name)
    user_id = word(user) or word(contact.get("user_id")) or ("" if digits else word(name))
    return named(scope, user_id, digits or phone(contact.get("wa_id")))


def named(scope: str, user_id: str, digits: str) -> People:
    """The identities of a user id and a phone, each "" where it is not known. The answer goes to the phone if any."""
    found = []
    if user_id and len(user_id) <= USER_MAX:
        found.append(Identity("whatsapp_user", scope, user_id))
    if digits:
        found.append(Identity("phone", "", f"+{digits}"))
    return tuple(found), digits or (user_id if found else "")


def writer(item: Item, scope: str) -> tuple[People, str]:
    """Who wrote a message, and the name he gives himself."""
    data = item.data
    contact = contact_of(item, data.get("from_user_id"), data.get("from"))
    profile = mapping(contact.get("profile"))
    name = clean(profile.get("name")) or clean(profile.get("username"))
    return people(scope, data.get("from"), data.get("from_user_id"), contact), name


def reader(item: Item, scope: str) -> People:
    """To whom the business wrote."""
    data = item.data
    to = data.get("to") or item.thread
    return people(scope, to, data.get("to_user_id"), contact_of(item, data.get("to_user_id"), to))


def changed(item: Item, scope: str) -> tuple[tuple[Identity, ...], People]:
    """Of a system message about another number or user id: the identities that were, and those that are from now on.

    A user id belongs to a phone, so a new number comes with a new user id, where it comes with one at all.
    """
    system = mapping(item.data.get("system"))
    if word(system.get("type")) in ("user_changed_number", "customer_changed_number"):
        now = named(scope, word(system.get("user_id")), phone(system.get("wa_id")) or phone(system.get("new_wa_id")))
        was = phone(item.data.get("from")) or phone(system.get("customer"))
        user = word(system.get("previous_user_id")) or word(item.data.get("from_user_id"))
    else:
        now = named(scope, word(system.get("user_id")), "")
        was, user = "", word(system.get("previous_user_id"))
    return _apart(named(scope, user, was)[0], now)


def updated(item: Item, scope: str) -> tuple[tuple[Identity, ...], People]:
    """Of an item of the field `user_id_update`: the user id that was, and the one that is, with its phone."""
    data = item.data
    ids = mapping(data.get("user_id"))
    now = word(ids.get("current")) or word(data.get("user_id"))
    was = word(ids.get("previous")) or word(data.get("previous_user_id"))
    return _apart(named(scope, was, "")[0], named(scope, now, phone(data.get("wa_id"))))


def _apart(old: tuple[Identity, ...], new: People) -> tuple[tuple[Identity, ...], People]:
    """Without the old ones that did not change. A phone alone is no news of a user id: then nobody has a new one."""
    fresh = [identity for identity in new[0] if identity not in old]
    return tuple(identity for identity in old if identity not in new[0]), new if fresh else ((), "")
