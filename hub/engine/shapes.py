"""What a CRM's fields and users are: kept, used from now on, and told where a mapping is concerned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from hub.contracts.crm import Schema
from hub.engine.effects import again
from hub.engine.line import Line
from hub.mapping import drift
from hub.model.records import Owner
from hub.store import Store, trail
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
            plain = [asdict(field) for field in schema.fields.values()]
            trail.note(store.db, trail.SHAPE, now, crm=crm, fields=plain, owners=[asdict(owner) for owner in known])
    line.learn(crm, schema, known)
    if stored is None:
        return []
    before, mapping = stored.schema, line.mapping(crm).mapping
    changed = {name for name in mapping.fields if before.fields.get(name) != schema.fields.get(name)}
    with store.transaction():
        work = store.workspace(now)
        names, second = sorted(changed) if schema.fields else [], sorted(mapping.fields)
        again.try_again(crm, names, 0, line, work, second=second)
        work.save()
        if work.links.rows:
            trail.note(store.db, trail.AGAIN, now, crm=crm, names=names, second=second)
    return drift(before, schema, mapping)
