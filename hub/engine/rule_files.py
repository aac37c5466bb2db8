"""Rules and texts out of a file, checked against what this process has: channels, inboxes, CRMs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.contracts.channel import Channel
from hub.engine.fitting import Place, check_rules
from hub.engine.tables import Tables, closest
from hub.rules import RuleSet, compile_rules
from hub.rules.files import TABLES
from hub.rules.trial import TABLE, Trial, compile_trials

RULE_TABLES = (*TABLES, TABLE)
"""Tables of hub.toml that may change while the hub runs; all others are taken when a process starts."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What rules are about: the channels that are installed (name -> class), the inboxes that run, and what each CRM
    makes. `quarantined`: whether some plugin is missing, so that an unknown channel is no mistake."""

    channels: Mapping[str, type[Channel[Any]]] = field(default_factory=dict)
    quarantined: bool = False
    places: tuple[Place, ...] = ()
    makes: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def rules(self, tables: Tables) -> RuleSet:
        """The rules of a file. Raises ConfigError at the first mistake: file, line, remedy."""
        rules = compile_rules({key: tables.data[key] for key in RULE_TABLES if key in tables.data}, tables.where)
        named: dict[str, Iterable[str]] = {"inbox": tables.named("inbox")}
        if not self.quarantined:  # one of those that are away may have offered it
            named["channel"] = self.channels
        for place, rule in enumerate(rules.rules):
            for key, known in named.items():
                for name in rule.inboxes if key == "inbox" else rule.channels:
                    if name not in known:
                        what = f"rule '{rule.name}' names the {key} '{name}', which is not there"
                        raise tables.error(("rule", place, key), what, closest(name, known))
            if rule.content is None:
                continue
            for name in sorted(rule.channels & self.channels.keys()):
                form, able = rule.content.form, self.channels[name].capabilities.forms
                if form not in able:
                    what = f"rule '{rule.name}' sends the form '{form}', which the channel '{name}' does not have"
                    raise tables.error(("rule", place, "channel"), what, f"{name} sends {', '.join(sorted(able))}")
        for campaign in rules.book.campaigns.values():
            for name in campaign.inboxes:
                if name not in named["inbox"]:
                    what = f"campaign '{campaign.name}' names the inbox '{name}', which is not there"
                    raise tables.error(("campaign", campaign.name, "inbox"), what, closest(name, named["inbox"]))
        check_rules(tables, rules, self.places, self.makes)
        self.trials(tables, rules)  # a mistake in a test is one of the file
        return rules

    def trials(self, tables: Tables, rules: RuleSet) -> tuple[Trial, ...]:
        """The tests that stand beside the rules of a file. Raises ConfigError at the first mistake."""
        inboxes = {place.inbox: place.channel.name for place in self.places}
        return compile_trials(tables.data, rules, tables.where, None if self.quarantined else inboxes)
