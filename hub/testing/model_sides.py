"""The CRMs of the model: what people and admins do there, by each simulator's own ways, behind one face."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from hub.contracts.simulator import CRMSimulator


class Side(ABC):
    """A simulated CRM. Fields are asked for by short names such as `ask`; `word` is what the CRM calls them."""

    follows = False
    """Whether a write to a record that was merged away reaches the one that is left."""

    def __init__(self, simulator: CRMSimulator) -> None:
        self.sim: Any = simulator
        self.name = simulator.name
        self.added: dict[str, tuple[str, ...]] = {}
        self.locked = ""
        self.users = self.hire()

    @abstractmethod
    def hire(self) -> dict[str, str]:
        """Users who own records: id by e-mail address."""

    @abstractmethod
    def word(self, name: str) -> str:
        """The CRM's name of a custom field."""

    @abstractmethod
    def add_field(self, name: str, options: tuple[str, ...] = ()) -> None:
        """An admin adds a field for a text, or for one of some options."""

    @abstractmethod
    def values(self, record: str) -> Mapping[str, str] | None:
        """What stands in a record; None = it is not there."""

    @abstractmethod
    def modified(self, record: str) -> int:
        """When it was changed last, as the CRM tells (ms)."""

    def alike(self, one: str, other: str) -> bool:
        """Whether both are of a type, so that they can be merged."""
        return True

    def restore(self, record: str) -> None:
        """Somebody takes a record out of the recycle bin, unless the CRM refuses."""
        self.sim.restore(record)

    @abstractmethod
    def late(self, seconds: float) -> None:
        """What is changed from now on is seen so much later by whoever searches."""

    @abstractmethod
    def listen(self, hear: Callable[[Any], None]) -> None:
        """Tell of each change, where the CRM calls about them."""

    def call(self, change: Any, now: int) -> bytes:
        """What the CRM posts about a change."""
        raise NotImplementedError

    @abstractmethod
    def choices(self, name: str, options: tuple[str, ...]) -> None:
        """An admin changes the options of a field."""

    @abstractmethod
    def lock(self, name: str, *, locked: bool) -> None:
        """An admin makes a field read-only, or takes that back."""

    def whole(self) -> None:
        """The fields are again as they were added."""
        for name, options in self.added.items():
            self.lock(name, locked=False)
            if options:
                self.choices(name, options)

    def live(self) -> list[str]:
        """Every record of a person that is there."""
        return [str(contact["id"]) for contact in self.sim.contacts()]


class HubSpotSide(Side):
    """HubSpot's account."""

    follows = True

    def word(self, name: str) -> str:
        return f"shop_{name}"

    def hire(self) -> dict[str, str]:
        users = {"ana@example.com": "71", "ben@example.com": "72", "eve@example.com": "73"}
        self.sim.portal.owners = [
            {"id": id_, "email": mail, "firstName": mail[:3], "lastName": "User", "userId": int(id_), "archived": False}
            for mail, id_ in users.items()
        ]
        return users

    def late(self, seconds: float) -> None:
        self.sim.search_lag = seconds

    def listen(self, hear: Callable[[Any], None]) -> None:
        self.sim.portal.heard_by.append(hear)

    def call(self, change: Any, now: int) -> bytes:
        return json.dumps([self.sim.hooks._event(change) | {"occurredAt": now}]).encode()

    def choices(self, name: str, options: tuple[str, ...]) -> None:
        listed = [{"label": o, "value": o, "hidden": False, "displayOrder": -1} for o in options]
        self.sim.portal.properties["contacts"][self.word(name)]["options"] = listed

    def lock(self, name: str, *, locked: bool) -> None:
        known = self.sim.portal.properties["contacts"][self.word(name)]
        known["modificationMetadata"] = {**known["modificationMetadata"], "readOnlyValue": locked}

    def add_field(self, name: str, options: tuple[str, ...] = ()) -> None:
        self.added[name] = options
        kind = {"type": "enumeration", "fieldType": "select"} if options else {"type": "string", "fieldType": "text"}
        listed = [{"label": o, "value": o, "hidden": False, "displayOrder": -1} for o in options]
        made = {"name": self.word(name), "label": name, "groupName": "contactinformation", "options": listed, **kind}
        self.sim.portal.add_property("contacts", made)

    def values(self, record: str) -> Mapping[str, str] | None:
        thing = self.sim.portal.things["contacts"].get(record)
        return None if thing is None else thing.values

    def modified(self, record: str) -> int:
        return int(self.sim.portal.things["contacts"][record].modified)


class SalesforceSide(Side):
    """Salesforce's organisation."""

    def word(self, name: str) -> str:
        return f"Shop_{name.title()}__c"

    def hire(self) -> dict[str, str]:
        org = self.sim.org
        users = {
            mail: org.add_user(f"{mail[:3].title()} User", email=mail)
            for mail in ("ana@example.com", "eve@example.com")
        }
        there = {
            str(row.values["Email"]).lower(): row.id for row in org.rows["User"].values() if row.values["IsActive"]
        }
        return there | users

    def late(self, seconds: float) -> None:
        self.sim.org.lag = seconds

    def listen(self, hear: Callable[[Any], None]) -> None:
        """Salesforce does not call."""

    def choices(self, name: str, options: tuple[str, ...]) -> None:
        for kind in ("Contact", "Lead"):
            self.sim.org.change_field(f"{kind}.{self.word(name)}", options=options)

    def lock(self, name: str, *, locked: bool) -> None:
        for kind in ("Contact", "Lead"):
            self.sim.org.change_field(f"{kind}.{self.word(name)}", updateable=not locked, createable=not locked)

    def add_field(self, name: str, options: tuple[str, ...] = ()) -> None:
        self.added[name] = options
        made: dict[str, Any] = {"type": "Text", "length": 255, "label": name}
        if options:
            listed = [{"fullName": option, "label": option} for option in options]
            values = {"restricted": True, "valueSetDefinition": {"value": listed}}
            made = {"type": "Picklist", "label": name, "valueSet": values}
        for kind in ("Contact", "Lead"):
            self.sim.org.add_field(f"{kind}.{self.word(name)}", made)
        self.sim.org.lead_fields.add(self.word(name))

    def alike(self, one: str, other: str) -> bool:
        return one[:3] == other[:3]

    def restore(self, record: str) -> None:
        try:
            self.sim.restore(record)
        except Exception as error:  # its key is another's by now; the class of it is the plugin's own
            if type(error).__name__ != "Rejected":
                raise

    def values(self, record: str) -> Mapping[str, str] | None:
        row = self._row(record)
        return None if row is None else {name: str(value) for name, value in row.values.items()}

    def modified(self, record: str) -> int:
        return int(self._row(record).values["LastModifiedDate"])

    def _row(self, record: str) -> Any:
        org = self.sim.org
        row = org.find("Contact", record) or org.find("Lead", record)
        return None if row is None or row.values.get("IsConverted") else row


SIDES: Mapping[str, type[Side]] = {"hubspot": HubSpotSide, "salesforce": SalesforceSide}
