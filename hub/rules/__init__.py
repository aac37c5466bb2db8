"""Rules of hub.toml, with all that they name, and the decision about whatever happens. Pure."""

from hub.clocks.hours import Hours
from hub.rules.contents import TemplateText, compile_template
from hub.rules.decide import Policy, decide, go_on
from hub.rules.decision import Decision
from hub.rules.files import compile_rules
from hub.rules.ruleset import Rule, RuleSet
from hub.rules.tables import TemplateTable
from hub.texts.texts import ReplyText
from hub.words.consent import consent_word

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
    "go_on",
]
