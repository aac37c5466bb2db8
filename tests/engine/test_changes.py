"""What a platform says later: messages edited and taken back, people with other identifiers, news of the account."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hub.backup.settings import RetentionSettings
from hub.contracts.crm import Written
from hub.engine.effects import early
from hub.engine.retention import keep_of
from hub.model.content import Media
from hub.model.events import AccountNews, IdentityChanged, MessageChanged, MessageEchoed, MessageReceived
from hub.model.people import Identity
from hub.model.records import Record
from hub.store import health
from hub.store.retention import find, remove, rules

ANA = Identity("phone", "", "+12025550111")
BEN = Identity("phone", "", "+12025550122")
NEW = Identity("phone", "", "+447700900123")
USER = Identity("whatsapp_user", "paper", "US.7")
MINUTE = 60_000


def said(desk, number, sender=(ANA,), *, account="1001", **more):
    return MessageReceived(
        key=f"{account}.{number}",
        at=desk.now,
        account=account,
        sender=sender,
        address=sender[0].key,
        provider_id=f"p{number}",
        text="one",
        **more,
    )


def change(desk, number, text="two", *, later=MINUTE, account="1001", kind="edited"):
    key = f"{account}.{number}.{kind}.{later}"
    return MessageChanged(
        key=key, at=desk.now + later, account=account, provider_id=f"p{number}", change=kind, text=text
    )


def message(desk, number=1):
    return desk.rows("SELECT text, edited - ?, deleted - ? FROM messages WHERE id=?", desk.now, desk.now, number)[0]


def logs(desk):
    return desk.rows("SELECT rule, state, slot FROM (SELECT *, substr(key, -6) AS slot FROM outbox) WHERE kind='log'")


def decided(desk):
    return [because for (because,) in desk.rows("SELECT because FROM decisions ORDER BY id")]


@pytest.fixture
def logged(desk):
    """Ana's message stands in the CRM as record 900; her contact is 7."""
    return log_one(desk)


@pytest.fixture
def newest(tmp_path):
    """The CRM's phone number is kept up to date, and the newest one wins."""
    (tmp_path / "mappings").mkdir()
    line = 'phone = { from = "phone", when = "always", rule = "newest" }'
    (tmp_path / "mappings" / "hubspot.toml").write_text(f"[person]\n{line}\n")


@pytest.fixture
def kept(newest, desk):
    """As `logged`, with that mapping."""
    return log_one(desk)


def log_one(desk):
    desk.crm_knows(Record(id="7", identities=(ANA,)), feed="recent")
    desk.happened(said(desk, 1))
    (entry,) = desk.crm("log").logs
    desk.crm_answers(Written(outbox=entry.outbox, record="900"))
    return desk


def test_an_edit_before_the_message_was_logged_is_simply_logged(desk):
    desk.crm_knows(Record(id="7", identities=(ANA,)), feed="recent")
    desk.happened(said(desk, 1), change(desk, 1))

    assert message(desk) == ("two", MINUTE, -desk.now)
    (entry,) = desk.crm("log").logs
    assert entry.text.startswith("two")
    assert len(logs(desk)) == 1


def test_an_edit_after_it_changes_what_stands_there(logged):
    logged.happened(change(logged, 1))

    assert message(logged)[0] == "two"
    ((first, _, _), (rule, state, _)) = logs(logged)
    assert (first, rule, state) == ("log", "relog", "waiting")
    assert logged.rows("SELECT message, lane, target FROM outbox WHERE rule='relog'") == [(1, 1, "main")]
    assert "message 1 edited" in decided(logged)


def test_an_edit_while_it_is_being_logged_is_written_after_it(desk):
    desk.crm_knows(Record(id="7", identities=(ANA,)), feed="recent")
    desk.happened(said(desk, 1))
    desk.crm("log")
    desk.happened(change(desk, 1))

    assert [(rule, state) for rule, state, _ in logs(desk)] == [("log", "started"), ("relog", "waiting")]


