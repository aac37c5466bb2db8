"""`dragoman reply` with more than a text, and `dragoman templates`, beside a hub that does not run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.contracts.channel import TemplateInfo
from hub.model.content import Card, Content, Media, Option, Place, Template
from hub.model.events import TemplatesRead
from hub.store import open_store
from hub.store.blobs import FolderBlobs
from hub.testing.stores import environ, place_of
from hub.testing.tabletop import Tabletop

WROTE = {
    "object": "whatsapp_business_account",
    "entry": [
        {
            "id": "9",
            "changes": [
                {
                    "field": "messages",
                    "value": {
                        "messaging_product": "whatsapp",
                        "metadata": {"phone_number_id": "1001"},
                        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "12025550101"}],
                        "messages": [
                            {
                                "from": "12025550101",
                                "id": "wamid.1",
                                "timestamp": "1800000000",
                                "type": "text",
                                "text": {"body": "hello"},
                            }
                        ],
                    },
                }
            ],
        }
    ],
}


class Desk:
    """A hub on a table that somebody answers from the command line: the store is closed meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.table = Tabletop(folder)
        self.table.post("meta", json.dumps(WROTE).encode())
        self.table.step()

    def run(self, *args: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        self.table.store.close()
        words = [*args, "--config", str(self.folder / "hub.toml")]
        found = CliRunner().invoke(build(), words, env=environ(place_of(self.folder / "data")), catch_exceptions=False)
        self.table.store = open_store(place_of(self.folder / "data"))
        self.table.step()
        return found.exit_code, found.stdout, found.stderr

    def leaves(self) -> tuple[str, Content]:
        """The one message that leaves now."""
        (leased,) = self.table.lease()
        return leased.message.text, leased.message.content


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    yield found
    found.table.close()


def test_a_template_goes_with_its_values(desk):
    given = ("--template", "order_ready", "--language", "en", "--param", "Ana", "--param", "42")
    code, out, _ = desk.run("reply", "p1", *given)
    assert (code, " event " in out) == (0, True)
    template = Template(name="order_ready", language="en", body=("Ana", "42"))
    assert desk.leaves() == ("", Content(form="template", template=template))


def test_buttons_go_under_the_text(desk):
    assert desk.run("reply", "p1", "Shall we?", "--button", "Yes, do", "--button", "No")[0] == 0
    options = (Option(id="yes,-do", title="Yes, do"), Option(id="no", title="No"))
    assert desk.leaves() == ("Shall we?", Content(form="buttons", options=options))


def test_a_place_goes_as_a_place(desk):
    assert desk.run("reply", "p1", "--location", "40.1772,44.5035")[0] == 0
    assert desk.leaves() == ("", Content(form="location", place=Place(latitude=40.1772, longitude=44.5035)))


@pytest.mark.parametrize(("name", "kind"), [("offer.pdf", "document"), ("map.PNG", "image"), ("x.unknown", "document")])
def test_a_file_is_kept_by_the_hub_and_named_in_the_answer(desk, tmp_path, name, kind):
    (tmp_path / name).write_bytes(b"content")
    assert desk.run("reply", "p1", "Here.", "--file", str(tmp_path / name))[0] == 0
    text, content = desk.leaves()
    assert (text, content.form) == ("Here.", kind)
    media: Media | Any = content.media
    assert (media.kind, media.name, media.size) == (kind, name, 7)
    with FolderBlobs(tmp_path / "data" / "blobs").open(media.blob) as kept:
        assert kept.read() == b"content"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--location", "here"), "'here' is no place (write degrees"),
        (("--location", "nan,1"), "'nan,1' is no place"),
        (("--location", "91,1"), "'91,1' is no place"),
        (("--file", "nowhere.pdf"), "nowhere.pdf: No such file or directory"),
        (("--file", "."), ". is no file of 1 byte to 100 MB"),
        (("--button", "Yes"), "there is nothing to say"),
        (("text", "--button", "Yes", "--button", "yes"), "two buttons are called 'yes'"),
        (("--template", "a"), "a template has a language"),
        (("text", "--template", "a", "--language", "en"), "a template is the whole message"),
        (("--react", "👍", "--button", "Yes"), "--button and --react are two messages"),
        (("text", "--react", "👍"), "a reaction is the whole message"),
        (("text", "--quote", "m7"), "m7 is no message with p1"),
        (("text", "--quote", "wamid.1"), "'wamid.1' names no message"),
        (("text", "--list", "Choose"), "--list and --row go together"),
        (("text", "--list", "Choose", "--row", "|A"), "a choice has no title"),
        (("--card", "Ana"), "'Ana' is no card"),
        (("--card", "Ana|1|2|3"), "'Ana|1|2|3' is no card"),
        (("text", *["--button", "A", "--button", "B", "--button", "C", "--button", "D"]), "WhatsApp takes 1 to 3 but"),
        (("--template", "a", "--language", "en", "--param", "a=b", "--param", "c"), "some values are named and some"),
        (("text", "--header", "a"), "--param, --header, --button-value and --language are a template's"),
        (("text", "--param", "a"), "--param, --header, --button-value and --language are"),
        (("text", "--button", "Yes", "--location", "1,1"), "--button and --location are two messages"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_leaves(desk, args, said):
    code, _, err = desk.run("reply", "p1", *args)
    assert code == 2
    assert err.startswith(f"dragoman: {said}")
    assert err.count("\n") == 1
    assert desk.table.lease() == []


def leaves(desk: Desk) -> Any:
    (leased,) = desk.table.lease()
    return leased.message


def test_a_template_goes_with_header_buttons_and_names(desk):
    given = ("--template", "a", "--language", "en", "--header", "shop=North", "--param", "who=Ana=Bo")
    assert desk.run("reply", "p1", *given, "--button-value", "", "--button-value", "42")[0] == 0
    template = Template(
        name="a", language="en", header=("North",), body=("Ana=Bo",), buttons=("", "42"), names=("shop", "who")
    )
    assert leaves(desk).content.template == template


def test_a_value_that_looks_named_can_go_in_order_and_a_file_into_the_header(desk, tmp_path):
    (tmp_path / "map.png").write_bytes(b"content")
    given = ("--template", "a", "--language", "en", "--param", "=x=1", "--file", str(tmp_path / "map.png"))
    assert desk.run("reply", "p1", *given)[0] == 0
    template = leaves(desk).content.template
    assert (template.body, template.names, template.media.kind) == (("x=1",), (), "image")


def test_a_list_and_a_card_go(desk):
    rows = ("--row", "North|Near the park", "--row", "South")
    assert desk.run("reply", "p1", "Which?", "--list", "Choose", *rows)[0] == 0
    message = leaves(desk)
    options = (Option(id="north", title="North", description="Near the park"), Option(id="south", title="South"))
    assert (message.text, message.content) == ("Which?", Content(form="list", options=options, button="Choose"))


def test_a_card_goes(desk):
    assert desk.run("reply", "p1", "--card", "Ana|+12025550100", "--card", "Bo||bo@example.com")[0] == 0
    cards = (Card(name="Ana", phones=("+12025550100",)), Card(name="Bo", emails=("bo@example.com",)))
    assert leaves(desk).content == Content(form="contacts", cards=cards)


@pytest.mark.parametrize(
    ("args", "text", "form"),
    [
        (("Yes.", "--quote", "m1"), "Yes.", "text"),
        (("Yes.", "--quote", "last"), "Yes.", "text"),
        (("--react", "👍"), "👍", "reaction"),
        (("--react", "", "--quote", "1"), "", "reaction"),
    ],
)
def test_a_message_is_quoted_or_reacted_to(desk, args, text, form):
    assert desk.run("reply", "p1", *args)[0] == 0
    message = leaves(desk)
    assert (message.text, message.content.form, message.reply_to) == (text, form, "wamid.1")


def test_templates_are_listed_as_the_platform_has_them(desk):
    assert desk.run("templates")[1].startswith("No templates are known")
    rows = (
        TemplateInfo("", "order_ready", "en", "APPROVED", True, "UTILITY", "GREEN", body=2, header_media="image"),
        TemplateInfo("", "sale", "de", "PAUSED", False),
    )
    known = tuple(row._asdict() for row in rows)
    desk.table.happen(TemplatesRead(key="t", at=desk.table.now, connection="meta", templates=known))
    desk.table.step()
    _, out, _ = desk.run("templates")
    assert "a file (image), 2 in text" in out
    assert "paused" in out
    found = json.loads(desk.run("templates", "--json", "--usable")[1])
    assert [(row["connection"], row["name"], row["usable"], row["body"]) for row in found] == [
        ("meta", "order_ready", True, 2)
    ]


def test_who_is_not_known_and_what_is_not_sent_yet_come_with_a_remedy(desk):
    code, _, err = desk.run("reply", "p9", "Yes.")
    assert (code, err.startswith("dragoman: nobody is known as p9: write the number with its country code")) == (
        2,
        True,
    )
    desk.run("reply", "p1", "Yes.")
    ((last,),) = desk.table.rows("SELECT max(id) FROM messages")
    assert f"m{last} has no id at the platform" in desk.run("reply", "p1", "Again.", "--quote", f"m{last}")[2]
    assert "waba_id" in desk.run("templates")[1]


def test_an_identity_is_moved_to_whom_it_is_of(desk):
    body = json.dumps(WROTE).replace("12025550101", "12025550102").replace("wamid.1", "wamid.2").replace("Ana", "Bo")
    desk.table.post("meta", body.encode())
    desk.table.step()
    assert desk.run("people", "move", "+12025550102", "p1", "--agent", "Eva")[0] == 0
    assert desk.table.rows("SELECT DISTINCT person FROM identities") == [(1,)]
    for args, said in (
        (("+12025550102", "p1"), "phone::+12025550102 is p1's already"),
        (("p2", "p1"), "'p2' is a person, not an identity"),
        (("+12025550199", "p1"), "nobody is known as phone::+12025550199: write"),
    ):
        code, _, err = desk.run("people", "move", *args)
        assert (code, err.count("\n"), err.startswith(f"dragoman: {said}")) == (2, 1, True)
