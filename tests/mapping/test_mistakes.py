"""Every kind of mistake in a mapping file is refused with its line and a remedy."""

import pytest

from hub.contracts.errors import ConfigError
from hub.mapping import load_mapping

P = "[person]\n"

MISTAKES = {
    "empty file": ("", "m.toml: the table [person] is missing or empty (add [person] with lines such as"),
    "person is no table": ("person = 1", "m.toml:1: the table [person] is missing or empty (add"),
    "empty person": ("\n[person]", "m.toml:2: the table [person] is missing or empty (add [person]"),
    "not TOML": (P + "a = ", "m.toml:2: this is not TOML: Invalid value (a line reads: field = "),
    "field twice": (P + "a = 'phone'\na = 'email'", "m.toml:3: this is not TOML: Cannot overwrite a value (a line"),
    "field twice in other case": (
        P + "Fax = 'attr.a'\nFAX = 'attr.b'",
        "m.toml:3: 'FAX' is 'Fax' once more: letter case does not matter to a CRM (remove one of the two)",
    ),
    "unknown table": (P + "a='phone'\n[owner]\nb=1", "m.toml:3: unknown table or key 'owner' (did you mean 'owners'?)"),
    "no source": (P + "a = 7", "m.toml:2: 'a' has no source (a = \"phone\" or { value = "),
    "no lines": (P + "a = []", "m.toml:2: 'a' has no line (write [ { value = "),
    "unknown key": (P + "a = { form = 'phone' }", "m.toml:2: 'a': unknown key 'form' (did you mean 'from'?)"),
    "old key": (P + "a = { from = 'phone', wins = 'hub' }", "m.toml:2: 'a': unknown key 'wins' (it is called rule)"),
    "neither from nor value": (P + "a = {}", "m.toml:2: 'a' needs either from or value (a = { from = "),
    "from and value": (P + "a = { from = 'phone', value = 'x' }", "m.toml:2: 'a' needs either from or value (a = {"),
    "misspelt source": (P + "\na = 'phne'", "m.toml:3: 'a': unknown source 'phne' (did you mean 'phone'?)"),
    "unknown source": (P + "a = 'zzz'", "m.toml:2: 'a': unknown source 'zzz' (sources: attr.NAME, channel, email,"),
    "source no text": (P + "a = { from = 1 }", "m.toml:2: 'a': unknown source 1 (sources: attr.NAME, channel,"),
    "further value without name": (
        P + "a = 'attr.'",
        "m.toml:2: 'a': 'attr.' names no value of a person (attr.NAME: a letter, then letters,",
    ),
    "further value that is a source": (
        P + "a = 'attr.phone'",
        "m.toml:2: 'a': attr.phone has a source of its own (write from = \"phone\")",
    ),
    "empty constant": (P + "a = { value = ' ' }", "m.toml:2: 'a': the value is empty or not a text (write value = "),
    "constant no text": (P + "a = { value = [1] }", "m.toml:2: 'a': the value is empty or not a text (write value"),
    "unknown when": (
        "[person.a]\nvalue = 'x'\nwhen = 'sometimes'",
        "m.toml:3: 'a': when = 'sometimes' is unknown (when = 'create' or 'always')",
    ),
    "unknown direction": (
        P + "a = { from = 'name', direction = 'in' }",
        "m.toml:2: 'a': direction = 'in' is unknown (direction = 'both' or 'push' or 'pull')",
    ),
    "unknown rule": (
        P + "a = { from = 'name', rule = 'latest' }",
        "m.toml:2: 'a': rule = 'latest' is unknown (rule = 'crm' or 'hub' or 'newest' or 'fill-blank' or",
    ),
    "unknown blank": (
        P + "a = { from = 'name', blank = true }",
        "m.toml:2: 'a': blank = True is unknown (blank = 'keep' or 'send')",
    ),
    "constant with a rule": (
        P + "a = { value = 'x', when = 'always', rule = 'newest' }",
        "m.toml:2: 'a': a constant has no rule 'newest' (rule = 'fill-blank' or 'hub')",
    ),
    "constant once with a rule": (
        P + "a = { value = 'x', rule = 'hub' }",
        "m.toml:2: 'a': a rule says nothing about a constant that is written once (remove rule, or add when = ",
    ),
    "constant pulled": (
        P + "a = { value = 'x', direction = 'pull' }",
        "m.toml:2: 'a': a constant has no direction (remove direction; a constant is only written into the CRM)",
    ),
    "constant transformed": (
        P + "a = { value = 'x', transform = 'upper' }",
        "m.toml:2: 'a': a constant has no transform (remove transform; a constant is",
    ),
    "pull of what the hub alone knows": (
        P + "a = { from = 'channel', direction = 'pull' }",
        "m.toml:2: 'a': channel cannot be taken from the CRM, only the hub knows it (direction = \"push\", or",
    ),
    "pull through a one-way transform": (
        P + "a = { from = 'name', direction = 'pull', transform = ['trim', 'upper'] }",
        "m.toml:2: 'a': what upper made cannot be carried back (remove upper, or direction = \"push\")",
    ),
    "pull with when": (
        P + "a = { from = 'name', direction = 'pull', when = 'always' }",
        "m.toml:2: 'a': when says nothing about a field that is never written (remove when, or",
    ),
    "rule without effect": (
        P + "a = { from = 'channel', rule = 'hub' }",
        "m.toml:2: 'a': rule says nothing about a field that is written once, where nothing is taken from the CRM (",
    ),
    "append to one value": (
        P + "a = { from = 'phone', rule = 'append' }",
        "m.toml:2: 'a': rule = 'append' makes one value of two, and phone holds one (append is for attr.NAME;",
    ),
    "append without when": (
        P + "a = { from = 'attr.a', rule = 'append' }",
        "m.toml:2: 'a': rule = 'append' needs a field that is written and taken (write when = ",
    ),
    "append through a one-way transform": (
        P + "a = { from = 'attr.a', when = 'always', rule = 'append', transform = 'upper' }",
        "m.toml:2: 'a': rule = 'append' needs a field that is written and taken (write when = \"always\" and",
    ),
    "emptied and filled": (
        P + "a = { from = 'attr.a', when = 'always', blank = 'send', rule = 'fill-blank' }",
        "m.toml:2: 'a': what blank = 'send' empties, rule = 'fill-blank' would fill again (remove one",
    ),
    "emptied with a default": (
        P + "a = { from = 'attr.a', blank = 'send', transform = ['default:-'] }",
        "m.toml:2: 'a': with a default there is no empty value that blank = 'send' could send (remove",
    ),
    "transform no list": (
        P + "a = { from = 'name', transform = 7 }",
        "m.toml:2: 'a': transform is no list of names (transform = [",
    ),
    "unknown transform": (
        P + "a = { from = 'name', transform = ['trim', 'uper'] }",
        "m.toml:2: 'a': unknown transform 'uper' (did you mean 'upper'?)",
    ),
    "argument missing": (
        P + "a = { from = 'name', transform = ['cut'] }",
        "m.toml:2: 'a': the transform cut lacks its argument (write \"cut:COUNT\")",
    ),
    "argument too much": (
        P + "a = { from = 'name', transform = ['trim:2'] }",
        "m.toml:2: 'a': the transform trim has no argument (write \"trim\")",
    ),
    "wrong count": (
        P + "a = { from = 'name', transform = ['cut:no'] }",
        "m.toml:2: 'a': the argument of cut is 'no' (it should be a count of characters, such as 40)",
    ),
    "wrong country": (
        P + "a = { from = 'phone', transform = [\n'national:UK'] }",
        "m.toml:3: 'a': the argument of national is 'UK' (it should be a country's two capital letters, such as GB)",
    ),
    "wrong date": (
        P + "a = { from = 'attr.born', transform = ['date:%d.%m.'] }",
        "m.toml:2: 'a': the argument of date is '%d.%m.' (it should name day, month and year once each,",
    ),
    "wrong pair": (
        P + "a = { from = 'attr.vip', transform = ['bool:Yes'] }",
        "m.toml:2: 'a': the argument of bool is 'Yes' (it should be two different texts, such as Yes/No)",
    ),
    "wrong decimals": (
        P + "a = { from = 'attr.n', transform = ['number:11'] }",
        "m.toml:2: 'a': the argument of number is '11' (it should be a count of decimals, 0 to 9)",
    ),
    "wrong change": (
        P + "a = { from = 'attr.n', transform = ['replace:x'] }",
        "m.toml:2: 'a': the argument of replace is 'x' (it should be an old and a new text,",
    ),
    "wrong separator": (
        P + "a = { from = 'attr.n', transform = ['split:;'] }",
        "m.toml:2: 'a': the argument of split is ';' (it should be another character:",
    ),
    "table missing": (
        P + "a = { from = 'language', table = 'languages' }",
        "m.toml:2: 'a': there is no table 'languages' (add [table.languages])",
    ),
    "table misspelt": (
        P + "a = { from = 'language', table = 'langs' }\n[table.languages]\nen = 'English'",
        "m.toml:2: 'a': there is no table 'langs' (did you mean 'languages'?)",
    ),
    "table of owners": (
        P + "a = { from = 'owner', table = 'x' }\n[table.x]\na = 'b'",
        "m.toml:2: 'a': owners have no table (write their e-mail addresses below [owners])",
    ),
    "table unused": (
        P + "a = 'phone'\n[table.x]\na = 'b'",
        'm.toml:3: no line uses [table.x] (remove it, or write table = "x" in a line of [person])',
    ),
    "table empty": (P + "a = 'phone'\n[table.x]", "m.toml:3: [table.x] is empty (write [table.x] and below it lines"),
    "table of no lines": (P + "a = 'phone'\n[table]\nx = 1", "m.toml:4: 'x' is not a table (write [table.x] and below"),
    "tables no table": (
        "table = 1\n" + P + "a = 'phone'",
        "m.toml:1: 'table' is not a table (write [table.NAME] above",
    ),
    "table value no text": (
        P + "a = { from = 'language', table = 'x' }\n[table.x]\nen = ['English']",
        "m.toml:4: [table.x]: 'en' stands for no text (a line reads: hub value = \"CRM value\")",
    ),
    "inbox no name": (
        P + "a = { value = 'x', inbox = [] }",
        'm.toml:2: \'a\': inbox names none (inbox = "shop" or ["shop", "support"])',
    ),
    "inbox unknown": (
        P + "a = { value = 'x', inbox = 'shp' }",
        "m.toml:2: 'a': there is no inbox 'shp' (did you mean 'shop'?)",
    ),
    "two lines for everybody": (
        P + "a = [\n{ value = 'x' },\n{ value = 'y' } ]",
        "m.toml:4: 'a': this line is never reached, as the one before it counts for everybody (put the line without",
    ),
    "inbox after everybody": (
        P + "a = [\n'channel',\n{ value = 'y', inbox = 'shop' } ]",
        "m.toml:4: 'a': this line is never reached, as the one before it counts for everybody (put",
    ),
    "inbox again": (
        P + "a = [ { value = 'x', inbox = 'shop' },\n{ value = 'y', inbox = ['shop'] } ]",
        "m.toml:3: 'a': this line is never reached, as lines before it have its inboxes (remove it,",
    ),
    "owners no table": ("owners = 1\n" + P + "a = 'owner'", "m.toml:1: 'owners' is not a table (write [owners] and "),
    "owner no address": (
        P + "a = 'owner'\n[owners]\nana = 'ana@example.com'",
        "m.toml:4: [owners]: 'ana' is no e-mail address (\"ana@example.com\" = ",
    ),
    "owner unknown form": (
        P + "a = 'owner'\n[owners]\n'ana@example.com' = 'Ana Example'",
        "m.toml:4: [owners]: 'ana@example.com' names no e-mail address and no id (\"ana@example.com\" = ",
    ),
    "owners unused": (
        P + "a = 'phone'\n[owners]\n'ana@example.com' = 'x'",
        "m.toml:3: no line uses [owners] (remove it, or add a line such as OwnerId = ",
    ),
    "two fields into one value": (
        P + "Phone = 'phone'\nMobile = 'phone'",
        "m.toml:3: 'Mobile' and 'Phone' (m.toml:2) would both be taken over as phone (write direction = \"push\"",
    ),
    "a name and its parts": (
        P + "Last = 'name.last'\nWhole = 'name'",
        "m.toml:3: 'Whole' and 'Last' (m.toml:2) would both be taken over as name (write direction = ",
    ),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_told_with_file_line_and_remedy(kind):
    text, said = MISTAKES[kind]
    with pytest.raises(ConfigError) as caught:
        load_mapping(text, "m.toml", inboxes={"shop", "support"})
    assert str(caught.value).startswith(said)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        P + "Phone = 'phone'\nMobile = { from = 'phone', when = 'always', direction = 'push' }",
        P + "First = 'name.first'\nLast = 'name.last'\nWhole = { from = 'name', transform = 'upper' }",
        P + "a = { value = 'x', when = 'always', rule = 'fill-blank' }",
        P + "a = [ { value = 'x', inbox = 'shop' }, { value = 'y', inbox = ['shop', 'support'] } ]",
        P + "a = { from = 'phone', direction = 'pull', rule = 'hub' }",
        P + "a = { from = 'attr.tags', rule = 'append', when = 'always' }",
    ],
)
def test_what_looks_alike_and_is_right_is_taken(text):
    load_mapping(text, "m.toml", inboxes={"shop", "support"})


def test_inboxes_are_not_checked_where_they_are_not_known():
    load_mapping(P + "a = { value = 'x', inbox = 'any' }", "m.toml")
