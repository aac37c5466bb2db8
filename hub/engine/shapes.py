"""What a CRM's fields and users are: kept, used from now on, and told where a mapping is concerned."""

from __future__ import annotations

from collections.abc import Sequence

from hub.contracts.crm import Schema
from hub.engine.effects import again
from hub.engine.line import Line
from hub.mapping import drift
from hub.model.records import Owner
from hub.store import Store
from hub.store.configurations import move_on
from hub.store.mappings import keep_shape, shape


def learn(store: Store, line: Line, crm: str, schema: Schema, owners: Sequence[Owner] | None, now: int) -> list[str]:
    """They were read: in the thread that owns the store. `owners` None = the users could not be read, the known ones
    stay. Returns one sentence for each change that concerns the mapping. What a field that changed did not take is
    tried again; what another one did not take, once more: it may have been otherwise for a while.
    """
    stored = shape(store.db, crm)
    known = owners if owners is not None else stored.owners if stored else ()
    with store.transaction():
        keep_shape(store.db, crm, schema, known, now)
        if stored is None or (stored.schema, stored.owners) != (schema, tuple(known)):
            move_on(store.db, now)
    line.learn(crm, schema, known)
    if stored is None:
        return []
    before, mapping = stored.schema, line.mapping(crm).mapping
    changed = {name for name in mapping.fields if before.fields.get(name) != schema.fields.get(name)}
    with store.transaction():
        work = store.workspace(now)
        again.try_again(crm, changed if schema.fields else (), 0, line, work, second=mapping.fields)
        work.save()
    return drift(before, schema, mapping)
