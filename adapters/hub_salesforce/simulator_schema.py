"""Fields of the simulated organisation as a describe shows them, and how record ids are built.

Source: Salesforce's documentation ("Object Reference", "sObject Describe", "ID Field Type", Tooling API "CustomField").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from hub_salesforce.paths import LEAD
from hub_salesforce.simulator_fields import CHOICES, KEY_PREFIXES, SETUP, SYSTEM, TEXTS, USER


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `length` in characters, 0 = none; `refers` objects that a reference may name; `options` choices."""

    name: str
    type: str
    length: int = 0
    required: bool = False
    createable: bool = True
    updateable: bool = True
    refers: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    default: Any = None
    restricted: bool = False
    external: bool = False
    unique: bool = False
    case_sensitive: bool = False
    person: bool = False
    label: str = ""
    precision: int = 18
    scale: int = 0

    @property
    def custom(self) -> bool:
        """Whether somebody added it."""
        return self.name.endswith(("__c", "__pc"))

    @property
    def relation(self) -> str:
        """By which name queries reach what the reference names, "" = it is none."""
        if self.type != "reference":
            return ""
        return self.name.removesuffix("c") + "r" if self.custom else self.name.removesuffix("Id")


_LINE = re.compile(r"(\w+) ([a-z]+(?:64(?!\d))?)(\d*) ?([^>]*)(?:>(.*))?")
_TYPED: Mapping[str, tuple[str, int]] = {
    **{"Text": ("string", 255), "Email": ("email", 80), "Phone": ("phone", 40), "Url": ("url", 255)},
    **{"TextArea": ("textarea", 255), "LongTextArea": ("textarea", 32_768), "Picklist": ("picklist", 255)},
    **{"Checkbox": ("boolean", 0), "Number": ("double", 0), "Currency": ("currency", 0), "Percent": ("percent", 0)},
    **{"Date": ("date", 0), "DateTime": ("datetime", 0), "Lookup": ("reference", 18)},
}
"""Types of custom fields as the Tooling API names them: the type that a describe shows, and the length."""


_PLACES = {"currency": 2, "double": 6}
"""Places behind the point of Salesforce's own numbers."""


def fields_of(kind: str) -> dict[str, Field]:
    """The fields that Salesforce itself defines on an object, by name."""
    table = {}
    for line in f"{SYSTEM}\n{TEXTS[kind]}".splitlines():
        found = _LINE.fullmatch(line)
        assert found, line
        name, type_, length, marks, refers = found.groups()
        options, default = choices(CHOICES.get((kind, name), ""))
        fixed = "=" in marks or kind in SETUP
        table[name] = Field(
            name,
            type_,
            int(length or (18 if type_ == "reference" else 0)),
            required="!" in marks,
            createable=not fixed,
            updateable=not fixed and "+" not in marks,
            refers=tuple((refers or "").split(",")) if refers else (),
            options=options,
            default=False if type_ == "boolean" else default,
            restricted="%" in marks,
            person="?person" in marks,
            scale=_PLACES.get(type_, 0),
        )
    if "OwnerId" in table and kind == LEAD:
        table["OwnerId"] = replace(table["OwnerId"], refers=(USER, "Group"))
    return table


def choices(text: str) -> tuple[tuple[str, ...], str | None]:
    """Choices out of "A;B*;C", and the one that new records have."""
    parts = [part for part in text.split(";") if part]
    default = next((part.rstrip("*") for part in parts if part.endswith("*")), None)
    return tuple(part.rstrip("*") for part in parts), default


