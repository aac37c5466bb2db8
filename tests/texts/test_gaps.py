"""Texts with gaps say what the template engine would say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hub.texts.gaps import read_gaps
from hub.texts.texts import compile_text

VALUES = {"person": {"name": "", "language": "de"}, "inbox": "sales", "message": {"text": "{{ inbox }} \\ <b>"}}
GAPS = [
    "{{ person.name }}",
    "{{person.name or 'you'}}",
    '{{ person.language or "x" }}',
    "{{ inbox }}",
    "{{ message.text\n}}",
]
PIECES = st.sampled_from([*GAPS, "Hello", " ", "}", "100 %", "\r\n", "\n", "Գին", "'", '"', "or"]) | st.text(
    "ab }'\n", max_size=5
)


@given(st.lists(PIECES, max_size=8).map("".join))
def test_gaps_render_as_a_template_does(text):
    gaps = read_gaps(text)
    assert gaps is not None
    template = ImmutableSandboxedEnvironment().from_string(text)
    assert gaps.render(VALUES).strip() == template.render(VALUES).strip()


@pytest.mark.parametrize(
    "text",
    [
        "{{ person.nam }}",
        "{{ person }}",
        "{{ person.name.x }}",
        "{{ person.name | upper }}",
        "{% if inbox %}a{% endif %}",
        "{{ inbox or person.name }}",
        "{{ inbox or 'it\\'s' }}",
        "{{- inbox -}}",
        "{# a #}",
        "{{ true }}",
    ],
)
def test_whatever_is_more_than_a_gap_is_left_to_the_template_engine(text):
    assert read_gaps(text) is None


def test_the_variables_of_gaps_are_told():
    assert compile_text("{{ person.name or 'a' }}{{ inbox }}{{ value.city }}").uses == {
        "person.name",
        "inbox",
        "value.city",
    }
