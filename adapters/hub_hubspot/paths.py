"""Where things are in HubSpot's API, how much fits into a call, and the numbers of its associations.

Source: HubSpot's developer documentation ("CRM objects", "Associations v4", "Properties", "Usage guidelines"). The
paths themselves are written in the generated client (hubspot-api-client 12 speaks v3 objects and v4 associations);
this table names them for the simulator, the counters and the tests.
"""

from __future__ import annotations

import re

OBJECTS_VERSION = "v3"
ASSOCIATIONS_VERSION = "v4"
OBJECTS = f"/crm/{OBJECTS_VERSION}/objects"
PROPERTIES = f"/crm/{OBJECTS_VERSION}/properties"
ASSOCIATIONS = f"/crm/{ASSOCIATIONS_VERSION}/associations"

BATCH = 100
"""Inputs of one batch write or read of objects and properties."""
ASSOCIATION_BATCH = 1_000
"""Inputs of one batch read of associations."""
PAGE = 100
"""Rows of one listed page."""
SEARCH_PAGE = 200
"""Rows of one search page."""
SEARCH_WINDOW = 10_000
"""Rows one search ever shows, over all its pages; HubSpot answers 400 beyond."""
BODY = 65_536
"""Characters of a note's or communication's body."""
URL = 15_000
"""Characters of an address before HubSpot's edge may answer 414."""
UNIQUE_PROPERTIES = 10
"""Properties with unique values per object."""

CONTACTS, COMMUNICATIONS, NOTES = "contacts", "communications", "notes"

TO_CONTACT: dict[str, int] = {COMMUNICATIONS: 81, NOTES: 202}
"""Association type id from a logged record to its contact (category HUBSPOT_DEFINED); the other direction is 400."""

COMMUNICATION_CHANNELS: dict[str, str] = {"whatsapp": "WHATS_APP", "sms": "SMS"}
"""The hub's channels that HubSpot has a communication type for; LINKEDIN_MESSAGE is the only other one."""

KEY, MESSAGE, SEQUENCE, DIRECTION = "hub_identity_key", "hub_message_id", "hub_sequence", "hub_direction"
"""The properties that the hub adds: KEY on contacts (unique), the others on communications and notes."""
GROUP = "dragoman"
"""The property group that holds them."""

CONTACT_READS: tuple[str, ...] = (
    "firstname",
    "lastname",
    "email",
    "hs_additional_emails",
    "phone",
    "mobilephone",
    "hs_whatsapp_phone_number",
    "hubspot_owner_id",
    KEY,
    "createdate",
    "lastmodifieddate",
    "hs_merged_object_ids",
)
"""Contact properties read in pages; short enough for any address limit."""

_ROOT = re.compile(r"^/crm/v\d/(?:objects/)?")
_NUMBER = re.compile(r"/\d+(?=/|$)")


def endpoint(path: str) -> str:
    """A path as a counter's label: `contacts/batch/upsert`, `associations/contacts/notes/batch/read`; no ids in it."""
    return _NUMBER.sub("", _ROOT.sub("", path.partition("?")[0]))
