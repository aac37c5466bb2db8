"""How a connection is: does Meta still deliver to this hub, how long does the token live, what of the numbers.

Sources: Graph API `debug_token`; WhatsApp Business Account `subscribed_apps` and `phone_numbers`; Cloud API "Webhook
overrides": a number's own callback address comes before its account's, and that before the app's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from hub import Calls, Finding
from hub.contracts.errors import HubError, Temporary
from hub_meta.envelope import Json, mapping, sequence, word

Ask = Callable[[str, str], Calls[Json]]
"""One call of the Graph API, (method, path): its answer as an object. Raises what the reply means."""

DAY = 86_400
SOON = 7
"""Days before its end in which a token is reported."""
SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")
NUMBER_FIELDS = (
    "id,display_phone_number,verified_name,quality_rating,status,name_status,throughput,webhook_configuration"
)
RENEW = "make a new token of the system user in Meta's Business settings and put it into access_token"
CONNECT = "run `dragoman connect`"
TAKE_BACK = f"{CONNECT} to take them back; the override of a single number has to be removed at Meta"
GOOD_STATUS, GOOD_NAMES = ("", "CONNECTED"), ("", "NONE", "APPROVED", "AVAILABLE_WITHOUT_REVIEW", "PENDING_REVIEW")


def examine(ask: Ask, token: str, waba: str, callback_url: str) -> Calls[list[Finding]]:
    """Everything that can be asked. Temporary trouble is raised; what Meta refuses becomes a finding."""
    app, findings = yield from _token(ask, token)
    if not waba:
        return [*findings, Finding(True, "set waba_id to have webhook and numbers examined")]
    try:
        answer = yield from ask("GET", f"{quote(waba, safe='')}/phone_numbers?fields={NUMBER_FIELDS}&limit=100")
        numbers = [mapping(row) for row in sequence(answer.get("data"))]
        if callback_url:
            answer = yield from ask("GET", f"{quote(waba, safe='')}/subscribed_apps")
            apps = [mapping(row) for row in sequence(answer.get("data"))]
            findings += _webhook(app, apps, numbers, waba, callback_url)
    except Temporary:
        raise
    except HubError as error:
        return [*findings, Finding(False, str(error), "check access_token and waba_id in Meta's Business settings")]
    return findings + [_number(number) for number in numbers]


def _token(ask: Ask, token: str) -> Calls[tuple[str, list[Finding]]]:
    """The app that the token belongs to ("" = not told), and how long it lives."""
    try:
        answer = yield from ask("GET", f"debug_token?input_token={quote(token, safe='')}")
    except Temporary:
        raise
    except HubError as error:
        return "", [Finding(False, str(error), RENEW)]
    data = mapping(answer.get("data"))
    app = word(data.get("app_id"))
    if data.get("is_valid") is not True:
        return app, [Finding(False, "Meta calls the access token invalid", RENEW)]
    found = [_life(data)]
    scopes = [word(scope) for scope in sequence(data.get("scopes"))]
    if missing := [scope for scope in SCOPES if scopes and scope not in scopes]:
        found.append(Finding(False, f"the access token lacks {' and '.join(missing)}", RENEW))
    return app, found


def _life(data: Json) -> Finding:
    """How long the token lives: the earlier of its own end and the end of its access to data; 0 = no end."""
    ends = [end for name in ("expires_at", "data_access_expires_at") if type(end := data.get(name)) is int and end > 0]
    if not ends:
        return Finding(True, "the access token does not expire")
    left = min(ends) - time.time()
    if left <= 0:
        return Finding(False, "the access token has expired", RENEW)
    days = int(left // DAY)
    told = f"the access token expires in {days} day{'' if days == 1 else 's'}" if days else "the token expires today"
    return Finding(False, told, RENEW) if left < SOON * DAY else Finding(True, told)


def _webhook(app: str, apps: list[Json], numbers: list[Json], waba: str, callback_url: str) -> list[Finding]:
    rows = [(mapping(row.get("whatsapp_business_api_data")), word(row.get("override_callback_uri"))) for row in apps]
    mine = [override for data, override in rows if not app or word(data.get("id")) == app]
    if not mine:
        others = ", ".join(word(data.get("name")) or word(data.get("id")) for data, _ in rows)
        told = f"this app is not subscribed to WhatsApp Business account {waba}, so nothing is delivered"
        return [Finding(False, f"{told}; subscribed: {others[:100]}" if others else told, CONNECT)]
    override = callback_url if callback_url in mine else mine[0]
    wrong: dict[str, list[str]] = {}
    unknown = not numbers and not override
    for number in numbers or [{}]:
        own = mapping(number.get("webhook_configuration"))
        goes_to = word(own.get("phone_number")) or override or word(own.get("application"))
        unknown = unknown or not goes_to
        if goes_to and goes_to.rstrip("/") != callback_url.rstrip("/"):
            wrong.setdefault(goes_to, []).append(word(number.get("display_phone_number")) or waba)
    if wrong:
        return [
            Finding(False, f"Meta delivers webhooks of {', '.join(who)} to {_where(url)}, not to this hub", TAKE_BACK)
            for url, who in wrong.items()
        ]
    if unknown:
        told = "Meta delivers to the callback address in the app's dashboard, which it does not tell"
        return [Finding(True, f"{told}: it should be {callback_url}")]
    return [Finding(True, f"Meta delivers webhooks to {callback_url}")]


def _where(url: str) -> str:
    """An address without what may be a secret in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "another address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:120]


def _number(number: Json) -> Finding:
    quality, status = word(number.get("quality_rating")).upper(), word(number.get("status")).upper()
    name, level = word(number.get("name_status")).upper(), word(mapping(number.get("throughput")).get("level"))
    said = [
        f"{what} {value.lower().replace('_', ' ')}" for what, value in (("quality", quality), ("", status)) if value
    ]
    said += [f"name {name.lower().replace('_', ' ')}"] if name not in GOOD_NAMES else []
    said += [f"throughput {level.lower()}"] if level else []
    well = quality != "RED" and status in GOOD_STATUS and name in GOOD_NAMES
    told = f"number {word(number.get('display_phone_number'))}: {', '.join(part.strip() for part in said)}"
    return Finding(
        well, told, "" if well else "look at the number in WhatsApp Manager: sends may be limited or stopped"
    )
