"""The stages of tickets and deals, read once an hour: which is the first, which a name means, which ones end it.

Source: HubSpot's "Pipelines" page. A ticket's stage is closed by `ticketState`, a deal's by `isClosed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.contracts.errors import Rejected
from hub_hubspot.paths import DEALS, TICKETS
from hub_hubspot.transport import Transport

FRESH = 3_600_000
"""Milliseconds for which what was read is good."""
USUAL = {TICKETS: "0", DEALS: "default"}
"""The pipeline that every account begins with."""
PROPERTIES = {TICKETS: ("hs_pipeline", "hs_pipeline_stage"), DEALS: ("pipeline", "dealstage")}
"""Where a record keeps its pipeline and its stage."""


class Stage(NamedTuple):
    """A stage of a pipeline, by ids; `label` is what people read."""

    pipeline: str
    id: str
    label: str
    closed: bool


def known(transport: Transport, kind: str) -> list[Stage]:
    """All stages of tickets or deals in order, those of the usual pipeline first; one call an hour."""
    at, found = transport.read_stages.get(kind, (0, []))
    if not found or transport.now() - at > FRESH:
        found = _stages(transport.call(transport.stages().get_all, kind), USUAL[kind])
        transport.read_stages[kind] = (transport.now(), found)
    return found


def first(transport: Transport, kind: str) -> Stage:
    """Where a new record begins. Raises Rejected if the account has none."""
    found = known(transport, kind)
    if not found:
        raise Rejected(f"HubSpot has no pipeline for {kind}")
    return found[0]


def named(transport: Transport, kind: str, name: str) -> Stage:
    """The stage with this id or label. Raises Rejected if there is none."""
    for stage in known(transport, kind):
        if name == stage.id or name.casefold() == stage.label.casefold():
            return stage
    raise Rejected(f"HubSpot has no stage {name} for {kind}")


def end(transport: Transport, kind: str) -> Stage:
    """The one stage that closes a record. Raises Rejected where there are several to choose from, as for deals."""
    usual = first(transport, kind).pipeline
    ends = [stage for stage in known(transport, kind) if stage.closed and stage.pipeline == usual]
    if len(ends) != 1:
        raise Rejected(f"HubSpot has {len(ends)} stages that close {kind}: name one of them")
    return ends[0]


def placed(kind: str, stage: Stage) -> dict[str, str]:
    """The properties that put a record there."""
    pipeline, name = PROPERTIES[kind]
    return {pipeline: stage.pipeline, name: stage.id}


def _stages(answer: Mapping[str, Any], usual: str) -> list[Stage]:
    pipelines = sorted(answer.get("results") or (), key=lambda p: (str(p.get("id")) != usual, _order(p)))
    return [
        Stage(str(pipeline["id"]), str(stage["id"]), str(stage.get("label") or ""), _closed(stage))
        for pipeline in pipelines
        for stage in sorted(pipeline.get("stages") or (), key=_order)
        if not stage.get("archived")
    ]


def _order(one: Mapping[str, Any]) -> int:
    return int(one.get("displayOrder") or 0)


def _closed(stage: Mapping[str, Any]) -> bool:
    told = stage.get("metadata") or {}
    return told.get("ticketState") == "CLOSED" or str(told.get("isClosed")).lower() == "true"
