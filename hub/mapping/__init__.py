"""Mapping files: which field of the CRM gets what of a person. Pure."""

from hub.mapping.fields import PersonFacts, person_fields
from hub.mapping.files import FieldRule, Mapping, load_mapping
from hub.mapping.schema import check

__all__ = ["FieldRule", "Mapping", "PersonFacts", "check", "load_mapping", "person_fields"]
