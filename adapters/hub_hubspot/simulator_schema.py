"""What the simulated account is made of: object types, their properties, how they may be associated, pipelines.

Names, choices and numbers are those of HubSpot's documentation ("CRM objects", "Associations v4", "Pipelines").
"""

from __future__ import annotations

from typing import Any

from hub_hubspot.paths import COMMUNICATIONS, COMPANIES, CONTACTS, DEALS, NOTES, TASKS, TICKETS

FILES = "files"
SINGULAR: dict[str, str] = {
    CONTACTS: "CONTACT",
    COMPANIES: "COMPANY",
    DEALS: "DEAL",
    TICKETS: "TICKET",
    TASKS: "TASK",
    NOTES: "NOTE",
    COMMUNICATIONS: "COMMUNICATION",
    FILES: "FILE",
}
"""All that one account keeps records of; files have no place among the CRM's objects and no properties there."""
OBJECTS: tuple[str, ...] = tuple(kind for kind in SINGULAR if kind != FILES)

TYPE_IDS: dict[int, tuple[str, str]] = {
    81: (COMMUNICATIONS, CONTACTS),
    82: (CONTACTS, COMMUNICATIONS),
    83: (COMMUNICATIONS, TICKETS),
    84: (TICKETS, COMMUNICATIONS),
    85: (COMMUNICATIONS, DEALS),
    86: (DEALS, COMMUNICATIONS),
    87: (COMMUNICATIONS, COMPANIES),
    88: (COMPANIES, COMMUNICATIONS),
    202: (NOTES, CONTACTS),
    201: (CONTACTS, NOTES),
    190: (NOTES, COMPANIES),
    189: (COMPANIES, NOTES),
    214: (NOTES, DEALS),
    213: (DEALS, NOTES),
    228: (NOTES, TICKETS),
    227: (TICKETS, NOTES),
    204: (TASKS, CONTACTS),
    203: (CONTACTS, TASKS),
    192: (TASKS, COMPANIES),
    191: (COMPANIES, TASKS),
    216: (TASKS, DEALS),
    215: (DEALS, TASKS),
    230: (TASKS, TICKETS),
    229: (TICKETS, TASKS),
    279: (CONTACTS, COMPANIES),
    1: (CONTACTS, COMPANIES),
    280: (COMPANIES, CONTACTS),
    2: (COMPANIES, CONTACTS),
    4: (CONTACTS, DEALS),
    3: (DEALS, CONTACTS),
    15: (CONTACTS, TICKETS),
    16: (TICKETS, CONTACTS),
    341: (DEALS, COMPANIES),
    5: (DEALS, COMPANIES),
    342: (COMPANIES, DEALS),
    6: (COMPANIES, DEALS),
    339: (TICKETS, COMPANIES),
    26: (TICKETS, COMPANIES),
    340: (COMPANIES, TICKETS),
    25: (COMPANIES, TICKETS),
    27: (DEALS, TICKETS),
    28: (TICKETS, DEALS),
}
"""HUBSPOT_DEFINED association types: from which object to which."""

