"""Mapping files: which field of the CRM gets what of a person, and what comes back. Pure."""

from hub.mapping.facts import PersonFacts, attribute, split_name
from hub.mapping.files import load_mapping
from hub.mapping.lines import FieldRule, Mapping
from hub.mapping.merge import Base, Verdict, settle
from hub.mapping.schema import check, drift, remarks
from hub.mapping.wording import body_of

__all__ = [
    "Base",
    "FieldRule",
    "Mapping",
    "PersonFacts",
    "Verdict",
    "attribute",
    "body_of",
    "check",
    "drift",
    "load_mapping",
    "remarks",
    "settle",
    "split_name",
]
