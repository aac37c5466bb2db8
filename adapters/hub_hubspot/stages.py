"""The stages of tickets and deals: which is the first, which a name means, which ones end it.

Source: HubSpot's "Pipelines" page. A ticket's stage is closed by `ticketState`, a deal's by `isClosed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from hub.contracts.errors import Rejected
from hub_hubspot.kept import Kept
from hub_hubspot.paths import DEALS, TICKETS
from hub_hubspot.transport import Transport

USUAL = {TICKETS: "0", DEALS: "default"}
"""The pipeline that every account begins with."""
PROPERTIES = {TICKETS: ("hs_pipeline", "hs_pipeline_stage"), DEALS: ("pipeline", "dealstage")}
"""Where a record keeps its pipeline and its stage."""


class Stage(NamedTuple):
    """A stage of a pipeline, by ids; `label` is what people read. No record is put on an `archived` one."""

    pipeline: str
    id: str
    label: str
    closed: bool
    archived: bool


Stages = Mapping[str, Kept[Stage]]
"""Kind -> its stages by `pipeline/stage`, those of the usual pipeline first."""


def kept(transport: Transport) -> Stages:
    """Nothing is read yet; one call for each kind when it is asked for."""
    return {kind: Kept(partial(_read, transport, kind), transport.clock) for kind in USUAL}


def first(stages: Stages, kind: str) -> Stage:
    """Where a new record begins. Raises Rejected if the account has none, AuthFailed where they may not be read."""
    for stage in stages[kind].all():
        if not stage.archived:
            return stage
    raise Rejected(f"HubSpot has no pipeline for {kind}")


def named(stages: Stages, kind: str, name: str) -> Stage:
    """The stage with this id or label. Raises Rejected if there is none, AuthFailed as `first`."""
    for lacking in (False, True):
        for stage in stages[kind].all(lacking=lacking):
            if not stage.archived and (name == stage.id or name.casefold() == stage.label.casefold()):
                return stage
    raise Rejected(f"HubSpot has no stage {name} for {kind}")


def end(stages: Stages, kind: str) -> Stage:
    """The one stage that closes a record. Raises Rejected where there are several to choose from, as for deals."""
    usual = first(stages, kind).pipeline
    ends = [s for s in stages[kind].all() if s.closed and s.pipeline == usual and not s.archived]
    if len(ends) != 1:
        raise Rejected(f"HubSpot has {len(ends)} stages that close {kind}: name one of them")
    return ends[0]


def placed(kind: str, stage: Stage) -> dict[str, str]:
    """The properties that put a record there."""
    pipeline, name = PROPERTIES[kind]
    return {pipeline: stage.pipeline, name: stage.id}


def _read(transport: Transport, kind: str) -> dict[str, Stage]:
    answer = transport.call(transport.pipelines().get_all, kind)
    pipelines = sorted(answer.get("results") or (), key=lambda p: (str(p.get("id")) != USUAL[kind], _order(p)))
    return {
        f"{pipeline['id']}/{stage['id']}": _stage(pipeline, stage)
        for pipeline in pipelines
        for stage in sorted(pipeline.get("stages") or (), key=_order)
    }


def _stage(pipeline: Mapping[str, Any], stage: Mapping[str, Any]) -> Stage:
    told = stage.get("metadata") or {}
    closed = told.get("ticketState") == "CLOSED" or str(told.get("isClosed")).lower() == "true"
    label = str(stage.get("label") or "")
    return Stage(str(pipeline["id"]), str(stage["id"]), label, closed, bool(stage.get("archived")))


def _order(one: Mapping[str, Any]) -> int:
    return int(one.get("displayOrder") or 0)
