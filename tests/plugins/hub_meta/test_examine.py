"""How a connection is: the token's life, whose webhooks they are, the numbers' health."""

import time

import pytest

from hub import Examines
from hub.contracts.errors import Unavailable

HERE = "https://hub.example.com/hook/main"
THERE = "https://token:secret@other.example.net/hook/7?key=secret"
DAY = 86_400
TOKEN = {
    "app_id": "41",
    "is_valid": True,
    "expires_at": 0,
    "data_access_expires_at": 0,
    "scopes": ["whatsapp_business_messaging", "whatsapp_business_management"],
}
NUMBER = {
    "id": "1",
    "display_phone_number": "+1 202-555-0100",
    "quality_rating": "GREEN",
    "status": "CONNECTED",
    "name_status": "APPROVED",
    "throughput": {"level": "STANDARD"},
}


def app(number="41", name="Example hub", override=""):
    data = {"id": number, "name": name, "link": "https://example.com"}
    return {"whatsapp_business_api_data": data, **({"override_callback_uri": override} if override else {})}


@pytest.fixture
def examined(make, answer):
    """The findings for a token, numbers and apps; the calls that were made."""

    def run(token=None, numbers=None, apps=None, url=HERE, waba="2"):
        replies = [(200, {"data": {**TOKEN, **(token or {})}})]
        if waba:
            replies.append((200, {"data": [NUMBER] if numbers is None else numbers}))
            replies += [(200, {"data": [app(override=HERE)] if apps is None else apps})] if url else []
        calls, findings = answer(make(waba_id=waba).examine(url), *replies)
        return findings, calls

    return run


def bad(findings):
    return [finding.what for finding in findings if not finding.ok]


def test_all_is_well(examined, channel):
    findings, calls = examined()
    assert isinstance(channel, Examines)
    assert bad(findings) == []
    told = " | ".join(finding.what for finding in findings)
    for part in ("does not expire", HERE, "+1 202-555-0100", "quality green", "connected", "throughput standard"):
        assert part in told
    assert [call.method for call in calls] == ["GET"] * 3
    assert all(call.repeatable for call in calls)
    assert [call.url.removeprefix("https://graph.facebook.com/v23.0/").partition("?")[0] for call in calls] == [
        "debug_token",
        "2/phone_numbers",
        "2/subscribed_apps",
    ]


@pytest.mark.parametrize("name", ["expires_at", "data_access_expires_at"])
@pytest.mark.parametrize(
    ("left", "told", "well"),
    [
        (30.5 * DAY, "expires in 30 days", True),
        (7.5 * DAY, "expires in 7 days", True),
        (6.5 * DAY, "expires in 6 days", False),
        (1.5 * DAY, "expires in 1 day", False),
        (0.5 * DAY, "expires today", False),
        (-DAY, "has expired", False),
    ],
)
def test_a_token_that_ends_soon_is_told_in_time(examined, name, left, told, well):
    findings, _ = examined(token={name: int(time.time() + left)})
    (life,) = [finding for finding in findings if told in finding.what]
    assert (life.ok, bool(life.remedy)) == (well, not well)


def test_a_token_that_is_no_longer_valid_or_lacks_a_permission(examined):
    assert "invalid" in bad(examined(token={"is_valid": False})[0])[0]
    lacking = {"scopes": ["whatsapp_business_messaging"]}
    assert bad(examined(token=lacking)[0]) == ["the access token lacks whatsapp_business_management"]
    assert bad(examined(token={"scopes": None})[0]) == []


def test_a_stolen_webhook_names_the_thief_without_secrets(examined):
    findings, _ = examined(apps=[app(override=THERE)])
    (told,) = bad(findings)
    assert "+1 202-555-0100 to https://other.example.net/hook/7, not to this hub" in told
    assert "secret" not in told
    assert any("dragoman connect" in finding.remedy for finding in findings)


@pytest.mark.parametrize(
    ("own", "override", "well"),
    [
        ({"phone_number": HERE}, THERE, True),
        ({"phone_number": THERE}, HERE, False),
        ({"application": THERE}, HERE, True),
        ({"application": THERE}, "", False),
        ({"application": HERE + "/"}, "", True),
        ({}, "", True),  # Meta does not tell; the address is shown for a person to compare
    ],
)
def test_a_numbers_own_address_comes_before_the_accounts_and_that_before_the_apps(examined, own, override, well):
    findings, _ = examined(numbers=[{**NUMBER, "webhook_configuration": own}], apps=[app(override=override)])
    assert (bad(findings) == []) is well
    assert well is False or any(HERE in finding.what for finding in findings)


def test_another_apps_override_is_not_ours(examined):
    others = app("99", "Other tool", HERE)
    told = bad(examined(apps=[others])[0])[0]
    assert "not subscribed" in told
    assert "Other tool" in told
    assert "nothing is delivered" in bad(examined(apps=[])[0])[0]
    assert bad(examined(apps=[others, app(override=HERE)])[0]) == []


def test_without_a_callback_address_the_webhook_is_not_asked_for(examined):
    findings, calls = examined(url="")
    assert bad(findings) == []
    assert len(calls) == 2


def test_without_an_account_only_the_token_is_examined(examined):
    findings, calls = examined(waba="")
    assert len(calls) == 1
    assert "waba_id" in findings[-1].what


@pytest.mark.parametrize(
    ("change", "well"),
    [
        ({"quality_rating": "YELLOW"}, True),
        ({"quality_rating": "RED"}, False),
        ({"status": "FLAGGED"}, False),
        ({"status": "BANNED"}, False),
        ({"name_status": "DECLINED"}, False),
        ({"name_status": "PENDING_REVIEW"}, True),
        ({"quality_rating": None, "status": 5, "throughput": "x"}, False),
        ({"quality_rating": None, "status": None, "name_status": None, "throughput": None}, True),
    ],
)
def test_a_numbers_health(examined, change, well):
    findings, _ = examined(numbers=[{**NUMBER, **change}])
    assert (findings[-1].ok, bool(findings[-1].remedy)) == (well, not well)


def test_what_meta_refuses_becomes_a_finding(make, answer):
    denied = (400, {"error": {"code": 10, "message": "an-access-token is bad"}})
    _, findings = answer(make(waba_id="2").examine(HERE), denied, denied)
    assert [finding.ok for finding in findings] == [False, False]
    assert "an-access-token" not in str(findings)


def test_a_passing_trouble_is_left_to_the_hub(make, answer):
    with pytest.raises(Unavailable):
        answer(make(waba_id="2").examine(HERE), (503, b""))
    with pytest.raises(Unavailable):
        answer(make(waba_id="2").examine(HERE), (200, {"data": TOKEN}), (503, b""))


def test_the_token_is_shown_to_meta_only(make, answer):
    channel = make(waba_id="2", access_token="a+token/&x")
    calls, _ = answer(channel.examine(""), (200, {"data": TOKEN}), (200, {"data": []}))
    assert calls[0].url.endswith("debug_token?input_token=a%2Btoken%2F%26x")
    assert "token" not in repr(calls)