def test_an_edit_of_a_message_that_may_have_been_logged_is_written_too(desk):
    desk.crm_knows(Record(id="7", identities=(ANA,)), feed="recent")
    desk.happened(said(desk, 1))
    desk.crm("log")
    desk.store.recover(desk.now, {})
    desk.happened(change(desk, 1))

    assert [rule for rule, _, _ in logs(desk)] == ["log", "relog"]


def test_two_edits_in_a_row_are_written_once(logged):
    logged.happened(change(logged, 1), change(logged, 1, "three", later=2 * MINUTE))

    assert message(logged)[0] == "three"
    assert [rule for rule, _, _ in logs(logged)] == ["log", "relog"]


def test_the_first_text_is_kept(logged):
    logged.happened(change(logged, 1), change(logged, 1, "three", later=2 * MINUTE))

    ((content,),) = logged.rows("SELECT content FROM messages WHERE id=1")
    assert json.loads(content) == {"first": "one"}


def test_an_older_edit_that_comes_late_counts_for_nothing(logged):
    logged.happened(change(logged, 1, "three", later=2 * MINUTE))
    logged.happened(change(logged, 1, "two"))

    assert message(logged) == ("three", 2 * MINUTE, -logged.now)
    assert decided(logged)[-1] == "edit of message 1 ignored: a newer one came before"


def test_what_was_taken_back_is_marked_and_keeps_its_text(logged):
    logged.happened(change(logged, 1, "", kind="deleted"))
    logged.happened(change(logged, 1, "two", later=2 * MINUTE))

    assert message(logged) == ("one", -logged.now, MINUTE)
    assert [rule for rule, _, _ in logs(logged)] == ["log", "relog"]
    assert decided(logged)[-1] == "edit of message 1 ignored: it was taken back"


def test_a_change_of_a_message_nobody_knows_is_noted(desk):
    desk.happened(change(desk, 1), change(desk, 1, kind="deleted"), change(desk, 1, account="9999"))

    what = [because.partition(" of ")[0] for because in decided(desk)]
    assert what == ["edit", "removal", "edit"]
    assert desk.rows("SELECT count(*) FROM dead") == [(0,)]


def test_a_change_that_overtook_its_message_waits_for_it(desk):
    desk.crm_knows(Record(id="7", identities=(ANA,)), feed="recent")
    desk.happened(change(desk, 1, "three", later=2 * MINUTE), change(desk, 1, "two"))
    desk.happened(said(desk, 1, account="1002"), said(desk, 2), said(desk, 1))

    texts = desk.rows("SELECT text, edited FROM messages WHERE direction='in' ORDER BY id")
    assert texts == [("one", 0), ("one", 0), ("three", desk.now + 2 * MINUTE)]
    assert desk.rows("SELECT count(*) FROM early") == [(0,)]
    assert sum(entry.text.startswith("three") for entry in desk.crm("log").logs) == 1


def test_what_was_taken_back_before_it_came_is_marked_and_nobody_answers(desk):
    desk.happened(change(desk, 1, "", kind="deleted"), said(desk, 1))

    assert message(desk) == ("one", -desk.now, MINUTE)
    assert desk.rows("SELECT count(*) FROM outbox WHERE kind='send'") == [(0,)]
    assert desk.rows("SELECT count(*) FROM early") == [(0,)]


def test_a_change_from_long_ago_does_not_wait_and_one_that_waited_a_day_goes(desk):
    desk.happened(change(desk, 1, later=-early.DAY - 1), change(desk, 2))
    assert desk.rows("SELECT provider_id FROM early") == [("p2",)]

    rule = next(rule for rule in rules(keep_of(RetentionSettings())) if rule.table == "early")
    assert find(desk.store.db, rule, desk.now + early.DAY) == []
    later = desk.now + early.DAY + 1
    assert remove(desk.store, rule, find(desk.store.db, rule, later), later) == 1


def placeholder(desk, number=1):
    return replace(said(desk, number, backfill=True, form="unsupported"), key=f"placeholder:{number}")


