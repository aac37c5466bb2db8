"""Reply texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.texts.texts import LONGEST, compile_text

VALUES = {
    "hours": {"next_open": "08:00"},
    "inbox": "sales",
    "message": {"text": "{{ 7 * 7 }}"},
    "person": {"name": "Ann", "language": "en"},
}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hello", "Hello"),
        ("Hello {{ person.name }}!", "Hello Ann!"),
        ("Hello {{ person['name'] | upper }}", "Hello ANN"),
        ("{% if person.name %}Hi {{ person.name }}{% else %}Hi{% endif %}", "Hi Ann"),
        ("{{ 'Hi' if person.language == 'en' else 'Hallo' }}", "Hi"),
        ("We open at {{ hours.next_open }}, {{ inbox }}", "We open at 08:00, sales"),
        ("You said: {{ message.text }}", "You said: {{ 7 * 7 }}"),
        ("{{ message.text | truncate(5) }}", "{{..."),
        ("{{ person.name | default('you', true) }} {# remark #}", "Ann"),
        ("1 < 2 & <b>", "1 < 2 & <b>"),
    ],
)
def test_render(source, text):
    assert compile_text(source).render("", VALUES) == text


@pytest.mark.parametrize(
    ("language", "text"), [("hy", "H"), ("pt-BR", "P"), ("pt_br", "P"), ("EN", "E"), ("de", "E"), ("", "E")]
)
def test_language_then_base_then_english(language, text):
    assert compile_text({"hy": "H", "en": "E", "pt": "P"}).render(language, {}) == text


def test_without_english_the_first_language():
    assert compile_text({"hy": "H", "de": "D"}).render("fr", {}) == "H"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{ person.nmae }}", r"unknown variable person\.nmae; known: .*person\.name"),
        ("{{ person }}", "unknown variable person"),
        ("{{ nobody.name }}", r"unknown variable nobody\.name"),
        ("{{ person['__class__'] }}", "unknown variable"),
        ("{{ person.name.__class__ }}", "cannot use getattr"),
        ("{{ ''.__class__ }}", "cannot use getattr"),
        ("{% for x in range(9) %}x{% endfor %}", "cannot use for"),
        ("{% for x in person.name %}x{% endfor %}", "cannot use for"),
        ("{{ range(9) }}", "cannot use call"),
        ("{{ 'a' * 1000000000 }}", "cannot use mul"),
        ("{{ 9 ** 99 }}", "cannot use pow"),
        ("{% set x = 1 %}", "cannot use assign"),
        ("{% macro m() %}{% endmacro %}", "cannot use macro"),
        ("{% include 'x' %}", "cannot use include"),
        ("{{ person.name > 3 }}", "cannot use compare"),
        ("{{ person.name | center(1000000000) }}", "unknown filter center"),
        ("{{ person.name | truncate('x') }}", "used wrongly"),
        ("{{ person.name | truncate(person.name) }}", "used wrongly"),
        ("{{ person.name | upper(1) }}", "used wrongly"),
        ("{{ person.name", "unexpected end"),
        ("{% if %}", "Expected"),
        ("", "empty"),
        ("   ", "empty"),
        ("x" * (LONGEST + 1), "longer"),
        ({}, "no language"),
        ({"en": "fine", "hy": "{{ x }}"}, "hy: unknown variable x"),
    ],
)
def test_mistakes_are_found_at_load(source, message):
    with pytest.raises(ValueError, match=message):
        compile_text(source)


def test_output_is_capped():
    values = {**VALUES, "message": {"text": "x" * (LONGEST * 2)}}
    assert len(compile_text("{{ message.text }}").render("", values)) == LONGEST


@given(st.text(alphabet="{}%#|.'\"() personam truncate(3)ifendif-=~", max_size=40))
def test_what_loads_renders(source):
    try:
        text = compile_text(source)
    except ValueError:
        return
    empty = {"hours": {"next_open": ""}, "inbox": "", "message": {"text": ""}, "person": {"name": "", "language": ""}}
    assert isinstance(text.render("", VALUES) + text.render("", empty), str)
