"""`dragoman rules test`: the tests that stand beside the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption, read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.contracts.channel import Finding
    from hub.engine.settings import Config
    from hub.rules.trying import Tried

SHOWN = 10
"""Rules of one failed test that are shown, those that acted or of which something holds."""


def register(group: typer.Typer) -> None:
    """Add the command to `dragoman rules`."""
    group.command(
        "test",
        epilog="Examples: [bold]dragoman rules test[/]   [bold]dragoman rules test price[/]   "
        "[bold]dragoman rules test -c draft.toml --json[/]",
    )(run)


def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Only tests whose name holds this.")] = "",
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Run the \\[\\[test]] blocks of hub.toml: what each expects and what the rules do. Exits 1 when one fails.

    Nothing is contacted and nothing is sent; no hub has to run.
    """
    from hub.cli.output import say_json, say_table
    from hub.contracts.errors import NotFound
    from hub.engine.trials import run_trials

    loaded, _ = read(config)
    tried = [one for one in run_trials(loaded) if name.casefold() in one.trial.name.casefold()]
    if name and not tried:
        raise NotFound(f"no test of {config} is called so: '{name}'")
    failed = [one for one in tried if not one.ok]
    if as_json:
        say_json({"ok": not failed, "passed": len(tried) - len(failed), "tests": [_plain(one) for one in tried]})
    elif not tried:
        print(f"{config} has no tests: write [[test]] beside the rules.")
    else:
        rows = [("ok" if one.ok else "no", one.trial.name, ", ".join(one.did) or "nothing") for one in tried]
        say_table(("", "test", "what happens"), rows)
        for one in failed:
            print("\n".join(_explained(one)))
        print(passed(tried))
    if failed:
        raise typer.Exit(1)


def passed(tried: Iterable[Tried]) -> str:
    """How many passed, in one sentence."""
    tried = list(tried)
    good = sum(one.ok for one in tried)
    return f"{good} of {len(tried)} tests passed."


def finding(config: Config) -> list[tuple[str, Finding]]:
    """What `dragoman check` says of the tests; nothing where there are none."""
    from hub.contracts.channel import Finding
    from hub.engine.trials import run_trials

    tried = run_trials(config)
    failed = next((one for one in tried if not one.ok), None)
    if failed is None:
        return [("rules", Finding(True, passed(tried)))] if tried else []
    told = f"{passed(tried)} '{failed.trial.name}' ({failed.trial.where}): {failed.wrong[0]}"
    return [("rules", Finding(False, told, "dragoman rules test shows why"))]


def _plain(one: Tried) -> dict[str, Any]:
    expect = one.trial.expect
    return {
        "name": one.trial.name,
        "where": one.trial.where,
        "ok": one.ok,
        "expected": list(expect) if expect is not None else None,
        "did": list(one.did),
        "says": list(one.says),
        "wrong": list(one.wrong),
        "because": list(one.because),
        "record": list(one.record),
    }


def _explained(one: Tried) -> list[str]:
    from hub.cli.records import lines

    near = [entry for entry in one.record if "did" in entry or any(holds for _, _, holds in entry.get("asked", ()))]
    far = len(one.record) - len(near[:SHOWN])
    told = [f"\n{one.trial.name} ({one.trial.where})"]
    told += [f"  fails     {wrong}" for wrong in one.wrong]
    told += [f"  says      {text!r}" for text in one.says]
    return told + lines(near[:SHOWN]) + ([f"  rule      and {far} more that do not hold"] if far else [])
