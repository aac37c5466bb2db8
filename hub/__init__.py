"""Dragoman: the hub between messaging channels and the CRM. These are the public names for plugin authors."""

from hub.contracts.channel import (
    Calls,
    Capabilities,
    Channel,
    Connects,
    Finding,
    HttpCall,
    HttpReply,
    Polled,
    Polls,
    RawEvent,
    Reply,
    Request,
)
from hub.contracts.crm import CRM, CRMCapabilities, FieldSchema, Page, Schema, Written
from hub.contracts.hookspecs import hookimpl
from hub.contracts.settings import PluginSettings
from hub.model.events import ConsentChanged, MessageEchoed, MessageReceived, StatusReported, Unknown
from hub.model.messages import Outgoing, Receipt
from hub.model.people import Identity
from hub.model.records import LogEntry, PersonWrite, Record

__version__ = "0.1.0"

__all__ = [
    "CRM",
    "CRMCapabilities",
    "Calls",
    "Capabilities",
    "Channel",
    "Connects",
    "ConsentChanged",
    "FieldSchema",
    "Finding",
    "HttpCall",
    "HttpReply",
    "Identity",
    "LogEntry",
    "MessageEchoed",
    "MessageReceived",
    "Outgoing",
    "Page",
    "PersonWrite",
    "PluginSettings",
    "Polled",
    "Polls",
    "RawEvent",
    "Receipt",
    "Record",
    "Reply",
    "Request",
    "Schema",
    "StatusReported",
    "Unknown",
    "Written",
    "hookimpl",
]
