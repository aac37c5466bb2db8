"""The starter files: what `dragoman init` writes, and the mappings used where the admin has none."""

from __future__ import annotations

import importlib.resources
from importlib.resources.abc import Traversable
from pathlib import Path

import hub


def starter_files() -> Traversable:
    """The folder with hub.toml and mappings/: packaged as `hub_starter`, or the root of the checkout."""
    try:
        return importlib.resources.files("hub_starter")
    except ModuleNotFoundError:
        return Path(hub.__file__).parents[1]
