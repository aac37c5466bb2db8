"""Who writes: identities as a channel knows them, and the person behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, NewType

PersonId = NewType("PersonId", int)


class Identity(NamedTuple):
    """One way a channel or a CRM names somebody: `(kind, scope, key)` is unique.

    Scopes: phone "" (key E.164) · email "" · telegram "" · whatsapp_user the business portfolio ·
    messenger, instagram the page or account · slack the workspace · visitor the inbox.
    """

    kind: str
    scope: str
    key: str

    @property
    def id(self) -> str:
        """The one-string form, as the store keeps it: `kind:scope:key`; only the key may hold a colon."""
        return f"{self.kind}:{self.scope}:{self.key}"

    @staticmethod
    def parse(text: str) -> Identity:
        """Inverse of `id`. Raises ValueError on anything else."""
        kind, scope, key = text.split(":", 2)
        return Identity(kind, scope, key)


@dataclass(frozen=True, slots=True)
class Person:
    """A human as the hub knows him. `opted_out` covers every channel and automatic send."""

    id: PersonId
    name: str = ""
    language: str = ""
    opted_out: bool = False
