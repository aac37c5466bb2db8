"""Where things are in Salesforce's API, how much fits into a call, and the fields that the hub adds.

Source: Salesforce's REST API Developer Guide ("Composite Resources", "Query", "Limits"), Bulk API 2.0 Developer Guide,
Object Reference (Task, Contact, Lead, Case, Opportunity).
"""

from __future__ import annotations

VERSION = "59.0"
"""The API version that is called, as simple-salesforce calls it."""
DATA = f"/services/data/v{VERSION}"

COLLECTION = 200
"""Records of one collection (`/composite/sobjects`)."""
SUBREQUESTS = 25
"""Requests inside one `/composite` call."""
COLLECTIONS = 5
"""Collections or queries among them."""
BULK_FROM = 2_000
"""Rows from which Bulk API 2.0 is worth its five calls and its wait."""
QUERY_PAGE = 2_000
"""Rows of one page of a query."""
IN_LIST = 200
"""Ids in one `IN (...)` of a query: an address may have some 16,000 characters."""

CONTACT, LEAD, ACCOUNT, TASK, CASE, OPPORTUNITY = "Contact", "Lead", "Account", "Task", "Case", "Opportunity"
PREFIXES = {"003": CONTACT, "00Q": LEAD, "001": ACCOUNT, "00T": TASK, "500": CASE, "006": OPPORTUNITY}
"""What a record is, by the first three characters of its id."""
KINDS = {"contact": CONTACT, "company": ACCOUNT, "deal": OPPORTUNITY, "ticket": CASE, "task": TASK, "note": TASK}
"""The hub's types of records, as Salesforce calls them. A lead is a contact to the hub; a note is a completed task."""

KEY = "Hub_Key__c"
"""On Contact, Lead and Account: the hub's key of the person. Text(64), external id, unique, case-insensitive."""
MESSAGE = "Hub_Message__c"
"""On Activity (so on Task): the hub's id of the message or the record made. Text(100), external id, unique."""
SENT_AT = "Hub_SentAt__c"
"""On Activity: when it was really said; a date and time."""
SEQUENCE = "Hub_Sequence__c"
"""On Activity: order of messages in the hub; a number without decimals."""
DIRECTION = "Hub_Direction__c"
"""On Activity: in or out; a choice."""
CHANNEL = "Hub_Channel__c"
"""On Activity: whatsapp, telegram, ...; Text(40)."""
OBJECT_KEY = "Hub_Object__c"
"""On Case and Opportunity: names what the hub made. Text(100), external id, unique."""
REPLY_TEXT, REPLY_STATUS, REPLY_RESULT = "Hub_ReplyText__c", "Hub_ReplyStatus__c", "Hub_ReplyResult__c"
"""On Contact, Lead and Activity, with the setting `answers`: what an agent asks to have sent, and what became of it."""
REPLY_STATES = ("Send", "Sending", "Sent", "Failed")

SUBJECT = 255
"""Characters of a task's subject."""
DESCRIPTION = 32_000
"""Characters of a task's description."""


def kind_of(record: str) -> str:
    """The object a record id belongs to, "" = none of those the hub knows."""
    return PREFIXES.get(record[:3], "")
