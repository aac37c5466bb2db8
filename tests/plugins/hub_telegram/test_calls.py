"""What goes out: sends, polls, probes, and what Telegram's answers mean."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub import Calls, Channel, Connects, HttpReply, Outgoing, Polls, Receipt
from hub.contracts.errors import (
    AuthFailed,
    Conflict,
    HubError,
    NotFound,
    OptedOut,
    RateLimited,
    Rejected,
    Unavailable,
    Uncertain,
    WindowClosed,
)
from hub_telegram import TelegramChannel

TOKEN = "5550100:our-own_invented-TOKEN"
SPEC = Path(__file__).parents[3] / ".." / "shared" / "data" / "specs" / "telegram_bot_api.min.json"
BASE = f"https://api.telegram.org/bot{TOKEN}"

Bot = Callable[..., TelegramChannel]
Reply = Callable[..., HttpReply]


def outgoing(**changes: str) -> Outgoing:
    fields = {"account": "5550100", "address": "7000000001", "text": "hello <b>", "callback": "hub-1", **changes}
    return Outgoing(**fields)


def no(code: int, description: str, **parameters: int) -> dict[str, Any]:
    return {"ok": False, "error_code": code, "description": description, "parameters": parameters}


def took(message_id: int = 9) -> dict[str, Any]:
    return {"ok": True, "result": {"message_id": message_id, "chat": {"id": 7000000001, "type": "private"}, "date": 1}}


# -- send --------------------------------------------------------------------------------------------------------


def test_a_send_is_one_call_that_must_not_be_repeated(bot: Bot, drive: Any, reply: Reply) -> None:
    receipt = drive(bot().send(outgoing()), reply(took()))
    assert receipt == Receipt("7000000001:9")
    (call,) = drive.calls
    assert (call.method, call.url, call.repeatable) == ("POST", f"{BASE}/sendMessage", False)
    assert json.loads(call.body) == {"chat_id": 7000000001, "text": "hello <b>"}


def test_an_answer_quotes_the_message_it_answers(bot: Bot, drive: Any, reply: Reply) -> None:
    drive(bot().send(outgoing(reply_to="7000000001:41")), reply(took()))
    body = drive.bodies()[0][1]
    assert body["reply_parameters"] == {"message_id": 41, "allow_sending_without_reply": True}


def test_groups_channels_and_odd_text_can_be_sent_to(bot: Bot, drive: Any, reply: Reply) -> None:
    drive(bot().send(outgoing(address="-1005550199", text="a\0b\ud83d")), reply(took()))
    assert drive.bodies()[0][1] == {"chat_id": -1005550199, "text": "ab"}
    drive(bot().send(outgoing(address="@orchard")), reply(took()))
    assert drive.bodies()[0][1]["chat_id"] == "@orchard"


def test_base_url_is_a_setting(bot: Bot, drive: Any, reply: Reply) -> None:
    drive(bot(base_url="http://127.0.0.1:9/").send(outgoing()), reply(took()))
    assert drive.calls[0].url == f"http://127.0.0.1:9/bot{TOKEN}/sendMessage"


REFUSALS: list[tuple[int, Any, type[HubError], str]] = [
    (400, no(400, "Bad Request: chat not found"), NotFound, "does not know this chat"),
    (400, no(400, "Bad Request: user not found"), NotFound, "does not know this user"),
    (400, no(400, "Bad Request: PEER_ID_INVALID"), NotFound, "does not know this chat"),
    (400, no(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1), NotFound, "new"),
    (400, no(400, "Bad Request: message is too long"), Rejected, "longer"),
    (400, no(400, "Bad Request: message text is empty"), Rejected, "empty"),
    (400, no(400, "Bad Request: not enough rights to send text messages to the chat"), Rejected, "may not write"),
    (400, no(400, "Bad Request: something new"), Rejected, "something new"),
    (401, no(401, "Unauthorized"), AuthFailed, "BotFather"),
    (403, no(403, "Forbidden: bot was blocked by the user"), OptedOut, "blocked"),
    (403, no(403, "Forbidden: user is deactivated"), NotFound, "deleted"),
    (403, no(403, "Forbidden: bot can't initiate conversation with a user"), WindowClosed, "start"),
    (403, no(403, "Forbidden: bot was kicked from the supergroup chat"), NotFound, "removed"),
    (403, no(403, "Forbidden: bot is not a member of the channel chat"), NotFound, "not in"),
    (403, no(403, "Forbidden: something new"), Rejected, "something new"),
    (404, no(404, "Not Found"), AuthFailed, "BotFather"),
    (413, b"<html>too large</html>", Rejected, "larger"),
    (418, b"", Rejected, "418"),
    (429, no(429, "Too Many Requests: retry after 7", retry_after=7), RateLimited, "wait"),
    (420, no(420, "FLOOD_WAIT"), RateLimited, "wait"),
    (500, no(500, "Internal Server Error"), Unavailable, "500"),
    (502, b"<html>Bad Gateway</html>", Unavailable, "502"),
    (504, b"", Uncertain, "504"),
    (302, b"", Unavailable, "base_url"),
    (200, b"<html>hello</html>", Uncertain, "read"),
    (200, b"[" * 100_000, Uncertain, "read"),
    (200, {"ok": True, "result": {"date": 1}}, Uncertain, "name"),
    (200, {"ok": True, "result": True}, Uncertain, "name"),
    (200, no(403, "Forbidden: bot was blocked by the user"), OptedOut, "blocked"),
]


@pytest.mark.parametrize(("status", "data", "error", "part"), REFUSALS, ids=lambda value: str(value)[:60])
def test_each_answer_has_its_error(
    bot: Bot, drive: Any, reply: Reply, status: int, data: Any, error: type[HubError], part: str
) -> None:
    with pytest.raises(HubError) as caught:
        drive(bot().send(outgoing()), reply(data, status))
    assert type(caught.value) is error
    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("data", "headers", "seconds"),
    [
        (no(429, "wait", retry_after=7), {}, 7.0),
        (no(429, "wait"), {"retry-after": "3"}, 3.0),
        (b"", {"retry-after": "5"}, 5.0),
        (no(429, "wait"), {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0.0),
        (no(429, "wait", retry_after=-4), {}, 0.0),
        (no(429, "wait", retry_after=10**400), {}, 0.0),
    ],
)
def test_telegrams_own_wait_is_kept(
    bot: Bot, drive: Any, reply: Reply, data: Any, headers: dict[str, str], seconds: float
) -> None:
    with pytest.raises(RateLimited) as caught:
        drive(bot().send(outgoing()), reply(data, 429, headers))
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("code", [200, 302, 400, 401, 403, 404, 409, 413, 429, 500, 504])
def test_no_error_shows_the_token_or_the_text(bot: Bot, drive: Any, reply: Reply, code: int) -> None:
    channel = bot(mode="webhook", secret="our_own-Secret")
    echoing = no(code, f"Bad Request: /bot{TOKEN}/sendMessage failed for {TOKEN.partition(':')[2]}")
    calls: list[Calls[Any]] = [channel.send(outgoing(text="private words")), channel.poll("1"), channel.probe()]
    for asked in calls:
        try:
            shown = repr(drive(asked, reply(echoing, code)))
        except HubError as error:
            shown = "".join([str(error), repr(error), repr(error.args), *traceback.format_exception(error)])
        shown += repr(drive.calls)
        assert "our-own_invented-TOKEN" not in shown
        assert "our_own-Secret" not in shown
        assert "private words" not in shown


# -- poll --------------------------------------------------------------------------------------------------------


def update(number: int, text: str = "hi") -> dict[str, Any]:
    chat = {"id": 7000000001, "type": "private"}
    person = {"id": 7000000001, "is_bot": False, "first_name": "Ada"}
    message = {"message_id": number, "from": person, "chat": chat, "date": 1767225600, "text": text}
    return {"update_id": number, "message": message}


def test_the_first_poll_names_no_offset_and_waits(bot: Bot, drive: Any, reply: Reply) -> None:
    polled = drive(bot(poll_seconds=40).poll(""), reply({"ok": True, "result": []}))
    assert (list(polled.events), polled.cursor) == ([], "")
    ((method, body),) = drive.bodies()
    assert method == "getUpdates"
    assert body["timeout"] == 40
    assert "offset" not in body
    assert {"message", "my_chat_member"} <= set(body["allowed_updates"])
    (call,) = drive.calls
    assert call.timeout > 40
    assert call.repeatable


def test_a_poll_moves_the_cursor_behind_the_last_update(bot: Bot, drive: Any, reply: Reply) -> None:
    channel = bot()
    polled = drive(channel.poll("7"), reply({"ok": True, "result": [update(7), update(9, "half \ud83d"), update(8)]}))
    assert drive.bodies()[0][1]["offset"] == 7
    assert polled.cursor == "10"
    assert [raw.key for raw in polled.events] == ["7", "9", "8"]
    assert [channel.normalise(raw)[0].kind for raw in polled.events] == ["message.received"] * 3
    assert channel.split(polled.events[0].body)[0] == polled.events[0]


def test_an_empty_poll_keeps_the_cursor(bot: Bot, drive: Any, reply: Reply) -> None:
    assert drive(bot().poll("7"), reply({"ok": True, "result": []})).cursor == "7"


def test_one_strange_update_does_not_stop_the_others(bot: Bot, drive: Any, reply: Reply) -> None:
    odd = {"update_id": 12, "holo_message": {"deep": [[[]]]}}
    body = json.dumps({"ok": True, "result": [None, {"x": 1}, odd, {"update_id": 10, "far": {"x": "FAR"}}, update(11)]})
    polled = drive(bot().poll("7"), reply(body.replace('"FAR"', "1e999").encode()))
    assert [raw.key for raw in polled.events] == ["12", "10", "11"]
    assert polled.cursor == "13"
    assert [bot().normalise(raw)[0].kind for raw in polled.events] == ["unknown", "unknown", "message.received"]


@pytest.mark.parametrize(
    ("status", "data", "error", "part"),
    [
        (409, no(409, "Conflict: terminated by other getUpdates request"), Conflict, "another program polls"),
        (409, no(409, "Conflict: can't use getUpdates method while webhook is active"), Conflict, "webhook is set"),
        (409, no(409, "Conflict"), Conflict, "another program"),
        (401, no(401, "Unauthorized"), AuthFailed, "token"),
        (429, no(429, "wait", retry_after=2), RateLimited, "wait"),
        (504, b"", Unavailable, "504"),
        (200, b"<html>", Unavailable, "read"),
        (200, {"ok": True, "result": {}}, Unavailable, "list"),
    ],
)
def test_a_poll_that_fails_says_what_to_do(
    bot: Bot, drive: Any, reply: Reply, status: int, data: Any, error: type[HubError], part: str
) -> None:
    with pytest.raises(error, match=part):
        drive(bot().poll("7"), reply(data, status))


def test_the_channel_keeps_the_contracts_protocols(bot: Bot) -> None:
    assert isinstance(bot(), Channel)
    assert isinstance(bot(), Polls)
    assert isinstance(bot(), Connects)
    assert bot().polling()
    assert not bot(mode="webhook").polling()


# -- set up ------------------------------------------------------------------------------------------------------

ME = {"ok": True, "result": {"id": 5550100, "is_bot": True, "first_name": "B", "username": "orchard_bot"}}
URL = "https://hub.example.com/in/telegram-main"


def info(**fields: Any) -> dict[str, Any]:
    return {"ok": True, "result": {"url": "", "pending_update_count": 0, **fields}}


@pytest.mark.parametrize(
    ("setup", "fields", "well", "words"),
    [
        ({}, {}, True, "polls can work"),
        ({}, {"url": URL}, False, "a webhook is set"),
        ({"mode": "webhook", "secret": "s"}, {"url": URL, "pending_update_count": 3}, True, "3 updates are waiting"),
        ({"mode": "webhook", "secret": "s"}, {}, False, "no webhook is set"),
        ({"mode": "webhook"}, {"url": URL}, False, "no secret"),
        ({"mode": "webhook", "secret": "s"}, {"url": URL, "last_error_message": "404"}, False, "failed: 404"),
    ],
)
def test_probe_tells_who_the_bot_is_and_what_its_webhook_does(
    bot: Bot, drive: Any, reply: Reply, setup: dict[str, str], fields: dict[str, Any], well: bool, words: str
) -> None:
    findings = drive(bot(**setup).probe(), reply(ME), reply(info(**fields)))
    assert findings[0] == (True, "the token works as @orchard_bot", "")
    assert all(finding.ok for finding in findings) is well
    assert words in " ".join(finding.what for finding in findings)
    assert all(finding.remedy for finding in findings if not finding.ok)
    assert all(call.repeatable for call in drive.calls)


@pytest.mark.parametrize(
    ("callback", "fields", "well", "words"),
    [
        (URL, {"url": URL}, True, "Telegram delivers to"),
        ("", {}, True, "polls can work"),
        (URL, {"url": "https://other.example.com"}, False, "another program has set the webhook"),
        ("", {"url": URL}, False, "another program has set the webhook"),
        (URL, {}, False, "somebody removed the webhook"),
        (URL, {"url": URL, "pending_update_count": 4, "last_error_message": "404"}, False, "4 updates are waiting"),
        (URL, {"url": URL, "last_error_message": "404"}, True, "Telegram delivers to"),
    ],
)
def test_examine_tells_whose_the_updates_are_and_whether_they_come(
    bot: Bot, drive: Any, reply: Reply, callback: str, fields: dict[str, Any], well: bool, words: str
) -> None:
    (finding,) = drive(bot().examine(callback), reply(info(**fields)))
    assert finding.ok is well
    assert words in finding.what
    assert well or finding.remedy


def test_probe_tells_a_refused_token_and_a_foreign_bot(bot: Bot, drive: Any, reply: Reply) -> None:
    (finding,) = drive(bot().probe(), reply(no(401, "Unauthorized"), 401))
    assert not finding.ok
    other = {"ok": True, "result": {"id": 1, "username": "other"}}
    assert not drive(bot().probe(), reply(other), reply(info()))[0].ok


def test_connect_sets_the_webhook_with_the_secret(webhook_bot: TelegramChannel, drive: Any, reply: Reply) -> None:
    (finding,) = drive(webhook_bot.connect(URL), reply({"ok": True, "result": True}))
    assert finding.ok
    ((method, body),) = drive.bodies()
    assert method == "setWebhook"
    assert (body["url"], body["secret_token"]) == (URL, "our_own-Secret")
    assert body["allowed_updates"]


def test_connect_tells_what_telegram_dislikes(webhook_bot: TelegramChannel, drive: Any, reply: Reply) -> None:
    refused = no(400, "Bad Request: bad webhook: HTTPS url must be provided for webhook")
    (finding,) = drive(webhook_bot.connect("http://x"), reply(refused, 400))
    assert not finding.ok
    assert "HTTPS" in finding.what
    with pytest.raises(Unavailable):
        drive(webhook_bot.connect(URL), reply(b"", 502))


def test_connect_without_a_secret_sets_nothing(bot: Bot, drive: Any) -> None:
    (finding,) = drive(bot(mode="webhook").connect(URL))
    assert not finding.ok
    assert not drive.calls


def test_connect_for_polls_removes_the_webhook_and_keeps_what_waits(bot: Bot, drive: Any, reply: Reply) -> None:
    (finding,) = drive(bot().connect(URL), reply({"ok": True, "result": True}))
    assert finding.ok
    assert drive.bodies() == [("deleteWebhook", {"drop_pending_updates": False})]


# -- against the published description of the API ----------------------------------------------------------------


def fits(value: Any, kinds: list[str], types: dict[str, Any]) -> bool:
    """Whether a JSON value is of one of these Bot API types; objects by their fields, none unknown, none missing."""
    simple = {"Integer": int, "String": str, "Boolean": bool, "Float": float}
    for kind in kinds:
        if kind.startswith("Array of "):
            if isinstance(value, list) and all(fits(item, [kind[9:]], types) for item in value):
                return True
        elif kind in simple:
            if type(value) is simple[kind]:
                return True
        elif isinstance(value, dict) and not problems(value, types[kind].get("fields", []), types):
            return True
    return False


def problems(body: dict[str, Any], fields: list[dict[str, Any]], types: dict[str, Any]) -> list[str]:
    known = {field["name"]: field for field in fields}
    found = [f"unknown {name}" for name in body if name not in known]
    found += [f"missing {name}" for name, field in known.items() if field["required"] and name not in body]
    wrong = (name for name in body if name in known and not fits(body[name], known[name]["types"], types))
    return found + [f"ill-typed {name}" for name in wrong]


def test_every_request_is_one_that_telegram_describes(bot: Bot, drive: Any, reply: Reply) -> None:
    if not SPEC.exists():
        pytest.skip("the Bot API's description does not lie beside this checkout")
    spec = json.loads(SPEC.read_text())
    webhook, yes = bot(mode="webhook", secret="s"), reply({"ok": True, "result": True})
    runs: list[tuple[Calls[Any], list[HttpReply]]] = [
        (bot().send(outgoing()), [reply(took())]),
        (bot().send(outgoing(reply_to="7000000001:41", address="@orchard")), [reply(took())]),
        (bot().poll(""), [reply({"ok": True, "result": []})]),
        (bot().poll("12"), [reply({"ok": True, "result": []})]),
        (bot().probe(), [reply(ME), reply(info())]),
        (webhook.connect(URL), [yes]),
        (bot().connect(URL), [yes]),
    ]
    seen = set()
    for calls, replies in runs:
        drive(calls, *replies)
        for method, body in drive.bodies():
            seen.add(method)
            assert problems(body, spec["methods"][method].get("fields", []), spec["types"]) == [], method
    assert seen == {"sendMessage", "getUpdates", "getMe", "getWebhookInfo", "setWebhook", "deleteWebhook"}
    assert problems({"chat_id": 1, "txt": ""}, spec["methods"]["sendMessage"]["fields"], spec["types"]) == [
        "unknown txt",
        "missing text",
    ]
