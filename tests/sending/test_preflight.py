"""A template is looked at before it leaves."""

import pytest

from hub.contracts.channel import TemplateInfo
from hub.model.content import Media, Template
from hub.sending import template_fault

LISTED = [
    TemplateInfo("", "order_ready", "en", "APPROVED", True, body=1),
    TemplateInfo("", "order_ready", "de", "PAUSED", False, body=1),
    TemplateInfo("", "sale", "en", "DISABLED", False),
    TemplateInfo("", "map", "en", "APPROVED", True, header_media="image", buttons=1),
    TemplateInfo("2002", "other_account", "en", "APPROVED", True),
]


def template(name="order_ready", language="en", body=("Ana",), **more):
    return Template(name=name, language=language, body=body, **more)


IMAGE = Media(kind="image", url="https://example.com/map.png")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (template(), ""),
        (template(name="order_redy"), "There is no template 'order_redy' (did you mean 'order_ready'?)."),
        (template(name="xyz"), "There is no template 'xyz' (`dragoman templates` lists those that are)."),
        (template(name="other_account", body=()), "There is no template 'other_account'"),
        (template(language="fr"), "The template 'order_ready' has no language 'fr' (it has de, en)."),
        (template(language="de"), "The template 'order_ready' in 'de' is paused (it is approved in en)."),
        (template(name="sale", body=()), "The template 'sale' in 'en' is disabled"),
        (template(body=()), "The template 'order_ready' takes 1 value in its text, not 0."),
        (template(body=("a", "b")), "takes 1 value in its text, not 2."),
        (template(body=(" ",)), "A value of the template 'order_ready' is empty"),
        (template(header=("x",)), "takes 0 values in its header, not 1."),
        (template(name="map", body=(), media=IMAGE, buttons=("", "x")), ""),
        (template(name="map", body=(), buttons=("x",)), "The template 'map' takes a file (image) in its header."),
        (template(media=IMAGE), "The template 'order_ready' takes no file."),
    ],
)
def test_what_is_wrong_is_said(sent, said):
    fault = template_fault(sent, "1001", LISTED)
    assert said in fault
    assert bool(fault) == bool(said)


def test_nothing_is_known_before_the_templates_were_read():
    assert template_fault(template(name="xyz"), "1001", []) == ""
    assert template_fault(template(name="xyz"), "1001", LISTED[-1:]) == ""
