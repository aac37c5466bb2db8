"""The Salesforce adapter: contacts or leads, tasks for messages, and changes, many to a call and without search on the
way of a message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub import CRM, hookimpl
from hub.contracts.simulator import Simulator
from hub_salesforce.crm import Salesforce


@hookimpl
def hub_crms() -> Iterable[type[CRM[Any]]]:
    """The one CRM of this package."""
    return (Salesforce,)


@hookimpl
def hub_simulators() -> Iterable[type[Simulator]]:
    """A Salesforce on loopback."""
    from hub_salesforce.simulator import SalesforceSimulator  # only the demo and tests need it

    return (SalesforceSimulator,)
