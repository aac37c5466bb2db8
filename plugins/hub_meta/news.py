"""What Meta tells a business about itself, in one plain sentence each: templates, quality, the account.

Webhook fields and their values from Meta's reference of the WhatsApp Business account webhooks. A value that is not
known here is told as Meta writes it, and is no bad news: a person reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from hub_meta.envelope import Json, clean, mapping, sequence, word


class News(NamedTuple):
    """What is told: see `hub.model.events.AccountNews`. `subject` "" = the account that the webhook is about."""

    topic: Literal["template", "quality", "account"]
    subject: str
    text: str
    bad: bool = False


def news(field: str, value: Json) -> News | None:
    """What a webhook field says; None for a field that is none of these, or says nothing."""
    read = NEWS.get(field)
    return read(value) if read and value else None


def told(value: Any, most: int = 80) -> str:
    """Meta's own word for something, as people read it."""
    return (clean(value) or word(value))[:most].replace("_", " ")


def _plain(value: Any) -> str:
    """A constant of Meta's in small letters, or "an unnamed change"."""
    return told(value).lower() or "an unnamed change"


# -- templates ---------------------------------------------------------------------------------------------------

STATUS_BAD = frozenset(
    {"REJECTED", "PAUSED", "DISABLED", "FLAGGED", "LIMIT_EXCEEDED", "LOCKED", "DELETED", "PENDING_DELETION", "ARCHIVED"}
)
GRADES = {"RED": 0, "YELLOW": 1, "GREEN": 2}


def _template(value: Json, what: str, bad: bool = False) -> News:
    name, language = told_name(value.get("message_template_name")), told_name(value.get("message_template_language"))
    subject = " ".join(filter(None, (name or word(value.get("message_template_id"))[:80], language)))
    return News("template", subject, f"Template {subject or 'without a name'} {what}.", bad)


def told_name(value: Any) -> str:
    """A template's name or language, as it is written."""
    return word(value)[:512]


def _status(value: Json) -> News:
    event = word(value.get("event"))
    reason = word(value.get("reason"))
    more = mapping(value.get("other_info"))
    because = told(more.get("description"), 200) or ("" if reason in ("", "NONE") else _plain(reason))
    return _template(
        value, f"is now {_plain(event)}{f': {because}' if because else ''}".rstrip("."), event in STATUS_BAD
    )


def _quality(value: Json) -> News:
    was, now = word(value.get("previous_quality_score")), word(value.get("new_quality_score"))
    bad = now in GRADES and GRADES[now] < GRADES.get(was, 2)
    return _template(value, f"has quality {_plain(now)} now, {_plain(was)} before", bad)


def _category(value: Json) -> News:
    now = word(value.get("new_category"))
    if correct := word(value.get("correct_category")):
        return _template(value, f"will change from category {_plain(now)} to {_plain(correct)}", bad=True)
    was = word(value.get("previous_category"))
    bad = now == "MARKETING" != was  # costs more, and people can stop it
    return _template(value, f"changed its category from {_plain(was)} to {_plain(now)}", bad)


def _components(value: Json) -> News:
    return _template(value, "has another text now")


# -- the quality of numbers --------------------------------------------------------------------------------------

NUMBER_BAD = frozenset({"FLAGGED", "DOWNGRADE", "RESTRICTED"})


def _number_quality(value: Json) -> News:
    event, number = word(value.get("event")), _number(value)
    limit = told(value.get("max_daily_conversations_per_business") or value.get("current_limit"))
    allowed = f"; limit for new conversations: {limit}" if limit else ""
    return News("quality", number, f"Number {number}: {_plain(event)}{allowed}.", event in NUMBER_BAD)


def _number_name(value: Json) -> News:
    decision, number = word(value.get("decision")), _number(value)
    name, reason = told(value.get("requested_verified_name"), 200), word(value.get("rejection_reason"))
    because = "" if reason in ("", "NONE") else f": {_plain(reason)}"
    text = f"The name {name!r} for number {number} is {_plain(decision)}{because}."
    return News("quality", number, text, decision in ("REJECTED", "DECLINED"))


