"""`python -m bench.intent`: how well the plugin `intent` tells what public sets of messages are about.

The shipped code trains on each set's training part with its default settings; thresholds come from cross-validation on
it, never from the test part. The figures that others published on the same test parts stand beside ours. The sets are
not part of the project: they are looked for in DRAGOMAN_INTENT_DATA, else in ../shared/data/intent beside the checkout.
"""

from __future__ import annotations

import csv
import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.figures import Figure, result, table
from hub.contracts.training import NONE

PLACE = "DRAGOMAN_INTENT_DATA"
HINT3 = ("curekart", "powerplay11", "sofmattress")
OUTSIDE = "NO_NODES_DETECTED"
"""HINT3's label of messages that are about none of the others."""
EVEN = 0.5
"""The chance from which an answer is likelier right than wrong."""

CLINC_PUBLISHED = "BERT 96.9/40.3, Dialogflow 91.7/14.0, Rasa 91.5/45.3, SVM 91.0/14.5 (in scope / out of scope, %)"
BANKING_PUBLISHED = "BERT tuned 93.7, USE+ConveRT 93.4, USE 92.8, BERT fixed 87.2 (%)"
HINT3_PUBLISHED = {
    "curekart": "Haptik 74.8, Dialogflow 73.2, LUIS 71.0, BERT 65.1, Rasa 64.1 (%, each at its best threshold)",
    "powerplay11": "Haptik 74.2, Rasa 73.1, LUIS 73.1, Dialogflow 72.8, BERT 66.5 (%, each at its best threshold)",
    "sofmattress": "Dialogflow 71.3, BERT 69.0, LUIS 66.5, Haptik 66.0, Rasa 63.7 (%, each at its best threshold)",
}

Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test part. Shares of 1; `precision` is of the answers. `even`: if it answers from EVEN on."""

    closed: float
    inside: float
    outside: float
    precision: float
    right: float
    right_even: float
    seconds: float
    cpu: float
    ms: float


def main() -> None:
    """Measure, show, and end with one line `RESULT {json}`."""
    folder = Path(os.environ.get(PLACE) or Path(__file__).parents[2] / "shared/data/intent")
    show = Console()
    if not show.is_terminal:
        show.width = 160
    figures = measure(folder)
    show.print(table("What messages are about", figures))
    print(result(figures, cores=os.cpu_count(), load=round(os.getloadavg()[0], 1), python=platform.python_version()))


def measure(folder: Path) -> list[Figure]:
    """All figures; those whose set is not in `folder` say so."""
    return [*clinc(folder), *banking(folder), *(figure for name in HINT3 for figure in hint3(folder, name))]


def clinc(folder: Path) -> list[Figure]:
    """CLINC150 "full": trained on its training part with its 100 examples out of scope; validation is not used."""
    file = folder / "clinc150/data_full.json"
    if not file.exists():
        return [_absent("clinc150_in_scope", file)]
    data = json.loads(file.read_text(encoding="utf-8"))
    known = [(text, label) for text, label in data["train"]] + [(text, NONE) for text, _ in data["oos_train"]]
    test = [(text, label) for text, label in data["test"]] + [(text, NONE) for text, _ in data["oos_test"]]
    out = run("CLINC150", known, test)
    return [
        _share("clinc150_in_scope", out.inside, 0.88, CLINC_PUBLISHED),
        _share("clinc150_oos_recall", out.outside, 0.85),
        _share("clinc150_precision", out.precision, 0, "of the answers; 0.95 is asked for"),
        _share("clinc150_closed", out.closed, 0, "in scope, if it always answers"),
        *_cost("clinc150", out),
    ]


def banking(folder: Path) -> list[Figure]:
    """BANKING77; nothing in its test part is about something else, so it is judged as if it always answers."""
    file = folder / "banking77/train.csv"
    if not file.exists():
        return [_absent("banking77_accuracy", file)]
    out = run("BANKING77", _csv(file, "category"), _csv(file.with_name("test.csv"), "category"))
    return [
        _share("banking77_accuracy", out.closed, 0.91, BANKING_PUBLISHED),
        _share("banking77_answered", out.inside, 0, "answered rightly where 0.95 must be right"),
        _share("banking77_precision", out.precision, 0, "of those answers"),
        *_cost("banking77", out),
    ]


def hint3(folder: Path, name: str) -> list[Figure]:
    """One of HINT3's three sets (v1): few examples, and test messages of real people, most about something else."""
    file = folder / f"hint3/{name}_train.csv"
    if not file.exists():
        return [_absent(f"hint3_{name}_accuracy", file)]
    out = run(name, _csv(file, "label"), _csv(file.with_name(f"{name}_test.csv"), "label"))
    return [
        _share(f"hint3_{name}_accuracy", out.right_even, 0, HINT3_PUBLISHED[name]),
        _share(f"hint3_{name}_accuracy_95", out.right, 0, "if 0.95 of the answers must be right"),
        _share(f"hint3_{name}_precision_95", out.precision, 0, "of those answers"),
        _share(f"hint3_{name}_closed", out.closed, 0, "in scope, if it always answers"),
        *_cost(f"hint3_{name}", out),
    ]


