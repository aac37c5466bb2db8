"""The invented customers: the hub must find each by the number as typed, and the rule must answer what is due."""

from __future__ import annotations

import random

import pytest

from hub.identity import phone_keys
from hub.testing.ledgers import token_of
from hub.testing.people import COUNTRIES, REGION, WRITTEN, company
from hub.testing.phrases import KEYWORDS, VOICES
from hub.words.consent import consent_word
from hub.words.keywords import Keyword, Keywords


@pytest.mark.parametrize("style", WRITTEN)
@pytest.mark.parametrize("country", COUNTRIES)
def test_every_written_number_is_read_as_the_person(country: str, style: str) -> None:
    place = COUNTRIES[country]
    national = place.number(7)
    for nsn in {national, place.other(national) if place.other else national}:
        keys = phone_keys(WRITTEN[style](place.code, nsn), REGION)
        assert f"+{place.code}{national}" in keys, keys


def test_nobody_has_anybody_else_s_number() -> None:
    made = company(random.Random(3), people=260, known=200, others=10_000, twice=20)
    forms = [form for person in made.people for form in person.forms]
    keys = {key for person in made.people for key in phone_keys(person.phone, REGION)}
    assert len(forms) == len(set(forms))
    strangers = [
        row
        for row, owner in zip(made.contacts, made.owners, strict=True)
        if not owner and keys & set(phone_keys(row.get("phone") or row["mobilephone"], REGION))
    ]
    assert strangers == []
    assert sum(1 for owner in made.owners if owner) == 220
    assert len(made.contacts) == 10_220


def test_the_rule_answers_what_the_driver_says_it_answers() -> None:
    rng, rule = random.Random(1), Keywords([Keyword(word, "word", 0) for word in KEYWORDS])
    for voice in VOICES:
        for asks in (True, False):
            for phrase in voice.asks if asks else voice.talks:
                text = voice._replace(asks=(phrase,), talks=(phrase,)).text(rng, "m00042", asks=asks)
                assert bool(rule.find(text)) is asks, text
                assert consent_word(text) is None
                assert token_of(f"Price list for {text}") == "m00042"
