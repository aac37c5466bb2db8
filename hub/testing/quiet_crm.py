"""A CRM without insides, for tests of what is around one: derive it and give it what the test needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from hub import CRM, CRMCapabilities, Finding, LogEntry, Page, PersonWrite, PluginSettings, Schema, Written
from hub.contracts.channel import Request
from hub.contracts.errors import BadSignature


class QuietCrm(CRM[PluginSettings]):
    """It knows nobody, and nothing came of what it was told. Who calls with the header `x-key: right` is let in."""

    Settings = PluginSettings
    capabilities: ClassVar[CRMCapabilities] = CRMCapabilities(batch=100)

    def describe(self) -> Schema:
        """No fields."""
        return Schema()

    def ensure(self) -> list[Finding]:
        """Nothing is missing."""
        return []

    def probe(self) -> list[Finding]:
        """Nothing to say."""
        return []

    def first_read(self, cursor: str) -> Page:
        """Nobody, and that was all."""
        return Page((), "end", True)

    def changes(self, cursor: str) -> Page:
        """Nothing changed."""
        return Page((), "end", True)

    def upsert(self, batch: Sequence[PersonWrite]) -> list[Written]:
        """Says of none what came of it."""
        return []

    def log(self, batch: Sequence[LogEntry]) -> list[Written]:
        """Says of none what came of it."""
        return []

    def verify(self, request: Request) -> None:
        """The key is right, or not."""
        if request.headers.get("x-key") != "right":
            raise BadSignature("wrong")

    def hearing(self) -> bool:
        """Always, for those that also split, normalise and get."""
        return True
