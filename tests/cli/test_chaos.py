"""What `dragoman chaos` refuses, before anything is started."""

from __future__ import annotations

from typing import Any

import pytest

from hub.cli.chaos import chaos
from hub.contracts.errors import ConfigError

SERVER = "postgresql://dragoman@127.0.0.1:1/hub"


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"processes": 3}, "--processes"),
        ({"kill_store": 1}, "--kill-store"),
        ({"sabotage": "fence"}, "--break"),
        ({"sabotage": "everything"}, "--break"),
        ({"store": "postgres", "kill_store": 1, "dsn": SERVER}, "--kill-store"),
        ({"faults": "some"}, "--faults"),
        ({"rate": "fast"}, "--rate"),
    ],
)
def test_what_cannot_be_played_is_refused_with_its_option(options: dict[str, Any], where: str) -> None:
    with pytest.raises(ConfigError) as refused:
        chaos(**options)
    assert refused.value.where == where
    assert refused.value.remedy
