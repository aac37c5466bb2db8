"""The state behind the simulator: one Salesforce organisation, with the rules that hurt. No network in here.

Rules as Salesforce documents them ("Object Reference", "Status Codes", "Duplicate Rules", "Record Locking"): fields
are checked against the describe, external ids ignore case and may be unique, writing below an account locks it, deleted
rows stay in the recycle bin, and a row may become visible to queries after its stamp was passed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from hub_salesforce import simulator_own as own
from hub_salesforce import simulator_rules as rules
from hub_salesforce.paths import ACCOUNT, CASE, CONTACT, LEAD, OPPORTUNITY
from hub_salesforce.simulator_fields import CLOSED, KEY_PREFIXES, SETUP, USER
from hub_salesforce.simulator_rows import SHARED, Row, Rows
from hub_salesforce.simulator_rules import DuplicateRule, ValidationRule
from hub_salesforce.simulator_schema import described, kind_of, whole_id
from hub_salesforce.simulator_values import Rejected

__all__ = ["DuplicateRule", "Org", "Rejected", "Row", "ValidationRule"]

Values = Mapping[str, Any]


@dataclass(slots=True)
class _Request:
    token: object
    drawn: dict[str, bool] = field(default_factory=dict)


_REQUEST: ContextVar[_Request | None] = ContextVar("request", default=None)


class Org(Rows):
    """One organisation. `now` gives its time in ms, `clock` monotonic seconds. Attributes may be changed at any time.

    `lock_share` share of (request, parent) that meet a locked row · `race` share of upserts of something known that
    take it for new, as one does that runs beside its creation · `duplicate_rules`, `validation_rules` · `triggers` get
    object, values and user: a text refuses the write · `lead_fields` custom fields that conversion copies to the
    contact · `polymorphic_keys` whether Who and What may be named by external id · `closed` choices that end a record,
    by object · `taken` what a deletion took with it: ids, and the field that named what was deleted · `met` requests
    that wanted a parent while another one held it.
    """

    def __init__(self, *, now: Callable[[], int], clock: Callable[[], float], rng: random.Random) -> None:
        super().__init__(now=now, clock=clock, rng=rng)
        self.lock_share = self.race = 0.0
        self.duplicate_rules: list[DuplicateRule] = []
        self.validation_rules: list[ValidationRule] = []
        self.triggers: list[Callable[[str, Values, str], str | None]] = []
        self.lead_fields: set[str] = set()
        self.polymorphic_keys = False
        self.closed: dict[str, set[str]] = {kind: set(names) for kind, names in CLOSED.items()}
        self.taken: dict[str, list[tuple[str, str]]] = {}
        self.met = 0
        self._held: dict[str, object] = {}
        own.furnish(self)

    # -- what there is -------------------------------------------------------------------------------------------------

    def describe(self, kind: str) -> dict[str, Any]:
        """An object as /sobjects/{kind}/describe shows it. Raises Rejected."""
        return {
            "name": kind,
            "label": kind,
            "labelPlural": f"{kind}s",
            "keyPrefix": KEY_PREFIXES.get(kind),
            "custom": False,
            **dict.fromkeys(("createable", "updateable", "deletable", "undeletable"), kind not in SETUP),
            **dict.fromkeys(("queryable", "retrieveable", "searchable", "replicateable"), True),
            "mergeable": kind in (CONTACT, LEAD, ACCOUNT, CASE),
            "fields": [described(f) for f in self.fields(kind).values()],
            "recordTypeInfos": [
                {"name": r.values["Name"], "recordTypeId": r.id, "available": True, "master": False, "active": True}
                for r in self.rows["RecordType"].values()
                if r.values["SobjectType"] == kind and self.person_accounts
            ],
            "childRelationships": [],
            "urls": {"sobject": f"/sobjects/{kind}"},
        }

    @property
    def organisation(self) -> Row:
        """The one record of Organization."""
        return next(iter(self.rows["Organization"].values()))

    @property
    def zone(self) -> str:
        """The time zone of the organisation, such as Europe/London."""
        return str(self.organisation.values["TimeZoneSidKey"])

    @zone.setter
    def zone(self, name: str) -> None:
        self.organisation.values = {**self.organisation.values, "TimeZoneSidKey": name}

    @property
    def shared_activities(self) -> bool:
        """Whether a task may name several people; switch it on before there are tasks."""
        return SHARED in self.rows

    @shared_activities.setter
    def shared_activities(self, on: bool) -> None:
        if on:
            self.rows.setdefault(SHARED, {})
        else:
            self.rows.pop(SHARED, None)

    @property
    def me(self) -> str:
        """The id of the user that integrations log in as: the first one."""
        return next(iter(self.rows[USER]), "")

    def add_user(self, name: str, *, active: bool = True, email: str = "") -> str:
        """Somebody who may own records; returns the id."""
        first, _, last = name.rpartition(" ")
        mail = email or f"{name.replace(' ', '.').lower()}@example.com"
        values = {"Username": mail, "Email": mail, "Name": name, "FirstName": first or None, "LastName": last}
        more = {"UserType": "Standard", "TimeZoneSidKey": "Europe/London", "LanguageLocaleKey": "en_US"}
        return self.put(USER, {**values, **more, "Alias": last[:8], "IsActive": active}, user=self.me).id

    def existing(self, id_: str) -> Row:
        """The record that an id names. Raises Rejected: no id, nothing there, deleted."""
        whole = whole_id(id_)
        if not whole:
            raise Rejected("MALFORMED_ID", f"malformed id {id_}", ("Id",))
        row = self.rows.get(kind_of(whole), {}).get(whole)
        if row is None:
            raise Rejected("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row.deleted:
            raise Rejected("ENTITY_IS_DELETED", "entity is deleted")
        return row

    # -- writing -------------------------------------------------------------------------------------------------------

    def insert(self, kind: str, values: Values, *, user: str, allow_duplicates: bool = False) -> Row:
        """Create a record. Raises Rejected, and then nothing is changed."""
        _open(kind, "create")
        clean = rules.clean(self, kind, values, None, user)
        self._lock(self.parents(kind, clean))
        rules.judge(self, kind, clean, {}, user, allow_duplicates=allow_duplicates)
        row = self.put(kind, clean, user=user)
        own.follow(self, row, {}, user)
        return row

    def insert_many(self, kind: str, rows: Iterable[Values], *, user: str = "") -> list[Row]:
        """Records that stand there already and are seen at once: their fields are checked, no rule. Raises Rejected."""
        lag, self.lag = self.lag, 0.0
        try:
            made = []
            for values in rows:
                row = self.put(kind, rules.clean(self, kind, values, None, user or self.me), user=user or self.me)
                own.follow(self, row, {}, user or self.me)
                made.append(row)
            return made
        finally:
            self.lag = lag

    def update(self, id_: str, values: Values, *, user: str, allow_duplicates: bool = False) -> Row:
        """Change a record; None and "" blank a field. Raises Rejected, and then nothing is changed."""
        row = self.existing(id_)
        _open(row.type, "update")
        if row.values.get("IsConverted"):
            raise Rejected("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        _own_right(row)
        clean = rules.clean(self, row.type, values, row, user)
        self._lock(self.parents(row.type, clean, row.id))
        before = row.values
        rules.judge(self, row.type, {**before, **clean}, before, user, allow_duplicates=allow_duplicates, id_=row.id)
        self.put(row.type, clean, row, user=user)
        own.follow(self, row, before, user)
        return row

    def upsert(
        self, kind: str, name: str, values: Values, *, user: str, allow_duplicates: bool = False
    ) -> tuple[Row, bool]:
        """Change the record with this value of an external id (or Id), else create it; True = created.

        Raises Rejected, DUPLICATE_EXTERNAL_ID where several records have the value.
        """
        known = rules.field_named(self, kind, name)
        if known is None or not (known.external or known.name == "Id"):
            told = f"Field name provided, {name} does not match an External ID, Salesforce Id, or indexed field for"
            raise Rejected("INVALID_FIELD", f"{told} {kind}", (name,))
        rest = {n: v for n, v in values.items() if n.casefold() != known.name.casefold()}
        value = next((v for n, v in values.items() if n not in rest), None)
        if known.name == "Id":
            if value:
                return self.update(str(value), rest, user=user, allow_duplicates=allow_duplicates), False
            return self.insert(kind, rest, user=user, allow_duplicates=allow_duplicates), True
        if value is None or not str(value).strip():
            raise Rejected("MISSING_ARGUMENT", f"{known.name} not specified", (known.name,))
        found = self.matching(kind, known.name, str(value).strip())
        if len(found) > 1:
            ids = ", ".join(row.id for row in found)
            told = f"{known.name}: more than one record found for external id field: [{ids}]"
            raise Rejected("DUPLICATE_EXTERNAL_ID", told, (known.name,))
        if not found:
            return self.insert(kind, values, user=user, allow_duplicates=allow_duplicates), True
        if known.unique and self.race > 0 and self.rng.random() < self.race:
            raise rules.duplicate_value(known, found[0].id)
        return self.update(found[0].id, rest, user=user, allow_duplicates=allow_duplicates), False

    def delete(self, id_: str, *, user: str) -> None:
        """Put a record into the recycle bin, with what cannot be without it. Raises Rejected."""
        row = self.existing(id_)
        _open(row.type, "delete")
        _own_right(row)
        self._lock(self.parents(row.type, {}, row.id))
        self.take(row, user=user)

    def take(self, row: Row, *, user: str) -> None:
        """The same without asking. What named it is deleted with it, or names nothing any more."""
        for child, name in list(own.children(self, row)):
            self.taken.setdefault(row.id, []).append((child.id, name))
            if own.belongs(child.type, name):
                self.take(child, user=user)
            else:
                self.put(child.type, {name: None}, child, user=user)
        self.put(row.type, {"IsDeleted": True}, row, user=user)

    def derive(self, kind: str, values: dict[str, Any], written: Values) -> None:
        """Fill in the fields that follow from others."""
        own.derive(self, kind, values, written)

    # -- locks ---------------------------------------------------------------------------------------------------------

    def parents(self, kind: str, values: Values, id_: str = "") -> frozenset[str]:
        """The records that writing this one locks: accounts, and people, cases and opportunities that have none."""
        row = self.find(kind, id_) if id_ else None
        whole = {**row.values, **values} if row else values
        names = ("WhoId", "WhatId", "ContactId", "AccountId", "OpportunityId", "LinkedEntityId")
        ids = [str(whole[name]) for name in names if whole.get(name)] + ([row.id] if row else [])
        return frozenset(top for id_ in ids if (top := self._top(id_)))

    def _top(self, id_: str) -> str:
        whole = whole_id(id_)
        kind = kind_of(whole)
        row = self.rows.get(kind, {}).get(whole)
        if row is None or kind not in (CONTACT, LEAD, ACCOUNT, CASE, OPPORTUNITY):
            return ""
        return str(row.values.get("AccountId") or row.id)

    @contextmanager
    def locking(self, parents: Iterable[str]) -> Iterator[frozenset[str]]:
        """A request that holds these parents while it is in flight; gives those that another one holds already.

        Rows written inside whose parent another request holds are refused with UNABLE_TO_LOCK_ROW, and so are all rows
        of a parent on which `lock_share` strikes. A request inside another shares what that one holds.
        """
        outer = _REQUEST.get()
        token = outer.token if outer else object()
        wanted = frozenset(parents)
        busy = frozenset(p for p in wanted if self._held.get(p, token) is not token)
        self.met += bool(busy)
        mine = [p for p in wanted if p not in self._held]
        self._held |= dict.fromkeys(mine, token)
        reset = _REQUEST.set(_Request(token))
        try:
            yield busy
        finally:
            _REQUEST.reset(reset)
            for parent in mine:
                del self._held[parent]

    def _lock(self, parents: Iterable[str]) -> None:
        request = _REQUEST.get() or _Request(None)
        for parent in sorted(parents):
            if self.lock_share > 0 and parent not in request.drawn:
                request.drawn[parent] = self.rng.random() < self.lock_share
            holder = self._held.get(parent, request.token)
            if (request.token and holder is not request.token) or request.drawn.get(parent):
                told = "unable to obtain exclusive access to this record or 1 records"
                raise Rejected("UNABLE_TO_LOCK_ROW", f"{told}: {parent}")


def _open(kind: str, what: str) -> None:
    if kind in SETUP:
        raise Rejected("INVALID_TYPE_FOR_OPERATION", f"entity type {kind} does not support {what}")


def _own_right(row: Row) -> None:
    if row.type == CONTACT and row.values.get("IsPersonAccount"):
        told = "a person is changed and deleted on the person account"
        raise Rejected("INVALID_PERSON_ACCOUNT_OPERATION", told)
