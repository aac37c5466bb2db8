"""Records read by id as they are now, whatever told of them, and the organisation's users."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from hub import CrmObject, Owner, Page, Record, Ref
from hub.contracts.errors import AuthFailed, HubError, Refused
from hub_salesforce import answers, gone, objects, people
from hub_salesforce.errors import SessionEnded
from hub_salesforce.kept import HOUR, Names
from hub_salesforce.parents import same
from hub_salesforce.paths import ACCOUNT, CASE, CONTACT, IN_LIST, LEAD, OPPORTUNITY, TASK, kind_of
from hub_salesforce.settings import SalesforceSettings
from hub_salesforce.shapes import Shape, is_id, parts, select, whole
from hub_salesforce.transport import Transport, soql_text

Row = Mapping[str, Any]
PEOPLE = (CONTACT, LEAD, ACCOUNT)
EVERY = (
    CONTACT,
    LEAD,
    ACCOUNT,
    TASK,
    CASE,
    OPPORTUNITY,
    *sorted({one[0] for one in objects.BESIDE.values()} - {CONTACT}),
)
_KINDS = {type_: kind for kind, type_ in objects.TYPES.items()}
KEPT = 50_000
"""Contacts whose account is remembered: of any other a locked row waits and goes again."""
_USERS = "SELECT Id, Name, Email, IsActive FROM User WHERE UserType = 'Standard' ORDER BY Id"


class Reader:
    """Reads what signals name. `reads` tells the person fields of the mapping, asked anew each time. Thread-safe.

    `above` is the account of each contact that was read, both ids in short form; of no more than KEPT.
    """

    def __init__(
        self, transport: Transport, settings: SalesforceSettings, region: str, reads: Callable[[], frozenset[str]]
    ) -> None:
        self.transport, self.settings, self.region, self._reads = transport, settings, region, reads
        self.above: dict[str, str] = {}
        self._shapes: dict[str, Shape] = {}
        self._hidden: dict[str, tuple[HubError, float]] = {}
        self._names = Names(lambda: {one.id: one.name or one.email for one in self.owners()}, transport.clock)

    # -- what there is -------------------------------------------------------------------------------------------

    def shape(self, kind: str) -> Shape:
        """The object as it is described. Raises AuthFailed or Refused where the user may not see it: then it is asked
        for again after an hour."""
        if not self._shapes and not self._hidden:  # one call for all of them
            for name, told in self.transport.describe_all(EVERY).items():
                if isinstance(told, HubError):
                    self.hide(name, told)
        refused, until = self._hidden.get(kind, (None, 0.0))
        if refused and self.transport.clock() < until:
            raise refused
        try:
            described = self.transport.describe(kind)
        except (AuthFailed, Refused) as refused:
            self.hide(kind, refused)
            raise
        known = self._shapes.get(kind)
        if known is None or known.described is not described:
            known = self._shapes[kind] = Shape(kind, described)
        return known

    def sees(self, kind: str) -> bool:
        """Whether the user may see the object."""
        try:
            self.shape(kind)
        except (AuthFailed, Refused):
            return False
        return True

    def forget(self) -> None:
        """The organisation's fields are others by now: ask again what there is."""
        for kind in EVERY:
            self.transport.forget_schema(kind)
        self._shapes.clear()
        self._hidden.clear()

    def hide(self, kind: str, refused: HubError) -> None:
        """The user may not see this object: ask again after an hour. Raises the error if it says something else."""
        if not denied(refused):
            raise refused
        self._hidden[kind] = refused, self.transport.clock() + HOUR

    # -- people --------------------------------------------------------------------------------------------------

    def person_kinds(self) -> tuple[str, ...]:
        """The objects whose rows are people: contacts, leads, and accounts where person accounts are turned on."""
        return PEOPLE if self.person_accounts() else (CONTACT, LEAD)

    def person_accounts(self) -> bool:
        """Whether the organisation has person accounts, as far as the hub may see."""
        try:
            return bool(self.shape(ACCOUNT).name(people.PERSON))
        except (AuthFailed, Refused):
            return False

    def person_query(self, kind: str) -> str:
        """`SELECT ... FROM Contact` with every field that a Record needs; conditions and order are the caller's."""
        return select(people.columns(self.shape(kind), self._reads()), kind)

    def person_where(self, kind: str) -> str:
        """The condition under which a row of the object is a person of its own, "" = every row is."""
        return people.where(self.shape(kind))

    def person(self, kind: str, row: Row, merged: Iterable[str] = ()) -> Record:
        """A row of `person_query` as a Record; `merged` are the ids of others that became it."""
        if kind == CONTACT:
            contact, account = same(str(row["Id"])), same(str(row.get("AccountId") or ""))
            if contact in self.above or (account and len(self.above) < KEPT):
                self.above[contact] = account or contact
        return people.record(self.shape(kind), row, self.region, self._reads(), merged)

    # -- by id ---------------------------------------------------------------------------------------------------

    def columns(self, kind: str) -> list[str]:
        """What the look at changes of an object reads: all of people, of other objects what tells that they changed."""
        if kind == objects.ROLE:
            return ["Id", "SystemModstamp", "OpportunityId", "ContactId"]
        columns = people.columns(self.shape(kind), self._reads()) if self._holds_people(kind) else []
        if kind in objects.TYPES:
            columns += objects.columns(self.shape(kind), person_accounts=self.person_accounts())
        return [name for name in dict.fromkeys(columns) if name != "Description" or self._holds_people(kind)]

    def _holds_people(self, kind: str) -> bool:
        return kind in self.person_kinds() if kind == ACCOUNT else kind in PEOPLE

    def page(
        self, refs: Iterable[Ref], *, cursor: str = "", last: bool = True, known: Mapping[str, Row] | None = None
    ) -> Page:
        """All of these as they are now, up to 1,000 to a call; who was merged or converted brings who he became.

        `known` are people's rows by id that were just read. Raises HubError where one of the queries failed: what
        could not be read is never gone.
        """
        asked = list(dict.fromkeys(refs))
        try:
            return self._page(asked, cursor, last, known or {})
        except Refused:  # a field that was there is no longer
            self.forget()
            return self._page(asked, cursor, last, known or {})

    def _page(self, refs: Sequence[Ref], cursor: str, last: bool, known: Mapping[str, Row]) -> Page:
        asked = [ref.id for ref in refs if ref.type == "contact"]
        things: dict[str, list[str]] = {}
        for ref in refs:
            if ref.type in _KINDS:
                things.setdefault(_KINDS[ref.type], []).append(whole(ref.id))
        persons, found, more = self._rows([id_ for i in asked if (id_ := whole(i)) not in known], things)
        settled = gone.settle(asked, {**known, **persons}, lambda ids: self._rows(ids, {})[0])
        records = [self.person(kind_of(i), row, settled.merged.get(i, ())) for i, row in settled.standing.items()]
        wanted = [answers.of_person(row, self._agent(row)) for row in settled.standing.values()]
        others: list[CrmObject] = []
        for kind, ids in things.items():
            for id_ in dict.fromkeys(ids):
                row = found.get(id_) or {"Id": id_, "IsDeleted": True}
                under, owner = more.get(id_, ()), self._owner(row)
                one = objects.crm_object(self.shape(kind), row, self.transport.zone, more=under, owner_name=owner)
                if one.type in self.settings.objects and not objects.logged(row):
                    others.append(one)
                if kind == TASK and not one.archived:
                    wanted.append(answers.of_task(row, one.contacts, self._agent(row)))
        told = [one for one in wanted if one] if self.settings.answers else []
        return Page(records, cursor, last, others, settled.gone, told)

    def _rows(
        self, persons: Iterable[str], things: Mapping[str, Sequence[str]]
    ) -> tuple[dict[str, Row], dict[str, Row], dict[str, list[str]]]:
        """The rows of these people and of other objects by id, deleted ones too, and more people of the latter."""
        there: dict[str, Row] = {}
        found: dict[str, Row] = {}
        wanted: list[tuple[Callable[[Row], None], str]] = []
        for kind, ids in _by_kind(persons).items():
            if kind not in PEOPLE:
                continue  # nobody has such an id
            query = self.person_query(kind)
            wanted += [(_into(there), f"{query} WHERE Id {_among(part)}") for part in parts(ids, IN_LIST)]
        more: dict[str, list[str]] = {}
        for kind, listed in things.items():
            columns = objects.columns(self.shape(kind), person_accounts=self.person_accounts())
            for part in parts(_by_kind(listed).get(kind, ()), IN_LIST):
                wanted.append((_into(found), select(columns, kind, f"Id {_among(part)}")))
                if kind in objects.BESIDE and self.sees(objects.BESIDE[kind][0]):
                    wanted.append((_pairs(more, kind), objects.beside(kind, _among(part))))
        read = self.transport.queries([soql for _, soql in wanted], deleted=True) if wanted else []
        for (keep, _), rows in zip(wanted, read, strict=True):
            if isinstance(rows, HubError):
                raise rows
            for row in self.transport.rest(rows):
                keep(row)
        return there, found, more

    # -- users ---------------------------------------------------------------------------------------------------

    def owners(self) -> Sequence[Owner]:
        """The organisation's users, active or not."""
        return [
            Owner(
                id=str(row["Id"]),
                name=str(row.get("Name") or ""),
                email=str(row.get("Email") or "").lower(),
                active=bool(row.get("IsActive")),
            )
            for row in self.transport.everything(_USERS)
        ]

    def _owner(self, row: Row) -> str:
        return self._names.of(str(row.get("OwnerId") or ""))

    def _agent(self, row: Row) -> str:
        """Who wrote an answer: whoever changed the record last, else its owner; by name if that is known."""
        if not self.settings.answers or not answers.on(row):
            return ""
        ids = [str(row.get(name) or "") for name in ("LastModifiedById", "OwnerId")]
        return next((name for id_ in ids if (name := self._names.of(id_))), ids[1])


def denied(error: HubError) -> bool:
    """Whether the user may not see what was asked for, or it is not there; all else concerns the whole organisation."""
    return isinstance(error, Refused) or (isinstance(error, AuthFailed) and not isinstance(error, SessionEnded))


def _among(ids: Sequence[str]) -> str:
    return f"IN ({', '.join(map(soql_text, ids))})"


def _by_kind(ids: Iterable[str]) -> dict[str, list[str]]:
    """The ids that Salesforce could have, by object."""
    found: dict[str, list[str]] = {}
    for id_ in filter(is_id, ids):
        if kind := kind_of(id_):
            found.setdefault(kind, []).append(id_)
    return found


def _into(rows: dict[str, Row]) -> Callable[[Row], None]:
    return lambda row: rows.update({whole(str(row["Id"])): row})


def _pairs(more: dict[str, list[str]], kind: str) -> Callable[[Row], None]:
    _, record, person, *_ = objects.BESIDE[kind]

    def keep(row: Row) -> None:
        if row.get(record) and row.get(person):
            more.setdefault(str(row[record]), []).append(str(row[person]))

    return keep
