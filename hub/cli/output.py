"""How commands print: tables for people, JSON for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.contracts.channel import Finding
    from hub.testing.proof import Proof

WIDE = 200  # columns where no terminal says how many there are


def say_json(data: Any) -> None:
    """Print `data` as indented JSON."""
    print(json.dumps(data, ensure_ascii=False, indent=2))


def say_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "") -> None:
    """Print rows of plain text; brackets in them are no markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else WIDE)
    if title:
        console.print(title, style="bold")
    console.print(table)


_STYLES = {"ok": "green", "loaded": "green", "no": "red", "quarantined": "red"}


def plain_cells(cells: Iterable[str]) -> list[str]:
    """A row for a CSV file: what a spreadsheet would take for a formula is marked as text with a quote."""
    return [f"'{cell}" if cell[:1] in _FORMULA else cell for cell in cells]


_FORMULA = frozenset("=+-@\t\r\n")
"""What a spreadsheet's formula begins with."""


def when(at: int) -> str:
    """A time (ms since 1970 UTC) in this machine's time zone; "" for never."""
    if not at:
        return ""
    return datetime.fromtimestamp(at / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def say_findings(findings: Iterable[tuple[str, Finding]]) -> None:
    """Print findings, one a line: whether it is well, whose it is, what was looked at, what to do."""
    say_table(
        ("", "of", "what", "remedy"),
        [("ok" if finding.ok else "no", name, finding.what, finding.remedy) for name, finding in findings],
    )


def plain_findings(findings: Iterable[tuple[str, Finding]]) -> list[dict[str, Any]]:
    """Findings as plain data."""
    return [{"of": name, **finding._asdict()} for name, finding in findings]


def say_proofs(proofs: Mapping[str, Proof]) -> None:
    """Print the proof for each CRM, by its name, and whether it holds."""
    for crm, proof in proofs.items():
        if len(proofs) > 1:
            print(f"{crm}:")
        print(proof.line())
        print(proof.second_line())
        broken = proof.broken()
        print(f"The proof FAILS: {', '.join(broken)}." if broken else "The proof holds.")


def plain_proofs(proofs: Mapping[str, Proof]) -> dict[str, Any]:
    """The proof for each CRM by its name, or the only one, as plain data."""
    plain = {crm: proof.plain() for crm, proof in proofs.items()}
    return plain if len(plain) > 1 else next(iter(plain.values()))