@pytest.mark.parametrize("first", ["the placeholder", "the file"])
def test_a_file_of_history_and_its_placeholder_are_one_message(desk, first):
    told = [placeholder(desk), said(desk, 1, backfill=True, form="image", media=(Media(kind="image", ref="m1"),))]
    desk.crm_knows(Record(id="7", identities=(ANA,)), feed="recent")
    for event in told if first == "the placeholder" else reversed(told):
        desk.happened(event)

    assert desk.rows("SELECT id, form, text FROM messages") == [(1, "image", "one")]
    assert desk.rows("SELECT message, ref FROM media") == [(1, "m1")]
    assert [rule for rule, _, _ in logs(desk)] == ["log"]


def test_a_placeholder_that_stands_in_the_crm_is_changed_there(desk):
    desk.crm_knows(Record(id="7", identities=(ANA,)), feed="recent")
    desk.happened(placeholder(desk))
    (entry,) = desk.crm("log").logs
    desk.crm_answers(Written(outbox=entry.outbox, record="900"))
    desk.happened(said(desk, 1, backfill=True, form="image"))

    (entry,) = desk.crm("log").logs
    assert (entry.logged, entry.sequence) == ("900", 1)


def test_a_file_that_the_business_sent_long_ago_fills_its_placeholder_too(desk):
    def sent(key, form, *files):
        more = {"key": key, "at": desk.now, "account": "1001", "recipient": (ANA,), "address": ANA.key}
        return MessageEchoed(**more, provider_id="p1", form=form, media=files, backfill=True)

    desk.happened(sent("placeholder:e1", "unsupported"), sent("e1", "image", Media(kind="image", ref="m1")))

    assert desk.rows("SELECT direction, form FROM messages") == [("out", "image")]
    assert desk.rows("SELECT message, ref FROM media") == [(1, "m1")]


def test_only_the_message_of_that_inbox_is_changed(desk):
    desk.happened(said(desk, 1), said(desk, 1, account="1002"))
    desk.happened(change(desk, 1, account="1002"))

    assert desk.rows("SELECT text FROM messages WHERE direction='in' ORDER BY id") == [("one",), ("two",)]


def test_where_the_contact_is_gone_the_change_waits_for_it(logged):
    logged.rows("UPDATE links SET state='creating'")
    logged.happened(change(logged, 1))

    assert [(rule, state) for rule, state, _ in logs(logged)] == [("log", "done"), ("relog", "held")]


# -- identities --------------------------------------------------------------------------------------------------


def moves(desk, old, new, address="", number=1):
    return IdentityChanged(key=f"move{number}", at=desk.now, account="1001", old=old, new=new, address=address)


def test_a_new_number_is_the_same_person(logged):
    logged.happened(moves(logged, (ANA,), (NEW, USER), "447700900123"))
    logged.happened(said(logged, 2, (NEW,)))

    assert logged.rows("SELECT DISTINCT person FROM messages") == [(1,)]
    assert logged.rows("SELECT phone FROM people") == [(NEW.key,)]
    assert logged.rows("SELECT DISTINCT address FROM conversations WHERE id=1") == [(NEW.key,)]
    assert logged.rows("SELECT identity FROM identity_events WHERE what='changed' ORDER BY id") == [
        (NEW.id,),
        (USER.id,),
    ]


def test_the_crm_learns_the_new_number_and_answers_go_there(kept):
    kept.happened(moves(kept, (ANA,), (NEW,), "447700900123"))

    assert kept.rows("SELECT address FROM conversations") == [("447700900123",)]
    assert [person.fields for person in kept.crm("person").persons] == [{"phone": NEW.key}]


def test_a_mapping_that_writes_no_number_into_old_records_orders_nothing(logged):
    logged.happened(moves(logged, (ANA,), (NEW,)))

    assert logged.rows("SELECT count(*) FROM outbox WHERE kind='person'") == [(0,)]


