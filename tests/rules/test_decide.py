"""The decision about a message."""

import tomllib
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hub.contracts.toml_lines import Lines
from hub.model.commands import OptOut, Send
from hub.model.events import MessageReceived
from hub.model.people import Identity, Person, PersonId
from hub.model.view import ConversationView, View
from hub.rules import Decision, Policy, compile_rules, decide

TEXT = """
[hours.shop]
timezone = "UTC"
week = { mon-fri = "08:00-18:00" }

[texts]
price = { en = "Prices for {{ person.name or 'you' }}", hy = "Գներ" }
away = "Open {{ hours.next_open }}"

[[rule]]
name = "price"
keywords = ["price", { word = "գին", match = "prefix" }]
reply = "price"

[[rule]]
name = "list"
keywords = ["price list", "price"]
inbox = "sales"
reply = { text = "The list" }

[[rule]]
name = "away"
outside = "shop"
once_per = "12h"
reply = "away"

[[rule]]
name = "hello"
first = true
channel = "telegram"
reply = { text = "Welcome" }

[[rule]]
name = "name"
keywords = ["who am i"]
reply = { text = "{{ person.name }}" }
"""
RULES = compile_rules(tomllib.loads(TEXT), Lines(TEXT, "hub.toml").where)
NONE = compile_rules({}, lambda path: "")
HOUR = 3_600_000
NOON = 1_795_435_200_000  # Monday 2026-11-23 12:00 UTC
NIGHT = NOON + 8 * HOUR
POLICY = Policy()


def event(text, **more):
    sender = (Identity("phone", "", "+447700900123"),)
    values = {"key": "k", "at": NOON, "account": "a", "sender": sender, "address": "447700900123", "provider_id": "p"}
    return MessageReceived(text=text, **{**values, **more})


def view(received=NOON, person=None, **talk):
    talk = {"id": 1, "inbox": "support", "channel": "whatsapp", **talk}
    return View(person=person or Person(PersonId(1), "Ann"), conversation=ConversationView(**talk), received=received)


def run(text, view=view(), rules=RULES, **more):  # noqa: B008
    return decide(event(text, at=more.pop("at", view.received), **more), view, rules, POLICY)


def test_a_keyword_gets_its_reply():
    decision = run("What is the PRICE?")
    assert decision.commands == (Send(rule="price", text="Prices for Ann"),)
    assert decision.because == ("price: keyword 'price'",)


def test_nothing_matters_says_nothing():
    assert run("good morning") == Decision((), ())


def test_language_of_the_person():
    assert run("Գինը ինչքա՞ն է", view(person=Person(PersonId(1), "", "hy"))).commands[0].text == "Գներ"


def test_rules_act_in_file_order_in_their_inboxes():
    assert [command.rule for command in run("price list", view(inbox="sales")).commands] == ["price", "list"]
    assert [command.rule for command in run("price list", view(inbox="other")).commands] == ["price"]


def test_first_message_on_a_channel():
    assert [c.rule for c in run("hi", view(first=True, channel="telegram")).commands] == ["hello"]
    assert run("hi", view(first=True)).commands == ()
    assert run("hi", view(channel="telegram")).commands == ()


def test_away_once_in_its_time():
    decision = run("hi", view(NIGHT))
    assert decision.commands == (Send(rule="away", text="Open 2026-11-24 08:00", once=True),)
    assert decision.because == ("away: outside hours 'shop'",)
    assert run("hi", view(NOON)) == Decision()
    again = run("hi", view(NIGHT, fired={"away": NIGHT - 12 * HOUR + 1}))
    assert again.commands == ()
    assert again.because == ("away: outside hours 'shop'; not again so soon",)
    assert run("hi", view(NIGHT, fired={"away": NIGHT - 12 * HOUR})).commands
    assert run("hi", view(NIGHT, fired={"price": NIGHT})).commands


def test_stop_goes_before_rules():
    for seen in (view(), view(paused_until=NOON + 1), view(first=True, channel="telegram"), view(NIGHT)):
        assert run("STOP", seen).commands == (OptOut(rule="consent", wants=False),)
    assert run("Stop!", rules=NONE).commands == (OptOut(rule="consent", wants=False),)
    assert run("stop", backfill=True).commands == (OptOut(rule="consent", wants=False),)
    assert run("stop", at=NOON - 99 * HOUR).commands == (OptOut(rule="consent", wants=False),)


OUT = Person(PersonId(1), "Ann", opted_out=True)


def test_resume_only_by_a_fresh_message_of_somebody_who_stopped():
    assert run("START", view(person=OUT)).commands == (OptOut(rule="consent", wants=True),)
    assert run("START", view(person=OUT), backfill=True).commands == ()
    assert run("START", view(person=OUT), at=NOON - 7 * HOUR).commands == ()
    assert [c.rule for c in run("/start", view(first=True, channel="telegram")).commands] == ["hello"]


def test_no_automation_for_those_who_opted_out():
    decision = run("price", view(person=OUT))
    assert decision.commands == ()
    assert decision.because == ("no automation: the person opted out",)


def test_no_automation_for_history_and_old_messages():
    assert run("price", backfill=True) == Decision()
    old = run("price", at=NOON - 6 * HOUR - 1)
    assert old.commands == ()
    assert "old" in old.because[0]
    assert run("price", at=NOON - 6 * HOUR).commands
    assert run("price", at=0).commands  # the platform told no time


def test_no_automation_over_a_humans_head():
    decision = run("price", view(paused_until=NOON + 1))
    assert decision.commands == ()
    assert decision.because == ("no automation: a human has the conversation",)
    assert run("price", view(paused_until=NOON)).commands


def test_a_text_that_comes_out_empty_is_not_sent():
    decision = run("who am I?", view(person=Person(PersonId(1))))
    assert decision.commands == ()
    assert decision.because == ("name: keyword 'who am i'; the text is empty",)


VIEWS = st.builds(
    lambda received, out, **talk: view(received, Person(PersonId(1), "Ann", opted_out=out), **talk),
    st.integers(NOON - 99 * HOUR, NOON + 99 * HOUR),
    st.booleans(),
    inbox=st.sampled_from(["sales", "support"]),
    channel=st.sampled_from(["whatsapp", "telegram"]),
    first=st.booleans(),
    paused_until=st.sampled_from([0, NOON]),
    fired=st.none() | st.just({"away": NOON}),
)
TEXTS = st.text(max_size=20) | st.sampled_from(["price", "stop", "start", "price list", "गीन", "STOP price"])


@given(TEXTS, VIEWS, st.booleans(), st.integers(0, NOON + 99 * HOUR))
def test_promises_hold_for_every_view(text, seen, backfill, at):
    said = event(text, backfill=backfill, at=at)
    decision = decide(said, seen, RULES, POLICY)
    assert decision == decide(said, seen, RULES, POLICY)
    sends = [command for command in decision.commands if isinstance(command, Send)]
    if seen.person.opted_out or seen.conversation.paused_until > seen.received or backfill:
        assert not sends
    assert len({(command.kind, command.rule, command.slot) for command in decision.commands}) == len(decision.commands)
    # A clock that stands still: the age of a message counts from its own time only.
    assert decide(replace(said, at=0), seen, RULES, POLICY).commands or not sends
