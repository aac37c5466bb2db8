"""The tables whose rows a step works on, each with the field that says whose a row is."""

from __future__ import annotations

from hub.store.rows import (
    AnswerRow,
    ConflictRow,
    ConsentRow,
    ConversationRow,
    DeadRow,
    DecisionRow,
    EarlyRow,
    InquiryRow,
    LinkRow,
    MappingRow,
    MediaRow,
    MessageRow,
    NewsRow,
    ObjectRow,
    PersonRow,
    TagRow,
    TimerRow,
)
from hub.store.shelf import Table

PEOPLE: Table[PersonRow] = Table("people", PersonRow, person="id")
CONVERSATIONS: Table[ConversationRow] = Table("conversations", ConversationRow, person="person")
MESSAGES: Table[MessageRow] = Table("messages", MessageRow, person="person")
LINKS: Table[LinkRow] = Table("links", LinkRow, person="person")
TIMERS: Table[TimerRow] = Table("timers", TimerRow)
DEAD: Table[DeadRow] = Table("dead", DeadRow, person="person")
DECISIONS: Table[DecisionRow] = Table("decisions", DecisionRow)
EARLY: Table[EarlyRow] = Table("early", EarlyRow)
MEDIA: Table[MediaRow] = Table("media", MediaRow)
NEWS: Table[NewsRow] = Table("news", NewsRow)
OBJECTS: Table[ObjectRow] = Table("crm_objects", ObjectRow)
ANSWERS: Table[AnswerRow] = Table("crm_answers", AnswerRow)
CONFLICTS: Table[ConflictRow] = Table("conflicts", ConflictRow, person="person")
MAPPINGS: Table[MappingRow] = Table("mappings", MappingRow)
INQUIRIES: Table[InquiryRow] = Table("inquiries", InquiryRow, person="person")
TAGS: Table[TagRow] = Table("person_tags", TagRow, person="person")
CONSENTS: Table[ConsentRow] = Table("consents", ConsentRow, person="person")
