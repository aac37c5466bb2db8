"""Hub events as the journal keeps them: plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from hub.model.by_hand import (
    CampaignChanged,
    ConfigurationApplied,
    ConflictDecided,
    ConsentRecorded,
    ConversationClaimed,
    DeadHandled,
    DriftSwept,
    HumanReplied,
    IdentityMoved,
    InquiryEdited,
    MappingApplied,
    PauseChanged,
    PersonEdited,
    RecordEdited,
    TagsEdited,
)
from hub.model.events import (
    CrmSettled,
    Event,
    FactsCounted,
    MediaSettled,
    PluginAnswered,
    RecordsRead,
    RowOutcome,
    SendSettled,
    TemplatesRead,
    TimerDue,
)
from hub.model.happened import (
    CampaignDue,
    DealStage,
    InquiryChanged,
    InquiryOpened,
    MessageClassified,
    MessageRead,
    MessageSent,
    MessageToClassify,
    Notice,
    OwnerChanged,
    Rated,
    RecordChanged,
    ReplyDue,
    TagAdded,
    TagDue,
    TagRemoved,
    TaskDone,
    TimerRang,
)
from hub.model.records import Answer, CrmObject, Gone, Record, Ref

HUB_EVENTS: dict[str, type[Event]] = {
    cls.kind: cls
    for cls in (
        SendSettled,
        CrmSettled,
        RecordsRead,
        MediaSettled,
        TemplatesRead,
        HumanReplied,
        PauseChanged,
        IdentityMoved,
        DeadHandled,
        RecordEdited,
        PersonEdited,
        ConflictDecided,
        MappingApplied,
        ConfigurationApplied,
        DriftSwept,
        RecordChanged,
        DealStage,
        OwnerChanged,
        TaskDone,
        TimerDue,
        FactsCounted,
        PluginAnswered,
        CampaignChanged,
        CampaignDue,
        ConsentRecorded,
        ConversationClaimed,
        InquiryChanged,
        InquiryEdited,
        MessageClassified,
        MessageRead,
        MessageSent,
        Notice,
        Rated,
        ReplyDue,
        TagAdded,
        TagDue,
        TagRemoved,
        TagsEdited,
        TimerRang,
    )
}


_FIELDS = {
    cls: tuple(f.name for f in fields(cls))
    for cls in (*HUB_EVENTS.values(), InquiryOpened, MessageToClassify, RowOutcome, Record)
}


def _flat(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _FIELDS[type(value)]}


def pack(event: Event) -> dict[str, Any]:
    """A hub event as plain data for the journal; `unpack` is its inverse."""
    data = {"kind": event.kind, **_flat(event)}
    if isinstance(event, CrmSettled):
        data["rows"] = [[getattr(row, name) for name in _FIELDS[RowOutcome]] for row in event.rows]
    elif isinstance(event, RecordsRead):
        data["records"] = [
            {**_flat(record), "identities": [list(i) for i in record.identities], "fields": dict(record.fields)}
            for record in event.records
        ]
        for name in ("objects", "gone", "answers"):
            data[name] = [asdict(row) for row in getattr(event, name)]
    return data


def unpack(data: Mapping[str, Any]) -> Event:
    """A hub event from the journal. Raises KeyError or TypeError on data that `pack` did not write."""
    values = {k: v for k, v in data.items() if k != "kind"}
    cls = HUB_EVENTS[data["kind"]]
    if cls is CrmSettled:
        names = _FIELDS[RowOutcome]
        values["rows"] = tuple(RowOutcome(**dict(zip(names, row, strict=True))) for row in values["rows"])
    elif cls is RecordsRead:
        values["records"] = tuple(Record.load(row) for row in values["records"])
        values["objects"] = tuple(CrmObject.load(row) for row in values.get("objects", ()))
        values["gone"] = tuple(Gone(**row) for row in values.get("gone", ()))
        values["answers"] = tuple(Answer(**row) for row in values.get("answers", ()))
        values["refs"] = tuple(Ref(*ref) for ref in values.get("refs", ()))
    elif cls is TemplatesRead:
        values["templates"] = tuple(values["templates"])
    elif cls is DeadHandled:
        values["ids"] = tuple(values["ids"])
    elif cls is TagsEdited:
        values |= {name: tuple(values[name]) for name in ("add", "remove")}
    elif cls is DriftSwept:
        values |= {name: tuple(values[name]) for name in ("repair", "keys")}
    elif cls is PluginAnswered:
        values["commands"] = tuple(values["commands"])
    return cls(**values)
