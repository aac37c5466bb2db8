"""`dragoman init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Examples: [bold]dragoman init[/]   [bold]dragoman init shop[/]")(init)


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write.")] = Path()) -> None:
    """Write a starter hub.toml and mappings/; nothing that exists is overwritten."""
    import re

    from hub.contracts.errors import ConfigError
    from hub.engine.starter import starter_files

    starter = starter_files()
    texts = {Path("hub.toml"): (starter / "hub.toml").read_text(encoding="utf-8")}
    for mapping in sorted((starter / "mappings").iterdir(), key=lambda found: found.name):
        if mapping.name.endswith(".toml"):
            texts[Path("mappings") / mapping.name] = mapping.read_text(encoding="utf-8")
    for name in texts:
        if (folder / name).exists():
            raise ConfigError(f"{folder / name} already exists", remedy="name an empty folder: dragoman init DIR")
    try:
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(text)
            print(f"wrote {folder / name}")
    except OSError as error:
        raise ConfigError(f"cannot write into {folder}: {error.strerror}", remedy="check path and rights") from None

    variables = re.findall(r'^[^#\n]*\{ *env *= *"([A-Za-z0-9_]+)"', texts[Path("hub.toml")], re.MULTILINE)
    where = "" if folder == Path() else f"cd {folder} && "
    print("\nNext:")
    print("  1. put your numbers into hub.toml and set these environment variables:")
    for variable in dict.fromkeys(variables):
        print(f"       {variable}")
    print(f"  2. {where}dragoman check            is everything complete?")
    print("  3. dragoman connect whatsapp   test the credentials, subscribe the callback; then: connect hubspot")
    print("  4. dragoman run")
