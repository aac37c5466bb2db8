"""The HubSpot adapter: contacts, logged messages and changes, in batches and without search on the way of a message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub import CRM, hookimpl
from hub.contracts.simulator import Simulator
from hub_hubspot.crm import HubSpot


@hookimpl
def hub_crms() -> Iterable[type[CRM[Any]]]:
    """The one CRM of this package."""
    return (HubSpot,)


@hookimpl
def hub_simulators() -> Iterable[type[Simulator]]:
    """A HubSpot on loopback."""
    from hub_hubspot.simulator import HubSpotSimulator  # only the demo and tests need it

    return (HubSpotSimulator,)
