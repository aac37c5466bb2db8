"""What Telegram's refusals mean for the hub: error_code and description -> error class.

Telegram documents only the envelope (`ok`, `error_code`, `description`, `parameters`; Bot API, "Making requests" and
"ResponseParameters"); the descriptions are those that its server is known to send, matched in lower case.
The request address holds the token, so no sentence here may hold the address.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hub import HttpReply
from hub.contracts.errors import (
    AuthFailed,
    Conflict,
    HubError,
    NotFound,
    OptedOut,
    RateLimited,
    Refused,
    Rejected,
    Unavailable,
    Uncertain,
    WindowClosed,
)
from hub.wire.json import loads
from hub_telegram.parse import clean, table

TABLE: tuple[tuple[int, str, type[Refused], str], ...] = (
    (400, "chat not found", NotFound, "Telegram does not know this chat"),
    (400, "user not found", NotFound, "Telegram does not know this user"),
    (400, "peer_id_invalid", NotFound, "Telegram does not know this chat"),
    (400, "upgraded to a supergroup", NotFound, "this group has become a supergroup and has a new id"),
    (400, "message is too long", Rejected, "the text is longer than Telegram takes"),
    (400, "text is empty", Rejected, "the text is empty"),
    (400, "rights to send", Rejected, "the bot may not write in this chat"),
    (400, "chat_write_forbidden", Rejected, "the bot may not write in this chat"),
    (400, "", Rejected, "Telegram refused the request"),
    (403, "blocked by the user", OptedOut, "the person has blocked the bot"),
    (403, "user is deactivated", NotFound, "the person has deleted the Telegram account"),
    (403, "initiate conversation", WindowClosed, "a bot may not write first: the person has to start it"),
    (403, "was kicked", NotFound, "the bot was removed from this group"),
    (403, "not a member", NotFound, "the bot is not in this group"),
    (403, "", Rejected, "Telegram forbids this message"),
    (409, "terminated by other", Conflict, "another program polls this bot: stop it, or give the hub its own bot"),
    (409, "webhook", Conflict, 'a webhook is set for this bot: connect again to remove it, or set mode = "webhook"'),
    (409, "", Conflict, "another program uses this bot: stop it, or give the hub its own bot"),
    (413, "", Rejected, "the request is larger than Telegram takes"),
)
"""(error_code, part of the description, error, sentence); the first that fits wins, "" fits always."""


def result(reply: HttpReply, hide: Sequence[str], *, repeatable: bool = True) -> Any:
    """The `result` of an accepted call; raises what a refusal means.

    What is in `hide` (the token's secret part, the webhook's secret) never shows in the sentence. What leaves open
    whether the call was done is Uncertain, or just Unavailable where repeating the call is harmless.
    """
    answer = envelope(reply)
    if reply.status == 200 and answer.get("ok") is True:
        return answer.get("result")
    error = failure(reply, hide)
    raise Unavailable(str(error)) if repeatable and isinstance(error, Uncertain) else error


def failure(reply: HttpReply, hide: Sequence[str]) -> HubError:
    """The error that a reply without `ok` stands for."""
    answer = envelope(reply)
    code = answer.get("error_code")
    status = code if isinstance(code, int) and not isinstance(code, bool) else reply.status
    said = clean(answer.get("description"))
    for secret in hide:
        said = said.replace(secret, "***")
    said = said[:200]
    if status in (420, 429):
        return RateLimited(f"Telegram asks to wait ({status})", wait(answer, reply))
    if status in (401, 404):
        return AuthFailed(f"Telegram does not accept the bot's token ({status}): copy it again from @BotFather")
    if status == 504:  # a gateway gave up waiting: the call behind it may have been done
        return Uncertain("Telegram's gateway got no answer in time (504)")
    if status >= 500:
        return Unavailable(f"Telegram is not available ({status})")
    if status == 200:
        return Uncertain("Telegram's answer cannot be read")
    for row_code, part, error, sentence in TABLE:
        if row_code == status and part in said.lower():
            return error(f"{sentence} ({status}: {said})" if said else f"{sentence} ({status})")
    if 400 <= status < 500:
        return Rejected(f"Telegram refused the request ({status}: {said})")
    return Unavailable(f"no Telegram server answers at base_url ({status})")


def envelope(reply: HttpReply) -> Mapping[str, Any]:
    """The answer's JSON object; empty when it is none, as a proxy's page."""
    try:
        return table(loads(reply.body))
    except ValueError:
        return {}


def wait(answer: Any, reply: HttpReply) -> float:
    """Seconds to wait: `parameters.retry_after`, else the header, else 0 (the hub chooses)."""
    seconds = table(answer.get("parameters")).get("retry_after", reply.headers.get("retry-after"))
    try:
        asked = float(seconds)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return min(max(asked, 0.0), 86_400.0) if math.isfinite(asked) else 0.0
