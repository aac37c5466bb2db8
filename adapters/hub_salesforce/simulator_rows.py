"""Records of the simulated organisation as they are kept: found by id and by value, late for queries, undone on demand.

Source: Salesforce's documentation ("SystemModstamp", "Custom Fields", "External ID").
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub_salesforce import simulator_rules as rules
from hub_salesforce.paths import ACCOUNT, CONTACT, TASK
from hub_salesforce.simulator_fields import EVENT, KEY_PREFIXES, WITH_CURRENCY
from hub_salesforce.simulator_schema import Field, custom, fields_of, made_id, whole_id
from hub_salesforce.simulator_values import Rejected, compared, is_indexed

Values = Mapping[str, Any]
ACTIVITIES = (TASK, EVENT)
SHARED = "TaskWhoRelation"
"""The object that names several people of a task; there with shared activities only."""
KEPT_STEPS = 50_000
"""Steps that `back_to` can take back."""
_CURRENCY = Field("CurrencyIsoCode", "picklist", 3, options=("EUR", "USD"), default="EUR", restricted=True)


@dataclass(slots=True)
class Row:
    """A record. `values` holds every field that is not empty, the system's too: times as ms, dates as text; they are
    replaced as a whole by each write. `seen_at` is when queries show them (clock seconds), `past` what they show until
    then (None: nothing)."""

    id: str
    type: str
    values: Values
    order: int
    seen_at: float = 0.0
    past: Values | None = None

    @property
    def deleted(self) -> bool:
        """Whether it is in the recycle bin."""
        return bool(self.values.get("IsDeleted"))


class Rows:
    """The records of an organisation, the recycle bin too, and the fields they may have.

    `rows` by object and id · `lag` seconds until queries show a change · `back` share of changes whose stamp is `lag`
    seconds older than the write, so below what queries have shown already · `multi_currency` and `person_accounts`
    bring their fields · `new_hidden` whether fields that are added are hidden until `grant`, as Salesforce hides them.
    """

    def __init__(self, *, now: Callable[[], int], clock: Callable[[], float], rng: random.Random) -> None:
        self.now, self.clock, self.rng = now, clock, rng
        self.rows: dict[str, dict[str, Row]] = {kind: {} for kind in KEY_PREFIXES if kind != SHARED}
        self.lag = self.back = 0.0
        self.multi_currency = False
        self.person_accounts = False
        self.new_hidden = False
        self._hidden: set[tuple[str, str]] = set()
        self._tables: dict[str, dict[str, Field]] = {kind: fields_of(kind) for kind in KEY_PREFIXES}
        self._shown: dict[tuple[str, bool, bool], dict[str, Field]] = {}
        self._indexed: dict[tuple[str, bool], list[Field]] = {}
        self._index: dict[tuple[str, str, str], dict[str, None]] = {}
        self.purged: list[Values] = []
        """What stood in records that left the recycle bin: the log of deletions still names them."""
        self._steps: deque[tuple[Row, Values | None, float, Values | None]] = deque(maxlen=KEPT_STEPS)
        self._stepped = self._last = 0

    # -- reading -------------------------------------------------------------------------------------------------------

    def find(self, kind: str, id_: str, *, deleted: bool = False) -> Row | None:
        """A record by its id of 15 or 18 characters as it is this moment; from the recycle bin only if asked."""
        row = self.rows.get(kind, {}).get(whole_id(id_))
        return None if row is None or (row.deleted and not deleted) else row

    def visible(self, kind: str, *, deleted: bool = False) -> Iterator[Values]:
        """What a query sees of an object now: the values of each record, an earlier state where a change is late."""
        now = self.clock()
        for row in list(self.rows[kind].values()):
            values = row.values if row.seen_at <= now else row.past
            if values is not None and (deleted or not values["IsDeleted"]):
                yield values

    def matching(self, kind: str, name: str, value: str) -> list[Row]:
        """The records, none deleted, with this value of a reference, an e-mail, a phone or an external id."""
        known = self.fields(kind)[name]
        return [self.rows[kind][i] for i in self._index.get((kind, name, compared(known, value)), ())]

    # -- fields --------------------------------------------------------------------------------------------------------

    def fields(self, kind: str) -> dict[str, Field]:
        """The fields of an object by name. Raises Rejected for an object that there is not."""
        if kind not in self.rows:
            raise Rejected("INVALID_TYPE", f"sObject type '{kind}' is not supported.")
        key = (kind, self.person_accounts, self.multi_currency)
        if key not in self._shown:
            table = {n: f for n, f in self._tables[kind].items() if self._shows(kind, f)}
            if self.multi_currency and kind in WITH_CURRENCY:
                table[_CURRENCY.name] = _CURRENCY
            if kind == ACCOUNT and self.person_accounts:
                for known in self._tables[CONTACT].values():
                    if known.custom:
                        name = known.name.removesuffix("__c") + "__pc"
                        table[name] = replace(known, name=name, external=False, unique=False, person=True)
            self._shown[key] = table
        return self._shown[key]

    def _shows(self, kind: str, field: Field) -> bool:
        return (self.person_accounts or not field.person) and (kind, field.name) not in self._hidden

    def hide(self, full_name: str) -> None:
        """Take away the access to a field: to whoever calls, it is not there."""
        place, _, name = full_name.partition(".")
        self._hidden |= {(kind, name) for kind in _kinds(place)}
        self._look_again(_kinds(place))

    def grant(self, full_name: str) -> None:
        """Give access to a field."""
        place, _, name = full_name.partition(".")
        self._hidden -= {(kind, name) for kind in _kinds(place)}
        self._look_again(_kinds(place))

    def add_field(self, full_name: str, metadata: Values) -> None:
        """Add a custom field such as Contact.Hub_Key__c, as the Tooling API does it. Raises Rejected."""
        place, _, name = full_name.partition(".")
        for kind in _kinds(place):
            self.fields(kind)
            rules.check_new_field(self._tables[kind], place, name, metadata)
            self._tables[kind][name] = custom(name, metadata)
            if self.new_hidden:
                self._hidden.add((kind, name))
        self._look_again()

    def change_field(self, full_name: str, **changes: Any) -> None:
        """Change attributes of a field, `required` or `options` for example."""
        place, _, name = full_name.partition(".")
        for kind in _kinds(place):
            self._tables[kind][name] = replace(self._tables[kind][name], **changes)
        self._look_again(_kinds(place))

    def drop_field(self, full_name: str) -> None:
        """Delete a custom field with what stands in it."""
        place, _, name = full_name.partition(".")
        for kind in _kinds(place):
            del self._tables[kind][name]
            for row in self.rows[kind].values():
                row.values = {n: v for n, v in row.values.items() if n != name}
        self._look_again(_kinds(place))

    def _look_again(self, kinds: Sequence[str] = ()) -> None:
        """Forget what followed from the fields; records of these objects are found by their values anew."""
        self._shown.clear()
        self._indexed.clear()
        if kinds:
            self._index = {key: ids for key, ids in self._index.items() if key[0] not in kinds}
        for kind in kinds:
            for row in self.rows[kind].values():
                self._note(row, row.values)

    # -- writing -------------------------------------------------------------------------------------------------------

    def put(self, kind: str, values: Values, row: Row | None = None, *, user: str) -> Row:
        """Store without asking; None empties a field. Stamps whole seconds, as Salesforce does."""
        clock, stamp = self.clock(), self.now()
        if self.lag and self.back and self.rng.random() < self.back:
            stamp -= round(self.lag * 1_000)
        stamp -= stamp % 1_000
        if row is None:
            self._last += 1
            row = Row(made_id(kind, self._last), kind, {}, self._last)
            self.rows[kind][row.id] = row
            self._step(row, None)
            new: dict[str, Any] = {"Id": row.id, "IsDeleted": False, "CreatedDate": stamp, "CreatedById": user}
        else:
            self._step(row, row.values)
            if row.seen_at <= clock:
                row.past = row.values
            stamp = max(stamp, row.values["SystemModstamp"])
            new = dict(row.values)
        new |= values
        new |= {"LastModifiedDate": stamp, "LastModifiedById": user, "SystemModstamp": stamp}
        self.derive(kind, new, values)
        row.seen_at = clock + self.lag if self.lag else 0.0
        self._set(row, {name: value for name, value in new.items() if value is not None})
        return row

    def derive(self, kind: str, values: dict[str, Any], written: Values) -> None:
        """Fill in the fields that follow from others, before a record is stored."""

    def purge(self, row: Row) -> None:
        """Take a record out for good. It cannot be undone."""
        if self.rows[row.type].pop(row.id, None) is None:
            return  # a person account and its contact take each other along
        self._note(row, row.values, away=True)
        if row.deleted:
            self.purged.append(row.values)

    def shot(self) -> int:
        """A mark to go back to within the same request."""
        return self._stepped

    def back_to(self, shot: int) -> None:
        """Undo every write since the mark."""
        while self._stepped > shot:
            self._stepped -= 1
            row, values, seen_at, past = self._steps.pop()
            row.seen_at, row.past = seen_at, past
            self._set(row, values or {})
            if values is None:
                del self.rows[row.type][row.id]

    def _step(self, row: Row, before: Values | None) -> None:
        self._steps.append((row, before, row.seen_at, row.past))
        self._stepped += 1

    def _set(self, row: Row, values: Values) -> None:
        self._note(row, row.values, away=True)
        row.values = values
        self._note(row, values)

    def _note(self, row: Row, values: Values, *, away: bool = False) -> None:
        if values.get("IsDeleted"):
            return
        switched = (row.type, self.person_accounts)
        if switched not in self._indexed:
            self._indexed[switched] = [f for f in self.fields(row.type).values() if is_indexed(f)]
        for known in self._indexed[switched]:
            value = values.get(known.name)
            if value is None:
                continue
            key = (row.type, known.name, compared(known, str(value)))
            if not away:
                self._index.setdefault(key, {})[row.id] = None
            elif ids := self._index.get(key):
                ids.pop(row.id, None)
                if not ids:
                    del self._index[key]


def _kinds(place: str) -> tuple[str, ...]:
    return ACTIVITIES if place == "Activity" else (place,)
