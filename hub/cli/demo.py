"""`dragoman demo`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hub.cli.options import JsonOption

if TYPE_CHECKING:
    from hub.testing.demo import Shown
    from hub.testing.stage import Stage


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples: [bold]dragoman demo[/]   [bold]dragoman demo --once --json[/]   "
        "[bold]dragoman demo --crm both[/]"
    )(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the proof; without a terminal always so.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed: the same people, messages and faults.")] = 1,
    crm: Annotated[Literal["hubspot", "salesforce", "both"], typer.Option(help="The company's CRM.")] = "hubspot",
    as_json: JsonOption = False,
) -> None:
    """Show the whole product on this machine: 10,000 contacts, 200 customers, an outage, a kill, and the proof.

    Needs no account and no network. In a terminal it stays open afterwards, so that you can look at the CRM and write
    with `dragoman phone`. Exits 0 only when the proof holds.
    """
    import asyncio
    import sys
    import tempfile
    from pathlib import Path

    from hub.cli.output import plain_proofs, say_json
    from hub.testing.demo import MESSAGES
    from hub.testing.demo import demo as play
    from hub.testing.watch import Watch

    stay = not once and not as_json and sys.stdin.isatty() and sys.stdout.isatty()
    shown: list[Shown] = []
    crms = ("hubspot", "salesforce") if crm == "both" else (crm,)

    async def whole() -> None:
        with Watch(MESSAGES) as watch:

            async def after(stage: Stage, result: Shown) -> None:
                watch.close()
                shown.append(result)
                _tell(result)
                await _stay_open(stage)

            result = await play(Path(folder), watch, seed, after if stay else None, crms)
        if not shown:
            shown.append(result)

    with tempfile.TemporaryDirectory(prefix="dragoman-demo-") as folder:
        try:
            asyncio.run(whole())
        except KeyboardInterrupt:
            if not shown:
                raise
            print("\nThe demo is closed; nothing of it is left.")
    if as_json:
        say_json(plain_proofs(shown[0].proofs))
    elif not stay:
        _tell(shown[0])
    if not all(proof.holds() for proof in shown[0].proofs.values()):
        raise typer.Exit(1)


def _tell(shown: Shown) -> None:
    from hub.cli.output import say_proofs, say_table

    say_table(("what", "how many"), shown.rows)
    print()
    say_proofs(shown.proofs)


async def _stay_open(stage: Stage) -> None:
    """The company stays open until Ctrl-C."""
    from hub.testing.phone import Switchboard, usual_place

    admin = (await stage.hub.ready())["admin"]
    print(f"\nThe company stays open. Its CRM, with every conversation:  {'/  '.join(stage.crm_urls)}/")
    print(f"The hub's health and numbers:  {admin}/readyz  {admin}/metrics")
    print("Write to it from another terminal:  dragoman phone   (try: price please)")
    print("Ctrl-C ends it.")
    async with Switchboard(stage, usual_place()) as switchboard:
        await switchboard.serve()
