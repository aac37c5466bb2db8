"""The starter files: what `dragoman init` writes, and the mappings used where the admin has none."""

from __future__ import annotations

import importlib.resources
from importlib.resources.abc import Traversable
from pathlib import Path

import hub


def starter_files() -> Traversable:
    """The folder with hub.toml and mappings/: the checkout's own files, else those packaged as `hub_starter`."""
    checkout = Path(hub.__file__).parents[1]
    if (checkout / "pyproject.toml").is_file() and (checkout / "hub.toml").is_file():
        return checkout  # an editable install also holds a copy, as old as the installation
    return importlib.resources.files("hub_starter")