PLAIN: dict[str, str] = {
    CONTACTS: "firstname lastname email phone mobilephone company jobtitle website address city state zip country"
    " hs_language hs_whatsapp_phone_number hubspot_owner_id message salutation fax",
    COMPANIES: "name domain phone city country industry hubspot_owner_id",
    DEALS: "dealname dealstage pipeline amount closedate deal_currency_code hubspot_owner_id description hs_priority",
    TICKETS: "subject content hs_pipeline hs_pipeline_stage hs_ticket_category hubspot_owner_id",
    TASKS: "hs_task_subject hs_task_body hs_timestamp hubspot_owner_id",
    NOTES: "hs_note_body hs_timestamp hubspot_owner_id hs_attachment_ids",
    COMMUNICATIONS: "hs_communication_body hs_communication_logged_from hs_timestamp hubspot_owner_id"
    " hs_attachment_ids",
    FILES: "name path type extension size access url",
}
FIXED: dict[str, str] = {
    CONTACTS: "hs_object_id createdate lastmodifieddate hs_lastmodifieddate hs_additional_emails hs_merged_object_ids",
    COMPANIES: "hs_object_id createdate hs_lastmodifieddate hs_merged_object_ids",
    DEALS: "hs_object_id createdate hs_lastmodifieddate hs_merged_object_ids",
    TICKETS: "hs_object_id createdate hs_lastmodifieddate hs_merged_object_ids",
    **dict.fromkeys((TASKS, NOTES, COMMUNICATIONS, FILES), "hs_object_id hs_createdate hs_lastmodifieddate"),
}
CHOICES: dict[tuple[str, str], str] = {
    (CONTACTS, "lifecyclestage"): "subscriber lead marketingqualifiedlead opportunity customer other",
    (CONTACTS, "hs_lead_status"): "NEW OPEN IN_PROGRESS CONNECTED UNQUALIFIED",
    (TICKETS, "hs_ticket_priority"): "LOW MEDIUM HIGH URGENT",
    (TASKS, "hs_task_status"): "NOT_STARTED IN_PROGRESS WAITING COMPLETED DEFERRED",
    (TASKS, "hs_task_priority"): "NONE LOW MEDIUM HIGH",
    (TASKS, "hs_task_type"): "CALL EMAIL TODO",
    (COMMUNICATIONS, "hs_communication_channel_type"): "WHATS_APP SMS LINKEDIN_MESSAGE",
}
REQUIRED: dict[str, tuple[str, ...]] = {
    COMMUNICATIONS: ("hs_communication_channel_type", "hs_communication_logged_from", "hs_timestamp"),
    NOTES: ("hs_timestamp",),
    TASKS: ("hs_timestamp",),
    DEALS: ("dealname",),
    TICKETS: ("subject", "hs_pipeline_stage"),
}
UNDER_OTHERS = (COMMUNICATIONS, NOTES)
"""Objects that must be associated when they are made."""
TYPES: dict[str, str] = {
    **dict.fromkeys(("hs_timestamp", "createdate", "closedate", "hs_createdate"), "datetime"),
    **dict.fromkeys(("lastmodifieddate", "hs_lastmodifieddate"), "datetime"),
    **dict.fromkeys(("amount", "size"), "number"),
}
OWNER = "hubspot_owner_id"
"""A choice whose options are the account's users; they are not among the property's own."""


def properties_of(kind: str) -> dict[str, dict[str, Any]]:
    """The properties that HubSpot itself defines, by name."""
    table = {name: defined(name, TYPES.get(name, "string")) for name in PLAIN[kind].split()}
    if OWNER in table:
        table[OWNER] = defined(OWNER, "enumeration") | {"externalOptions": True, "referencedObjectType": "OWNER"}
    for name in FIXED[kind].split():
        table[name] = defined(name, TYPES.get(name, "string"), read_only=True)
    for (of, name), choices in CHOICES.items():
        if of == kind:
            table[name] = defined(name, "enumeration", options=choices.split())
    return table


def defined(name: str, kind: str, *, read_only: bool = False, options: list[str] | None = None) -> dict[str, Any]:
    """One property's definition."""
    return {
        "name": name,
        "label": name.replace("_", " ").capitalize(),
        "type": kind,
        "fieldType": {"enumeration": "select", "datetime": "date", "number": "number"}.get(kind, "text"),
        "groupName": "contactinformation",
        "description": "",
        "options": [{"label": o.title(), "value": o, "hidden": False, "displayOrder": -1} for o in options or ()],
        "hasUniqueValue": False,
        "calculated": False,
        "hidden": False,
        "archived": False,
        "modificationMetadata": {"archivable": True, "readOnlyDefinition": True, "readOnlyValue": read_only},
    }


def pipelines() -> dict[str, list[dict[str, Any]]]:
    """The pipelines of a fresh account: one for deals, one for tickets."""
    deals = {"appointmentscheduled": "Appointment Scheduled", "contractsent": "Contract Sent"}
    ended = {"closedwon": "Closed Won", "closedlost": "Closed Lost"}
    return {
        DEALS: [_pipeline("default", "Sales Pipeline", {**deals, **ended}, "isClosed", "true", set(ended))],
        TICKETS: [
            _pipeline(
                "0",
                "Support Pipeline",
                {"1": "New", "2": "Waiting on contact", "3": "Waiting on us", "4": "Closed"},
                "ticketState",
                "CLOSED",
                {"4"},
            )
        ],
    }


def _pipeline(id_: str, label: str, stages: dict[str, str], name: str, closed: str, ended: set[str]) -> dict[str, Any]:
    opened = "false" if closed == "true" else "OPEN"
    made = "2026-01-01T00:00:00.000Z"
    common = {"archived": False, "createdAt": made, "updatedAt": made}
    return {
        "id": id_,
        "label": label,
        "displayOrder": 0,
        **common,
        "stages": [
            {
                "id": stage,
                "label": shown,
                "displayOrder": n,
                "metadata": {name: closed if stage in ended else opened}
                | ({"isClosed": str(stage in ended).lower()} if name == "ticketState" else {}),
                **common,
            }
            for n, (stage, shown) in enumerate(stages.items())
        ],
    }
