"""The tables [role.NAME] of hub.toml: who may look at what, by a name and a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from hub.engine.tables import Tables, closest

PERMISSIONS = ("media",)
"""`media`: open the files that links in the CRM lead to."""
KEY_MIN = 16
"""Characters of a key at least."""


class _RoleTable(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: SecretStr = Field(description="the password of everybody who has this role, at least 16 characters")
    may: list[str] = Field(description='what the role may do: ["media"] opens the files behind links in the CRM')

    @field_validator("key")
    @classmethod
    def _check_key(cls, key: SecretStr) -> SecretStr:
        if len(key.get_secret_value()) < KEY_MIN:
            raise ValueError(f"has fewer than {KEY_MIN} characters")
        return key

    @field_validator("may", mode="before")
    @classmethod
    def _check_may(cls, may: Any) -> Any:
        if not isinstance(may, list) or not all(isinstance(permission, str) for permission in may):
            raise ValueError('should be a list such as ["media"]')
        for permission in may:
            if permission not in PERMISSIONS:
                raise ValueError(f"there is no permission '{permission}'; {closest(permission, PERMISSIONS)}")
        return may


@dataclass(frozen=True, slots=True)
class RoleConfig:
    """One role: whoever gives its name and key may do what `may` lists."""

    name: str
    key: SecretStr
    may: frozenset[str]


def roles_of(tables: Tables) -> dict[str, RoleConfig]:
    """The tables [role.NAME]. Raises ConfigError: file, line, remedy."""
    roles = {}
    for name, table in tables.named("role").items():
        role = tables.build(_RoleTable, table, ("role", name))
        roles[name] = RoleConfig(name, role.key, frozenset(role.may))
    return roles
