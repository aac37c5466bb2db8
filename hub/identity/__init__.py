"""Who is who: match keys of phones and mailboxes, identities as stored and looked up. Pure."""

from hub.identity.emails import email_key, is_role_mailbox
from hub.identity.keys import canonical, external_key, identities_of_contact, variants
from hub.identity.phones import phone_keys, trusted_phone_keys

__all__ = [
    "canonical",
    "email_key",
    "external_key",
    "identities_of_contact",
    "is_role_mailbox",
    "phone_keys",
    "trusted_phone_keys",
    "variants",
]
