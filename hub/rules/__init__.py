"""Rules, reply texts and hours of hub.toml, and the decision about a message. Pure."""

from hub.rules.consent import consent_word
from hub.rules.contents import TemplateText, compile_template
from hub.rules.decide import Decision, Policy, decide, decide_change
from hub.rules.files import compile_rules
from hub.rules.hours import Hours
from hub.rules.ruleset import Rule, RuleSet
from hub.rules.tables import TemplateTable
from hub.rules.texts import ReplyText

__all__ = [
    "Decision",
    "Hours",
    "Policy",
    "ReplyText",
    "Rule",
    "RuleSet",
    "TemplateTable",
    "TemplateText",
    "compile_rules",
    "compile_template",
    "consent_word",
    "decide",
    "decide_change",
]