@pytest.mark.parametrize(("later", "stands"), [(-1, NEW.key), (1, "+12025550133")])
def test_the_newer_of_two_new_numbers_wins(kept, later, stands):
    kept.happened(moves(kept, (ANA,), (NEW,)))
    typed = Identity("phone", "", "+12025550133")
    kept.crm_knows(Record(id="7", identities=(typed,), modified=kept.now + later), feed="recent")

    assert kept.rows("SELECT phone FROM people") == [(stands,)]


def test_a_number_typed_after_the_crm_showed_ours_is_taken(kept):
    kept.happened(moves(kept, (ANA,), (NEW,)))
    kept.crm_knows(Record(id="7", identities=(NEW,), modified=kept.now), feed="recent")
    typed = Identity("phone", "", "+12025550133")
    kept.crm_knows(Record(id="7", identities=(typed,)), feed="recent")

    assert kept.rows("SELECT phone FROM people") == [(typed.key,)]


def test_another_number_of_the_person_stays_and_nothing_is_written(logged):
    logged.rows("UPDATE people SET phone='+12025550199'")
    logged.happened(moves(logged, (ANA,), (NEW,)))

    assert logged.rows("SELECT phone FROM people") == [("+12025550199",)]
    assert logged.rows("SELECT count(*) FROM outbox WHERE kind='person'") == [(0,)]


def test_a_number_of_somebody_else_stays_his_and_a_human_is_asked(logged):
    logged.happened(said(logged, 2, (BEN,)))
    logged.happened(moves(logged, (ANA,), (USER, BEN), "12025550122"))

    assert logged.rows("SELECT person FROM identities WHERE id IN (?, ?) ORDER BY id", BEN.id, USER.id) == [(2,), (1,)]
    assert logged.rows("SELECT phone FROM people ORDER BY id") == [(ANA.key,), (BEN.key,)]
    assert logged.rows("SELECT address FROM conversations ORDER BY id") == [(ANA.key,), (BEN.key,)]
    assert logged.rows("SELECT kind, person, cause FROM dead") == [
        (
            "review",
            1,
            f"paper: person 1 goes by {BEN.id} now, which belongs to person 2; "
            f"if it is one person: dragoman people move {BEN.id} p1",
        )
    ]
    assert logged.rows("SELECT person, identity FROM identity_events WHERE what='conflict'") == [(1, BEN.id)]


def test_the_same_news_twice_changes_nothing_more(kept):
    kept.happened(moves(kept, (ANA,), (NEW,)))
    kept.happened(moves(kept, (ANA,), (NEW,), number=2))

    assert kept.rows("SELECT count(*) FROM identity_events WHERE what='changed'") == [(1,)]
    assert kept.rows("SELECT count(*) FROM outbox WHERE kind='person'") == [(1,)]


def test_who_is_not_known_is_noted_only(desk):
    desk.happened(moves(desk, (ANA,), (NEW,)))

    assert desk.rows("SELECT count(*) FROM people") == [(0,)]
    assert decided(desk) == ["other identifiers of somebody the hub does not know"]


# -- news --------------------------------------------------------------------------------------------------------


def test_news_of_the_account_needs_no_inbox_and_wakes_who_cares(desk):
    news = AccountNews(key="n1", at=5, account="waba", topic="template", subject="hello en", text="paused", bad=True)
    desk.store.accept([desk.on_paper(news)])
    done = desk.step()

    assert desk.rows("SELECT at, connection, account, topic, subject, text, bad FROM news") == [
        (5, "paper", "waba", "template", "hello en", "paused", 1)
    ]
    assert {"news:paper", "templates:paper"} <= done.woken
    assert desk.rows("SELECT count(*) FROM dead") == [(0,)]


def test_the_platforms_time_says_which_news_is_the_newest(desk):
    def news(at, bad):
        return AccountNews(key=f"n{at}", at=at, account="waba", topic="quality", subject="1", text=f"{at}", bad=bad)

    desk.happened(news(9, False), news(5, True))

    assert [(word.text, word.bad) for word in health.news(desk.store.db, desk.now)] == [("9", False)]
