"""The table [lead] of hub.toml: which CRM leads which value of a person, where several have him."""

from __future__ import annotations

from collections.abc import Mapping

from hub.engine.tables import Tables, closest
from hub.mapping import Mapping as FieldMapping

DEFAULT = "default"


def leaders(tables: Tables, mappings: Mapping[str, FieldMapping]) -> dict[str, str]:
    """Value of a person (`default` for all others) -> CRM. `mappings` by CRM; one without lines could not be read.

    Raises ConfigError with file, line and remedy.
    """
    table = tables.data.get("lead", {})
    if not isinstance(table, dict):
        raise tables.error(("lead",), "'lead' is not a table", "write [lead]")
    known = {line.attribute for mapping in mappings.values() for line in mapping.person if line.attribute}
    readable = all(mapping.person for mapping in mappings.values())
    for name, crm in table.items():
        if name != DEFAULT and name not in known and readable:
            what = f"[lead]: no mapping has a line for '{name}'"
            raise tables.error(("lead", name), what, closest(name, {DEFAULT, *known}, "values"))
        if not isinstance(crm, str) or crm not in mappings:
            what = f"[lead]: '{name}' names the CRM {crm!r}, which is not there"
            raise tables.error(("lead", name), what, closest(str(crm), mappings, "CRMs"))
    return dict(table)
