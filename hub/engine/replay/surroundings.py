"""What a replay goes by beside the store: this process's own configuration and plugins."""

from __future__ import annotations

from dataclasses import fields

from hub.engine.loader import Plugins
from hub.engine.settings import Config
from hub.rules import RuleSet


def once_read(config: Config) -> Config:
    """The same configuration, which reads the rules of each text once, however often it ran."""
    known: dict[str, RuleSet] = {}

    class OnceRead(Config):
        """See above."""

        def read_rules(self, text: str, file: str) -> RuleSet:
            """The rules of a version. Raises ConfigError."""
            if text not in known:
                known[text] = Config.read_rules(self, text, file)
            return known[text]

    return OnceRead(**{one.name: getattr(config, one.name) for one in fields(config) if one.init})


def listeners(plugins: Plugins, config: Config) -> dict[str, tuple[str, ...]]:
    """Which plugins are told of which kinds of events, as those that are installed now would be."""
    found: dict[str, tuple[str, ...]] = {}
    for plugin, kinds in plugins.handlers.items():
        for kind in kinds if plugin in config.plugins else ():
            found[kind] = (*found.get(kind, ()), plugin)
    return found
