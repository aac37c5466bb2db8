"""What is said, in the messages that a channel takes."""

from hypothesis import given
from hypothesis import strategies as st

from hub.model.content import PLAIN, Content, Media, Option, Place, Template
from hub.sending import pieces, shown

BUTTONS = Content(form="buttons", options=(Option(id="yes", title="Yes"),))
IMAGE = Content(form="image", media=Media(kind="image", url="https://example.com/a.png"))
VOICE = Content(form="voice", media=Media(kind="voice", url="https://example.com/a.ogg"))
PLACE = Content(form="location", place=Place(latitude=1.5, longitude=2.5))
TEMPLATE = Content(form="template", template=Template(name="ready", language="en", body=("Ana", "42")))
LONG = "One two three. Four five six. Seven eight nine."


def test_a_plain_text_is_split_where_it_is_too_long():
    assert pieces("Hello", PLAIN, 20, 10) == [("Hello", PLAIN)]
    assert pieces(LONG, PLAIN, 30, 10) == [("One two three. Four five six.", PLAIN), ("Seven eight nine.", PLAIN)]
    assert pieces("  ", PLAIN, 20, 10) == []


def test_choices_stand_under_the_last_piece():
    assert pieces("Yes?", BUTTONS, 40, 20) == [("Yes?", BUTTONS)]
    assert pieces(LONG, BUTTONS, 40, 20) == [("One two three. Four five six.", PLAIN), ("Seven eight nine.", BUTTONS)]


def test_a_caption_goes_on_behind_the_file():
    assert pieces("", IMAGE, 40, 20) == [("", IMAGE)]
    assert pieces(LONG, IMAGE, 40, 20) == [("One two three.", IMAGE), ("Four five six. Seven eight nine.", PLAIN)]


def test_a_caption_may_be_as_long_as_a_text_where_nothing_else_is_said():
    assert pieces(LONG, IMAGE, 100, 0) == [(LONG, IMAGE)]


def test_what_carries_no_text_is_followed_by_it():
    assert pieces("Here.", PLACE, 40, 20) == [("", PLACE), ("Here.", PLAIN)]
    assert pieces("Listen", VOICE, 40, 20) == [("", VOICE), ("Listen", PLAIN)]


def test_a_template_is_one_message_and_is_shown_by_its_name():
    assert pieces("", TEMPLATE, 40, 20) == [("", TEMPLATE)]
    assert shown(TEMPLATE) == "[template ready] Ana, 42"
    assert shown(IMAGE) == ""


@given(st.text(max_size=300), st.sampled_from([PLAIN, BUTTONS, IMAGE, VOICE]), st.integers(10, 60), st.integers(5, 30))
def test_nothing_is_cut_and_nothing_is_too_long(text, content, text_max, caption_max):
    found = pieces(text, content, text_max, min(text_max, caption_max))
    assert "".join("".join(part.split()) for part, _ in found) == "".join(text.split())
    for part, held in found:
        assert len(part) <= (text_max if held is PLAIN else min(text_max, caption_max))
    assert [held for _, held in found if held is not PLAIN] == ([] if content is PLAIN else [content])
