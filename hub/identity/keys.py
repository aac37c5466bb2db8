"""Identities as the hub stores and looks them up."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

from hub.identity.emails import email_key, is_role_mailbox
from hub.identity.phones import numbers, trusted_phone_keys
from hub.model.people import Identity


def canonical(identity: Identity) -> Identity:
    """The form to store: of a phone's keys the first, of a mailbox its key; any other identity as it is."""
    if identity.kind == "phone":
        keys = trusted_phone_keys(identity.key)
        return Identity("phone", "", keys[0]) if keys else identity
    if identity.kind == "email":
        key = email_key(identity.key)
        return Identity("email", "", key) if key else identity
    return identity


@lru_cache(maxsize=8192)  # one event asks several times
def variants(identity: Identity) -> tuple[Identity, ...]:
    """What to probe in a look-up: the identity itself, then the other keys of the same phone."""
    if identity.kind != "phone":
        return (identity,)
    others = (Identity("phone", "", key) for key in trusted_phone_keys(identity.key) if key != identity.key)
    return (identity, *others)


def identities_of_contact(phones: Sequence[str], emails: Sequence[str], region: str) -> tuple[Identity, ...]:
    """The canonical identities of a CRM contact's fields, phones first, each once.

    `region` is the country of numbers written without one ("" = leave such numbers out). Mailboxes of a job or a
    company are left out, as are values that are no phone or no address.
    """
    found: dict[Identity, None] = {}
    for text in phones:
        for keys in numbers(text, region):
            found[Identity("phone", "", keys[0])] = None
    for text in emails:
        key = email_key(text)
        if key and not is_role_mailbox(key):
            found[Identity("email", "", key)] = None
    return tuple(found)


def external_key(identity: Identity) -> str:
    """The hub's unique key of a person in a CRM, made from the person's first identity: 32 hex digits.

    A hash, because unique fields in CRMs may ignore case while identities do not.
    """
    return hashlib.sha256(identity.id.encode()).hexdigest()[:32]
