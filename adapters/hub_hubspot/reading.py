"""Records read afresh, whatever told of them: search, the journal or a webhook."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from hub import Answer, CrmObject, Gone, Page, Ref
from hub_hubspot import answers, gone, objects
from hub_hubspot.errors import MissingScope
from hub_hubspot.kept import Kept
from hub_hubspot.paths import CONTACTS, KINDS, OBJECT_READS, TASKS
from hub_hubspot.stages import Stages
from hub_hubspot.transport import Transport


class Reader:
    """Reads what signals name; answers of agents only if `answering`. `wanted` are the contact properties that the
    mapping names."""

    def __init__(
        self,
        transport: Transport,
        region: str,
        stages: Stages,
        *,
        answering: bool,
        wanted: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self.transport, self.region, self._answering = transport, region, answering
        self.stages, self.wanted = stages, wanted
        self.owners = Kept(lambda: {o.id: o.name for o in objects.owners(transport)}, transport.clock)

    def page(self, refs: Iterable[Ref], erased: Sequence[str] = (), cursor: str = "", *, last: bool = True) -> Page:
        """All of these as they are now, of the types the hub reads; `erased` contacts are not looked for."""
        wanted: dict[str, list[str]] = {}
        for ref in refs:
            kind = KINDS.get(ref.type, "")
            if (kind == CONTACTS and ref.id not in erased) or kind in OBJECT_READS:
                wanted.setdefault(kind, []).append(ref.id)
        found, lost = gone.contacts(self.transport, wanted.pop(CONTACTS, []), self.region, self.wanted())
        asked: list[Answer | None] = [answers.of_contact(r.id, r.fields) for r in found]
        others: list[CrmObject] = []
        for kind, ids in wanted.items():
            try:
                read, values = objects.read(self.transport, kind, ids, self.stages)
            except MissingScope:
                continue  # `connect` and `check --live` name it; people and messages do without
            others += [self._named(one) for one in read]
            if kind == TASKS:
                asked += [answers.of_task(o.id, values[o.id], o.contacts) for o in read if not o.archived]
        lost += [Gone(record=contact, erased=True) for contact in dict.fromkeys(erased)]
        wanted_answers = [answer for answer in asked if answer] if self._answering else []
        return Page(found, cursor, last, others, lost, wanted_answers)

    def _named(self, one: CrmObject) -> CrmObject:
        name = self.owners.of(one.owner) if one.owner else None
        return replace(one, fields={**one.fields, "owner_name": name}) if name else one
