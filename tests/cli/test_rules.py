"""`dragoman rules check`, `test` and `explain`; what `check`, `apply` and `why` say of rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.testing.tabletop import HUB_TOML, Tabletop

RULES = """
[hours.shop]
timezone = "UTC"
week = { mon-fri = "08:00-18:00" }
[tag.vip]
[agent.anna]
email = "anna@example.com"
[[rule]]
name = "by night"
keywords = ["price"]
outside = "shop"
reply = { text = "We are closed" }
[[rule]]
name = "regular"
on = "tag.added"
about = "vip"
notify = { to = "anna", text = "a regular" }
[[rule]]
name = "order"
keywords = ["order"]
tag = "vip"
"""
TESTS = """
[[test]]
name = "by day"
say = "what is the price?"
expect = "reply:price"
[[test]]
name = "in the evening"
say = { text = "price", at = "2026-11-23T20:00" }
expect = ["reply:price", "reply:by night"]
"""
FAILING = TESTS.replace('["reply:price", "reply:by night"]', '"reply:by night"')
FRIDAY = 1_800_000_000_000  # 2027-01-15 08:00 UTC


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and the plugins that are built in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DRAGOMAN_PLUGINS", raising=False)
    monkeypatch.delenv("DRAGOMAN_CONFIG", raising=False)
    return tmp_path


def run(*args: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    done = CliRunner().invoke(build(), ["rules", *args], catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def told(*args: str) -> Any:
    return json.loads(run(*args, "--json")[1])


def write(rules: str) -> str:
    Path("hub.toml").write_text(HUB_TOML + rules, encoding="utf-8")
    return HUB_TOML + rules


# -- test -------------------------------------------------------------------------------------------------------------


def test_every_test_is_told_with_what_happens_and_all_well_exits_0():
    write(RULES + TESTS)
    code, out, _ = run("test")
    assert code == 0
    assert "2 of 2 tests passed." in out
    assert "reply:price, reply:by night" in out


def test_one_that_fails_exits_1_and_shows_expected_and_seen():
    text = write(RULES + FAILING)
    code, out, _ = run("test")
    assert code == 1
    line = text[: text.index('name = "in the evening"')].count("\n")
    assert f"in the evening (hub.toml:{line})" in out
    assert "expected reply:by night, but what happened is reply:price, reply:by night" in out
    assert "says      'We are closed'" in out
    assert "    yes   outside: outside hours 'shop'" in out
    assert "1 of 2 tests passed." in out


def test_only_tests_with_this_name_run():
    write(RULES + FAILING)
    assert run("test", "DAY")[0] == 0
    code, _, err = run("test", "noon")
    assert (code, "no test of hub.toml is called so: 'noon'" in err) == (2, True)


def test_machines_read_what_was_expected_what_happened_and_the_record():
    write(RULES + FAILING)
    found = told("test")
    assert (found["ok"], found["passed"]) == (False, 1)
    evening = found["tests"][1]
    assert (evening["name"], evening["ok"]) == ("in the evening", False)
    assert (evening["expected"], evening["did"]) == (["reply:by night"], ["reply:price", "reply:by night"])
    assert evening["says"] == ["Price list for price", "We are closed"]
    assert {entry["rule"] for entry in evening["record"]} == {"price", "by night", "order"}


def test_a_file_without_tests_says_so():
    write(RULES)
    code, out, _ = run("test")
    assert (code, "has no tests" in out) == (0, True)


def test_a_mistake_in_a_test_exits_2_with_its_line():
    text = write(RULES + '[[test]]\nsay = "a"\nexpect = "tag:vup"\n')
    code, _, err = run("test")
    assert code == 2
    assert f"hub.toml:{text.count(chr(10))}: 'tag:vup': there is no tag 'vup' (did you mean 'vip'?)" in err


def test_check_tells_how_many_tests_passed():
    write(RULES + TESTS)
    done = CliRunner().invoke(build(), ["check"], catch_exceptions=False)
    assert (done.exit_code, "2 of 2 tests passed." in done.stdout) == (0, True)
    write(RULES + FAILING)
    done = CliRunner().invoke(build(), ["check", "--json"], catch_exceptions=False)
    assert done.exit_code == 1
    found = {one["of"]: one for one in json.loads(done.stdout)["findings"]}
    assert "1 of 2 tests passed. 'in the evening'" in found["rules"]["what"]


def test_a_file_whose_tests_fail_is_not_applied_unless_somebody_insists(here):
    Tabletop(here, HUB_TOML).close()
    write(RULES + FAILING)
    done = CliRunner().invoke(build(), ["apply"], catch_exceptions=False)
    assert done.exit_code == 2
    assert "the test 'in the evening' fails: expected reply:by night" in done.stderr
    done = CliRunner().invoke(build(), ["apply", "--dry-run", "--force"], catch_exceptions=False)
    assert (done.exit_code, "All of it would run at once." in done.stdout) == (0, True)
    write(RULES + TESTS)
    done = CliRunner().invoke(build(), ["apply", "--dry-run"], catch_exceptions=False)
    assert (done.exit_code, "All of it would run at once." in done.stdout) == (0, True)


# -- check ------------------------------------------------------------------------------------------------------------


def test_rules_are_shown_in_order_with_what_they_ask_and_do():
    write(RULES + TESTS)
    found = told("check")
    assert [rule["name"] for rule in found["rules"]] == ["price", "by night", "regular", "order"]
    night = found["rules"][1]
    assert night["on"] == ["message.received"]
    assert night["asks"] == ["keywords price", "outside shop"]
    assert night["does"] == ["reply: We are closed"]
    assert (found["counts"]["rules"], found["counts"]["tests"], found["counts"]["tags"]) == (4, 2, 1)
    assert found["load_ms"] >= 0
    code, out, _ = run("check")
    assert (code, "4 rules" in out) == (0, True)


def test_remarks_are_told_and_exit_1_only_where_a_script_asks_for_that():
    text = write(RULES + '[texts.lost]\ntext = "x"\n')
    code, out, _ = run("check")
    assert (code, "nothing names the text 'lost'" in out) == (0, True)
    assert f"hub.toml:{text[: text.index('[texts.lost]')].count(chr(10)) + 1}" in out
    assert run("check", "--strict")[0] == 1
    assert any(one["what"] == "nothing names the text 'lost'" for one in told("check")["remarks"])


def test_a_mistake_exits_2():
    write(RULES.replace('about = "vip"', 'about = "vup"'))
    code, _, err = run("check")
    assert (code, "there is no tag 'vup'" in err) == (2, True)
