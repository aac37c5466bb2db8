"""`dragoman chaos`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hub.cli.options import JsonOption

PROCESSES = 3


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples: [bold]dragoman chaos[/]   [bold]dragoman chaos --events 5000 --kills 10 --seed 7[/]   "
        "[bold]dragoman chaos --events 300 --break dedupe[/]   "
        "[bold]dragoman chaos --store postgres --processes 3[/]"
    )(chaos)


def chaos(
    store: Annotated[Literal["sqlite", "postgres"], typer.Option(help="The hub's store.")] = "sqlite",
    processes: Annotated[
        int | None, typer.Option(min=1, max=20, help="Processes of the hub, with --store postgres.  [3]")
    ] = None,
    events: Annotated[int, typer.Option(min=20, max=1_000_000, help="Messages that customers write.")] = 2000,
    kills: Annotated[int | None, typer.Option(min=0, max=1000, help="How often the hub gets kill -9.  [5]")] = None,
    kill_store: Annotated[
        int | None, typer.Option(min=0, max=100, help="How often PostgreSQL gets kill -9; by the number of --kills.")
    ] = None,
    dsn: Annotated[
        str,
        typer.Option(
            envvar="DRAGOMAN_TEST_POSTGRES",
            show_envvar=False,
            help="A PostgreSQL to use instead of one of its own; in a new database, and never killed.",
        ),
    ] = "",
    seed: Annotated[int, typer.Option(help="The same seed: the same people, messages and faults.")] = 1,
    rate: Annotated[str, typer.Option(help="Messages a second at full speed, such as 150/s; by their number.")] = "",
    sabotage: Annotated[
        str, typer.Option("--break", metavar="MODE", help="Break the hub on purpose: the proof must then fail.")
    ] = "",
    faults: Annotated[
        str,
        typer.Option(help="all: a full disk, a wrong clock, poison, storms of 429, a hanging hook and more, on top."),
    ] = "",
    crm: Annotated[Literal["hubspot", "salesforce", "both"], typer.Option(help="The company's CRM.")] = "hubspot",
    keep: Annotated[bool, typer.Option("--keep", help="Keep the folder with the store and the logs.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run a whole company on simulators, kill the hub and let everything fail, then count what was lost or doubled.

    Prints one line PROOF for each CRM, computed from what the platforms saw. Exits 0 only when all of them hold.
    """
    import asyncio
    import contextlib
    import sys
    import tempfile
    from pathlib import Path

    from hub.cli.output import plain_proofs, say_json, say_proofs
    from hub.contracts.errors import ConfigError
    from hub.testing.chaos import BREAKS, Script, broken, run
    from hub.testing.sabotage import OF_PROCESSES
    from hub.testing.watch import Watch

    if store == "sqlite":
        for option, given in (("--processes", (processes or 1) > 1), ("--kill-store", bool(kill_store))):
            if given:
                raise ConfigError("with SQLite a hub is one process", where=option, remedy="--store postgres")
    elif dsn and kill_store:
        raise ConfigError("the server at --dsn is not ours to kill", where="--kill-store", remedy="leave out --dsn")
    if sabotage and sabotage not in BREAKS:
        raise ConfigError(f"cannot break '{sabotage}'", where="--break", remedy=f"one of {', '.join(BREAKS)}")
    if sabotage in OF_PROCESSES and store == "sqlite":
        raise ConfigError(f"'{sabotage}' is of several processes", where="--break", remedy="--store postgres")
    if faults not in ("", "all"):
        raise ConfigError(f"there are no faults '{faults}'", where="--faults", remedy="all, or leave it out")
    changes = {
        "faults": bool(faults),
        "events": events,
        "crms": ("hubspot", "salesforce") if crm == "both" else (crm,),
        "seed": seed,
        "store": store,
        "processes": (processes or PROCESSES) if store == "postgres" else 1,
        "store_kills": kill_store,
        "dsn": dsn if store == "postgres" else "",
        **({} if kills is None else {"kills": kills}),
        **({"rate": _rate(rate)} if rate else {}),
    }
    script = broken(sabotage, **changes) if sabotage else Script(**changes)  # type: ignore[arg-type]
    with contextlib.ExitStack() as stack:
        if keep:
            folder = Path(tempfile.mkdtemp(prefix="dragoman-chaos-"))
            stack.callback(lambda: print(f"kept in {folder}", file=sys.stderr))
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dragoman-chaos-")))
        try:
            with Watch(events) as watch:
                proofs = asyncio.run(run(script, folder, watch))
        except TimeoutError:
            print("dragoman: the run took far too long and was ended: nothing is proven", file=sys.stderr)
            raise typer.Exit(1) from None
    if as_json:
        say_json(plain_proofs(proofs))
    else:
        say_proofs(proofs)
    if not all(proof.holds() for proof in proofs.values()):
        raise typer.Exit(1)


def _rate(text: str) -> float:
    """`150` or `150/s`."""
    from hub.contracts.errors import ConfigError

    try:
        rate = float(text.removesuffix("/s"))
    except ValueError:
        rate = 0.0
    if not 0.1 <= rate <= 100_000:
        raise ConfigError(f"'{text}' is no rate", where="--rate", remedy="write 150/s")
    return rate