def _number(value: Json) -> str:
    return told(value.get("display_phone_number"))


# -- the account -------------------------------------------------------------------------------------------------

UPDATES: dict[str, tuple[str, bool]] = {
    "ACCOUNT_DELETED": ("The WhatsApp Business account was deleted", True),
    "ACCOUNT_VIOLATION": ("Meta says that the account breaks a policy", True),
    "ACCOUNT_RESTRICTION": ("Meta restricts the account", True),
    "ACCOUNT_OFFBOARDED": ("The number left the Cloud API", True),
    "ACCOUNT_RECONNECTED": ("The number is connected again", False),
    "PARTNER_REMOVED": ("The account is no longer shared with this business", True),
    "PARTNER_APP_UNINSTALLED": ("The app no longer has access to the account", True),
    "PARTNER_ADDED": ("The account is shared with a partner", False),
    "PARTNER_APP_INSTALLED": ("An app was given access to the account", False),
    "VERIFIED_ACCOUNT": ("The account is verified", False),
}
"""Event of `account_update` -> a sentence, and whether it is bad news."""
BANS = {
    "SCHEDULE_FOR_DISABLE": ("Meta will disable the account", True),
    "DISABLE": ("Meta disabled the account", True),
    "REINSTATE": ("Meta reinstated the account", False),
}


def _account(value: Json) -> News:
    event = word(value.get("event"))
    text, bad = UPDATES.get(event, (f"Account: {_plain(event)}", False))
    if event == "DISABLED_UPDATE":
        text, bad = BANS.get(
            word(mapping(value.get("ban_info")).get("waba_ban_state")), ("Meta disabled the account", True)
        )
    kinds = [mapping(row).get("restriction_type") for row in sequence(value.get("restriction_info"))]
    more = ", ".join(
        map(_plain, filter(None, [mapping(value.get("violation_info")).get("violation_type"), *kinds[:5]]))
    )
    number = told(value.get("phone_number"))
    return News("account", number, f"{text}{f': {more}' if more else ''}.", bad)


def _alert(value: Json) -> News:
    info = mapping(value.get("alert_info")) or value
    kind = _plain(info.get("alert_type"))
    what = told(info.get("alert_description"), 300).rstrip(".")
    open_, serious = word(info.get("alert_status")) != "RESOLVED", word(info.get("alert_severity")) != "INFORMATIONAL"
    return News(
        "account", "", f"Alert, {kind}{f': {what}' if what else ''}{'' if open_ else ' (over)'}.", open_ and serious
    )


def _review(value: Json) -> News:
    decision = word(value.get("decision"))
    return News(
        "account", "", f"Meta's review of the account: {_plain(decision)}.", decision in ("REJECTED", "DISABLED")
    )


def _capability(value: Json) -> News:
    names = (
        "max_daily_conversation_per_phone",
        "max_daily_conversations_per_business",
        "max_phone_numbers_per_business",
    )
    limits = [f"{told(name)} {told(value[name])}" for name in names if name in value]
    return News("account", "", f"The account's limits changed: {', '.join(limits) or 'Meta does not say how'}.")


GUARDS = {
    "PIN_CHANGED": ("The PIN of number {} was changed", False),
    "PIN_RESET_REQUEST": ("Somebody asked to switch off the PIN of number {}", True),
    "PIN_RESET_SUCCESS": ("The PIN of number {} is switched off", True),
}


def _security(value: Json) -> News:
    number, event = _number(value), word(value.get("event"))
    text, bad = GUARDS.get(event, (f"Security of number {{}}: {_plain(event)}", False))
    return News("account", number, f"{text.replace('{}', number, 1)}.", bad)


NEWS: dict[str, Callable[[Json], News]] = {
    "message_template_status_update": _status,
    "message_template_quality_update": _quality,
    "message_template_components_update": _components,
    "template_category_update": _category,
    "phone_number_quality_update": _number_quality,
    "phone_number_name_update": _number_name,
    "account_update": _account,
    "account_alerts": _alert,
    "account_review_update": _review,
    "business_capability_update": _capability,
    "security": _security,
}
"""Webhook field -> what it tells."""