def custom(name: str, metadata: Mapping[str, Any]) -> Field:
    """A field as the Tooling API describes it. Raises ValueError for a type that there is not."""
    given = str(metadata.get("type", ""))
    if given not in _TYPED:
        raise ValueError(f"no type of field is called {given!r}")
    type_, length = _TYPED[given]
    values = ((metadata.get("valueSet") or {}).get("valueSetDefinition") or {}).get("value") or []
    names = tuple(str(v.get("fullName") or v.get("valueName")) for v in values)
    default: Any = next((str(v.get("fullName")) for v in values if v.get("default")), None)
    if type_ == "boolean":
        default = str(metadata.get("defaultValue", "false")).lower() == "true"
    return Field(
        name,
        type_,
        int(metadata.get("length") or length),
        required=bool(metadata.get("required")),
        refers=(str(metadata["referenceTo"]),) if metadata.get("referenceTo") else (),
        options=names,
        default=default,
        restricted=bool((metadata.get("valueSet") or {}).get("restricted")),
        external=bool(metadata.get("externalId")),
        unique=bool(metadata.get("unique")),
        case_sensitive=bool(metadata.get("caseSensitive")),
        label=str(metadata.get("label", "")),
        precision=int(metadata.get("precision") or 18),
        scale=int(metadata.get("scale") or 0),
    )


def described(field: Field) -> dict[str, Any]:
    """A field as a describe shows it."""
    return {
        "name": field.name,
        "label": field.label or _words(field.name),
        "type": field.type,
        "length": field.length,
        "byteLength": field.length * 3,
        "precision": field.precision if field.type in ("double", "currency", "percent") else 0,
        "scale": field.scale,
        "digits": 8 if field.type == "int" else 0,
        "soapType": f"xsd:{'string' if field.length else field.type}",
        "nillable": not field.required and field.type not in ("boolean", "id"),
        "createable": field.createable,
        "updateable": field.updateable,
        "defaultedOnCreate": field.default is not None or field.name in ("OwnerId", "Id", "CreatedDate"),
        "calculated": False,
        "autoNumber": field.name == "CaseNumber",
        "externalId": field.external,
        "idLookup": field.external or field.type == "id",
        "unique": field.unique,
        "caseSensitive": field.case_sensitive,
        "custom": field.custom,
        "filterable": field.type != "textarea",
        "sortable": field.type != "textarea",
        "restrictedPicklist": field.restricted,
        "picklistValues": [
            {"value": o, "label": o, "active": True, "defaultValue": o == field.default, "validFor": None}
            for o in field.options
        ],
        "referenceTo": list(field.refers),
        "relationshipName": field.relation or None,
        "polymorphicForeignKey": len(field.refers) > 1,
        "deprecatedAndHidden": False,
        "htmlFormatted": False,
        "inlineHelpText": None,
    }


def _words(name: str) -> str:
    plain = name.removesuffix("__c").removesuffix("__pc")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain.removesuffix("Id") or plain).replace("_", " ")


# -- record ids ----------------------------------------------------------------------------------------------------

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ID = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?")


def made_id(kind: str, number: int) -> str:
    """The id of the nth record: 18 characters with their checksum."""
    tail = ""
    for _ in range(9):
        number, digit = divmod(number, 62)
        tail = _DIGITS[digit] + tail
    return long_id(f"{KEY_PREFIXES[kind]}5g0{tail}")


@lru_cache(maxsize=65_536)
def long_id(short: str) -> str:
    """An id of 15 characters with the checksum that tells upper from lower case."""
    check = ""
    for start in (0, 5, 10):
        bits = sum(1 << n for n, char in enumerate(short[start : start + 5]) if "A" <= char <= "Z")
        check += _CHECK[bits]
    return short + check


def whole_id(text: object) -> str:
    """The 18 characters of an id given with 15 or 18; "" for what is none."""
    if not isinstance(text, str) or not _ID.fullmatch(text):
        return ""
    made = long_id(text[:15])
    return made if text in (made, made[:15]) else ""


def kind_of(id_: str) -> str:
    """The object an id belongs to, "" = there is none."""
    return _KINDS.get(id_[:3], "")


_KINDS = {prefix: kind for kind, prefix in KEY_PREFIXES.items()}
