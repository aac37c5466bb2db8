"""Where things are in HubSpot's API, how much fits into a call, and the numbers of its associations.

Source: HubSpot's developer documentation ("CRM objects", "Associations v4", "Properties", "Date-based versioning",
"Usage guidelines"). The generated client writes its own paths (hubspot-api-client 12 speaks v3 objects and v4
associations); the transport puts each of them into the version that VERSION names.
"""

from __future__ import annotations

import re

VERSION = "v3"
"""Which entry of VERSIONS is called: "v3", as the generated client writes it, or a date."""
VERSIONS: dict[str, dict[str, str]] = {
    "v3": {
        "objects": "/crm/v3/objects",
        "properties": "/crm/v3/properties",
        "pipelines": "/crm/v3/pipelines",
        "owners": "/crm/v3/owners",
        "associations": "/crm/v4/associations",
        "files": "/files/v3/files",
        "oauth": "/oauth/v1/token",
        "journal": "/webhooks-journal/journal/2026-03",
        "account": "/account-info/v3/details",
        "token": "/oauth/v2/private-apps/get/access-token-info",
    },
    "2026-03": {
        "objects": "/crm/objects/2026-03",
        "properties": "/crm/properties/2026-03",
        "pipelines": "/crm/pipelines/2026-03",
        "owners": "/crm/owners/2026-03",
        "associations": "/crm/associations/2026-03",
        "files": "/files/2026-03/files",
        "oauth": "/oauth/2026-03/token",
        "journal": "/webhooks-journal/journal/2026-03",
        "account": "/account-info/2026-03/details",
        "token": "/oauth/v2/private-apps/get/access-token-info",
    },
}
"""Every path with a version or a date in it, by version. What exists in one version only stands in each."""
_CLIENT = VERSIONS["v3"]
OWNERS, FILES, OAUTH, JOURNAL = _CLIENT["owners"], _CLIENT["files"], _CLIENT["oauth"], _CLIENT["journal"]
ACCOUNT, TOKEN_INFO = _CLIENT["account"], _CLIENT["token"]
"""As the client writes them, for all callers: the transport alone knows of VERSION."""

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

_ROOT = re.compile(r"^/crm/v\d/(?:objects/)?")
_NUMBER = re.compile(r"/(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27})(?=/|$)")


def versioned(path: str) -> str:
    """A path as the client writes it in the version that VERSION names."""
    return _moved(path, _CLIENT, VERSIONS[VERSION]) if VERSION != "v3" else path


def unversioned(path: str) -> str:
    """A path of any version as the client writes it."""
    for table in VERSIONS.values():
        path = _moved(path, table, _CLIENT)
    return path


def every(name: str) -> list[str]:
    """A path of the table in each of the versions, without repetitions."""
    return list(dict.fromkeys(table[name] for table in VERSIONS.values()))


def endpoint(path: str) -> str:
    """A path as a counter's label: `contacts/batch/upsert`, `associations/contacts/notes/batch/read`; no ids and no
    version in it."""
    return _NUMBER.sub("", _ROOT.sub("", unversioned(path.partition("?")[0]))).strip("/")


def _moved(path: str, origin: dict[str, str], target: dict[str, str]) -> str:
    for name, root in origin.items():
        if target[name] != root and (path == root or path.startswith(f"{root}/")):
            return target[name] + path[len(root) :].rstrip("/")
    return path
