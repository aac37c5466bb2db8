"""Mapping files: which field of the CRM gets what of a person, and what comes back. Pure."""

from hub.mapping.fields import PersonFacts, person_fields, split_name
from hub.mapping.files import FieldRule, Mapping, load_mapping
from hub.mapping.merge import ATTRIBUTES, Base, attribute, policy, pushes, settle, written
from hub.mapping.schema import check
from hub.mapping.wording import body_of

__all__ = [
    "ATTRIBUTES",
    "Base",
    "FieldRule",
    "Mapping",
    "PersonFacts",
    "attribute",
    "body_of",
    "check",
    "load_mapping",
    "person_fields",
    "policy",
    "pushes",
    "settle",
    "split_name",
    "written",
]
