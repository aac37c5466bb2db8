"""A HubSpot simulator and the adapter on it; every request is checked against the models of the official client.

The models inside the installed hubspot-api-client know paths, query parameters, body fields, types and enumerations;
they were generated from HubSpot's own descriptions, so they are a judge that our simulator cannot talk to.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import pytest

from hub_hubspot.crm import HubSpot
from hub_hubspot.paths import OWNERS, unversioned
from hub_hubspot.simulator import HubSpotSimulator
from hub_hubspot.transport import Transport

PACKAGES = (
    "hubspot.crm.contacts",
    "hubspot.crm.objects.communications",
    "hubspot.crm.objects.notes",
    "hubspot.crm.objects.tasks",
    "hubspot.crm.companies",
    "hubspot.crm.deals",
    "hubspot.crm.tickets",
    "hubspot.crm.pipelines",
    "hubspot.crm.owners",
    "hubspot.files",
    "hubspot.crm.properties",
    "hubspot.crm.associations.v4",
)
LIMITS = {
    r"/batch/(create|update|upsert|read)$": 100,
    r"^/crm/v4/associations/.*/batch/read$": 1_000,
}
TYPE_IDS = {"communications": 81, "notes": 202, "tasks": 204, "tickets": 16, "deals": 3}
DOCUMENTED = {
    ("POST", "/oauth/v2/private-apps/get/access-token-info"): {"tokenKey"},
    ("GET", "/account-info/v3/details"): set(),
}
"""Calls that HubSpot documents and the client does not have: the fields of their bodies."""
PLAIN = {"str": str, "int": int, "bool": bool, "float": float}


class Operation:
    """One call the client knows: method, path, query names and the model of the body."""

    def __init__(self, package: Any, source: str, doc: str) -> None:
        self.package = package
        path, self.method = re.search(r'call_api\(\s*"([^"]+)",\s*"([A-Z]+)"', source).groups()
        self.path = re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)) + "$")
        self.query = set(re.findall(r'query_params\.append\(\("([^"]+)"', source))
        named = re.search(r"body_params = local_var_params\[\"(\w+)\"\]", source)
        self.form = set(re.findall(r'(?:form_params\.append\(\(|local_var_files\[)"(\w+)"', source))
        self.body = re.search(rf":type {named[1]}: (\w+)", doc)[1] if named else ""


def operations() -> Iterator[Operation]:
    for name in PACKAGES:
        package = importlib.import_module(name)
        for api in vars(package).values():
            if inspect.isclass(api) and api.__name__.endswith("Api"):
                for method_name, method in vars(api).items():
                    if method_name.endswith("_with_http_info"):
                        yield Operation(package, inspect.getsource(method), method.__doc__)


class Oracle:
    """Collects what is wrong with the requests it hears."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.heard = 0

    known: list[Operation] = []

    def __call__(self, method: str, path: str, query: Mapping[str, list[str]], body: Any) -> None:
        self.heard += 1
        path = unversioned(path)  # the models know no dates
        path = f"{path}/" if path == OWNERS else path
        self.known or self.known.extend(operations())
        if (method, path) in DOCUMENTED:
            if set(body or {}) != DOCUMENTED[method, path]:
                self.complaints.append(f"{path}: fields {sorted(body or {})}")
            return
        found = [op for op in self.known if op.method == method and op.path.match(path)]
        if not found:
            self.complaints.append(f"{method} {path} is no call of HubSpot's")
            return
        operation = found[0]
        if unknown := set(query) - operation.query:
            self.complaints.append(f"{path}: unknown query {unknown}")
        if operation.form:
            if unknown := set(body) - operation.form:
                self.complaints.append(f"{path}: unknown fields {unknown}")
        elif operation.body:
            self._model(operation.package, operation.body, body, path)
        elif body is not None:
            self.complaints.append(f"{path}: takes no body")
        self._limits(path, body)

    def _limits(self, path: str, body: Any) -> None:
        inputs = body.get("inputs", []) if isinstance(body, dict) else []
        for pattern, limit in LIMITS.items():
            if re.search(pattern, path):
                allowed = 1_000 if "/associations/" in path else limit
                if not 1 <= len(inputs) <= allowed:
                    self.complaints.append(f"{path}: {len(inputs)} inputs")
        kind = path.split("/")[4] if path.startswith("/crm/v3/objects/") else ""
        if path.endswith("/batch/create") and kind in TYPE_IDS:
            for one in inputs:
                types = [t for a in one["associations"] for t in a["types"]]
                if [t["associationTypeId"] for t in types] != [TYPE_IDS[kind]]:
                    self.complaints.append(f"{path}: wrong association types {types}")
        if path.endswith("/search") and (body["limit"] > 200 or len(body.get("query", "")) > 3_000):
            self.complaints.append(f"{path}: search too large")
        traces = [one["objectWriteTraceId"] for one in inputs if "objectWriteTraceId" in one]
        if len(traces) > len(set(traces)):
            self.complaints.append(f"{path}: trace ids repeat")

    def _value(self, package: Any, kind: str, value: Any, where: str) -> None:
        if match := re.fullmatch(r"list\[(.*)\]", kind):
            if not isinstance(value, list):
                self.complaints.append(f"{where}: no list")
                return
            for one in value:
                self._value(package, match[1], one, f"{where}[]")
        elif match := re.fullmatch(r"dict\[\w+, (.*)\]", kind):
            if not isinstance(value, dict):
                self.complaints.append(f"{where}: no object")
                return
            for name, one in value.items():
                self._value(package, match[1], one, f"{where}.{name}")
        elif kind in PLAIN:
            if type(value) is not PLAIN[kind]:
                self.complaints.append(f"{where}: {type(value).__name__} instead of {kind}")
        else:
            self._model(package, kind, value, where)

    def _model(self, package: Any, name: str, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            self.complaints.append(f"{where}: {name} expected")
            return
        model = getattr(importlib.import_module(f"{package.__name__}.models"), name)
        attributes = {json: attribute for attribute, json in model.attribute_map.items()}
        if unknown := set(value) - set(attributes):
            self.complaints.append(f"{where}: unknown fields {unknown}")
        known = {attributes[k]: v for k, v in value.items() if k in attributes}
        for attribute, one in known.items():
            self._value(package, model.openapi_types[attribute], one, f"{where}.{attribute}")
        configuration = package.Configuration()
        configuration.client_side_validation = True
        try:
            model(**known, local_vars_configuration=configuration)
        except ValueError as wrong:  # a required field is missing, a value is not of the enumeration
            self.complaints.append(f"{where}: {wrong}")


Scenario = Callable[[HubSpotSimulator, Callable[..., Awaitable[Any]], HubSpot], Awaitable[None]]


@pytest.fixture
def portal() -> Callable[..., None]:
    """Runs a scenario(sim, do, crm): `do(function, *args)` runs a blocking call off the loop.

    The hub's properties stand there already unless `bare`; time spent waiting inside the adapter is only counted, in
    `crm.slept`. Ends with the oracle's verdict; `searches` is how often search may be called.
    """

    def run(
        scenario: Scenario, *, bare: bool = False, searches: int = 0, settings: Mapping[str, Any] | None = None
    ) -> None:
        oracle = Oracle()

        async def main() -> None:
            sim = HubSpotSimulator()
            await sim.start()
            try:
                crm = connect(sim, settings)
                if not bare:
                    await asyncio.to_thread(crm.ensure)
                    sim.calls.clear()
                sim.observers.append(oracle)
                await scenario(sim, asyncio.to_thread, crm)
            finally:
                await sim.stop()
            assert sim.calls["contacts/search"] <= searches

        asyncio.run(main())
        assert oracle.complaints == []
        assert oracle.heard

    return run


def connect(sim: HubSpotSimulator, settings: Mapping[str, Any] | None = None) -> HubSpot:
    table = {name: value for name, value in sim.config().items() if name != "adapter"} | dict(settings or {})
    crm = HubSpot(HubSpot.Settings(**table), region="GB")
    slept: list[float] = []
    crm.slept = slept  # type: ignore[attr-defined]
    transport = Transport(
        token=crm.settings.access_token.get_secret_value(),
        base_url=crm.settings.base_url,
        timeout=crm.settings.timeout,
        threads=crm.settings.threads,
        calls_per_10s=crm.settings.calls_per_10s,
        report=lambda endpoint, status: crm.on_call(endpoint, status),
        sleep=slept.append,
        clock=lambda: sum(slept),
    )
    crm.use(transport)
    return crm


@pytest.fixture
def judge() -> Oracle:
    return Oracle()
