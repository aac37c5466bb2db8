"""Where things are in HubSpot's API, how much fits into a call, and the numbers of its associations.

Source: HubSpot's developer documentation ("CRM objects", "Associations v4", "Properties", "Usage guidelines"). The
paths themselves are written in the generated client (hubspot-api-client 12 speaks v3 objects and v4 associations);
this table names them for the simulator, the counters and the tests.
"""

from __future__ import annotations

import re

ASSOCIATIONS_VERSION = "v4"
OBJECTS_VERSION = "v3"
"""Of objects and properties: "v3" as the generated client writes it, or a date such as "2026-03"."""
JOURNAL_VERSION = "2026-03"
PIPELINES, OWNERS = "/crm/v3/pipelines", "/crm/v3/owners"
JOURNAL = f"/webhooks-journal/journal/{JOURNAL_VERSION}"
OAUTH = "/oauth/v1/token"
ASSOCIATIONS = f"/crm/{ASSOCIATIONS_VERSION}/associations"

FILES = "/files/v3/files"
TOKEN_INFO = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105 a path
ACCOUNT = "/account-info/v3/details"

BATCH = 100
"""Inputs of one batch write or read of objects and properties."""
ASSOCIATION_BATCH = 1_000
"""Inputs of one batch read of associations."""
PAGE = 100
"""Rows of one listed page."""
OWNER_PAGE = 500
"""Rows of one page of owners."""
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
COMPANIES, DEALS, TICKETS, TASKS = "companies", "deals", "tickets", "tasks"

KINDS: dict[str, str] = {
    "contact": CONTACTS,
    "company": COMPANIES,
    "deal": DEALS,
    "ticket": TICKETS,
    "task": TASKS,
    "note": NOTES,
}
"""The hub's types of records by HubSpot's names of them."""

TO_CONTACT: dict[str, int] = {COMMUNICATIONS: 81, NOTES: 202, TASKS: 204, DEALS: 3, TICKETS: 16, COMPANIES: 280}
"""Association type id from a record to its contact (category HUBSPOT_DEFINED); the other direction is 400."""

COMMUNICATION_CHANNELS: dict[str, str] = {"whatsapp": "WHATS_APP", "sms": "SMS"}
"""The hub's channels that HubSpot has a communication type for; LINKEDIN_MESSAGE is the only other one."""

KEY, MESSAGE, SEQUENCE, DIRECTION = "hub_identity_key", "hub_message_id", "hub_sequence", "hub_direction"
"""The properties that the hub adds: KEY on contacts (unique), the others on communications and notes."""
REPLY_TEXT, REPLY_STATUS, REPLY_RESULT = "hub_reply_text", "hub_reply_status", "hub_reply_result"
"""The properties on contacts and tasks by which an agent has an answer sent, and reads what became of it."""
REPLY_STATES = ("draft", "send", "sending", "sent", "failed")
"""What REPLY_STATUS may say; the agent sets "send", the hub the later ones."""
OBJECT_KEY = "hub_object_key"
"""The property on tasks, tickets and deals that names what the hub made there (unique values)."""
ATTACHMENTS = "hs_attachment_ids"
"""HubSpot's own property for the files of an activity: ids, joined by ";"."""
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
    REPLY_STATUS,
    REPLY_TEXT,
)
"""Contact properties read in pages; short enough for any address limit."""

OBJECT_READS: dict[str, tuple[str, ...]] = {
    COMPANIES: ("name", "domain", "hubspot_owner_id", "hs_lastmodifieddate"),
    DEALS: ("dealname", "dealstage", "pipeline", "amount", "hubspot_owner_id", "hs_lastmodifieddate"),
    TICKETS: ("subject", "hs_pipeline", "hs_pipeline_stage", "hubspot_owner_id", "hs_lastmodifieddate"),
    TASKS: (
        "hs_task_subject",
        "hs_task_body",
        "hs_task_status",
        "hs_timestamp",
        "hubspot_owner_id",
        "hs_lastmodifieddate",
        REPLY_STATUS,
        REPLY_TEXT,
    ),
}
"""Properties read of other objects."""
OBJECT_TYPES: dict[str, str] = {
    "0-1": "contact",
    "0-2": "company",
    "0-3": "deal",
    "0-5": "ticket",
    "0-27": "task",
}
"""The hub's types of records by HubSpot's object type ids, of those that it reads."""

_OURS = re.compile(r"^/crm/v3/(objects|properties)(?=/|$)")
_ROOT = re.compile(r"^/crm/(?:(?:objects|(properties))/[\d-]+/|v\d/(?:objects/)?)")
_NUMBER = re.compile(r"/(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27})(?=/|$)")


def versioned(path: str) -> str:
    """A path of the generated client in the version that OBJECTS_VERSION names."""
    if OBJECTS_VERSION == "v3":
        return path
    return _OURS.sub(rf"/crm/\1/{OBJECTS_VERSION}", path)


def endpoint(path: str) -> str:
    """A path as a counter's label: `contacts/batch/upsert`, `associations/contacts/notes/batch/read`; no ids in it."""
    bare = _ROOT.sub(lambda found: "properties/" if found[1] else "", path.partition("?")[0])
    return _NUMBER.sub("", bare).strip("/")
