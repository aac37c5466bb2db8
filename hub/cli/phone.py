"""`dragoman phone`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog='Examples: [bold]dragoman phone[/]   [bold]echo "price please" | dragoman phone --as Zoe[/]')(
        phone
    )


def phone(
    name: Annotated[str, typer.Option("--as", help="Your name, as WhatsApp shows it.")] = "Newcomer",
    demo: Annotated[Path | None, typer.Option("--demo", metavar="PATH", help="The file of a certain demo.")] = None,
) -> None:
    """A fake phone: each line you type goes to the running demo as a WhatsApp message; replies appear here."""
    import asyncio
    import sys

    from hub.testing.phone import phone as call
    from hub.testing.phone import usual_place

    typed = sys.stdin.isatty()

    def heard(kind: str, text: str) -> None:
        match kind:
            case "number":
                print(f"You are {name}, {text}. Write a line; Ctrl-D ends.", flush=True)
            case "reply":
                print(f"shop: {text}", flush=True)
            case _:
                print(f"({text})", flush=True)

    asyncio.run(call(demo or usual_place(), name, _lines(), heard, linger=0.0 if typed else 5.0))


async def _lines() -> AsyncIterator[str]:
    """Lines of standard input. They are read by a thread that nobody waits for: a keyboard cannot be cancelled."""
    import asyncio
    import sys
    import threading

    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        try:
            for line in sys.stdin:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, "")
        except (RuntimeError, UnicodeDecodeError):  # the loop has ended, or these bytes are no text
            return

    threading.Thread(target=read, daemon=True).start()
    while line := await lines.get():
        yield line