def run(name: str, known: Rows, test: Rows) -> Outcome:
    """Train with default settings and try every message of the test part."""
    from hub_intent.examples import Examples
    from hub_intent.settings import IntentSettings
    from hub_intent.training import train

    console = Console(stderr=True)
    texts, labels = zip(*known, strict=True)
    with console.status(f"{name}: training on {len(texts):,} examples"):
        trained = train(Examples(texts, labels), IntentSettings(examples="."), lambda what, share: None)
    began = time.perf_counter()
    with console.status(f"{name}: {len(test):,} messages"):
        guesses = [(true, *trained.model.guess(text)) for text, true in test]
    took = time.perf_counter() - began
    report = trained.report
    answers = [(true, label) for true, label, chance in guesses if chance >= report.threshold]
    inside = [guess for guess in guesses if guess[0] != NONE]
    return Outcome(
        closed=_of([true == label for true, label, _ in inside]),
        inside=_of([true == label and chance >= report.threshold for true, label, chance in inside]),
        outside=_of([chance < report.threshold for true, _, chance in guesses if true == NONE]),
        precision=_of([true == label for true, label in answers]),
        right=_right(guesses, report.threshold),
        right_even=_right(guesses, EVEN),
        seconds=report.seconds,
        cpu=report.cpu,
        ms=took / len(test) * 1000,
    )


def _right(guesses: Sequence[tuple[str, str, float]], threshold: float) -> float:
    """The share that is treated rightly: answered with its label, or not answered where it has none."""
    return _of([true == (label if chance >= threshold else NONE) for true, label, chance in guesses])


def _of(which: Sequence[bool]) -> float:
    return sum(which) / len(which) if which else 0.0


def _csv(file: Path, label: str) -> Rows:
    with file.open(encoding="utf-8", newline="") as opened:
        rows = csv.DictReader(opened)
        text = "text" if "text" in (rows.fieldnames or ()) else "sentence"
        return [(row[text], NONE if row[label] == OUTSIDE else row[label]) for row in rows]


def _share(name: str, value: float, target: float, note: str = "") -> Figure:
    return Figure(name=name, rounds=(value,), want="at least" if target else "", target=target, note=note)


def _cost(name: str, out: Outcome) -> list[Figure]:
    return [
        Figure(name=f"{name}_train_s", rounds=(out.seconds,), note="by the clock: what else the machine does is in it"),
        Figure(
            name=f"{name}_train_cpu_s",
            rounds=(out.cpu,),
            want="at most",
            target=30,
            note="of all processors together, measuring included: no more by the clock where one is free",
        ),
        Figure(name=f"{name}_message_ms", rounds=(out.ms,)),
    ]


def _absent(name: str, file: Path) -> Figure:
    return Figure(name=name, rounds=(), note=f"not measured: {file} is not there ({PLACE} names the folder)")


if __name__ == "__main__":
    main()
