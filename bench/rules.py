"""What rules cost: loading a thousand of them, and deciding about a message, on top of the line."""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path
from time import perf_counter, process_time

from bench.bodies import ACCOUNT, names, person
from bench.figures import Figure, p99
from bench.line import drain
from bench.rulebook import KEYWORDS, RULES, messages, rulebook
from bench.run import Run, bench
from hub.engine.languages import detector
from hub.engine.poller import raw_incoming
from hub.engine.tables import Tables
from hub.rules import compile_rules
from hub.testing.tabletop import HUB_TOML, Tabletop
from hub_meta.simulator_payloads import dump, message

MESSAGES = 4_000
REPLY_RATE = 200.0
SECONDS = 4.0
PLAIN = HUB_TOML[: HUB_TOML.index("[texts]")].replace('account = "1001"', f'account = "{ACCOUNT}"')


def measure(run: Run) -> list[Figure]:
    """Loading; the step with and without the rules, on the same messages; the reply with all rules loaded."""
    text = rulebook()
    load: list[float] = []
    cost: list[float] = []
    bare: list[float] = []
    reply: list[float] = []
    for number in range(run.rounds):
        run.tell(f"round {number + 1} of {run.rounds}")
        load.append(_load(text))
        said = messages(max(200, int(MESSAGES * run.length)))
        without, with_rules = _step(run.folder, PLAIN, said), _step(run.folder, PLAIN + text, said)
        bare.append(without * 1e6)
        cost.append((with_rules - without) * 1e6)
    with bench(run, writer="whole", crm=True, fast=True, more=text) as pair:
        for number in range(run.rounds):
            run.tell(f"replies, round {number + 1} of {run.rounds}")
            talked = pair.load.call("converse", pair.hub, REPLY_RATE, SECONDS * run.length)
            reply.append(1e3 * p99(talked["replies"]))
            drain(pair)
    size = f"{RULES:,} rules, {KEYWORDS:,} keywords in 40 languages"
    return [
        Figure(
            name="rules_load_s", rounds=tuple(load), want="at most", target=0.5, note=f"{size}: parsed text to rules"
        ),
        Figure(
            name="rule_cpu_us_per_event",
            rounds=tuple(cost),
            want="at most",
            target=150,
            note="a message's step with these rules less one without any; 3 in 10 messages are answered",
        ),
        Figure(name="step_cpu_us_without_rules", rounds=tuple(bare)),
        Figure(
            name="rules_reply_p99_ms",
            rounds=tuple(reply),
            want="at most",
            target=250,
            note=f"POST to the reply at the platform, {REPLY_RATE:.0f} texts/s, with these rules",
        ),
    ]


def _load(text: str) -> float:
    """Seconds from the text of the file to rules that run; what reads TOML is not ours and is left out."""
    tables = Tables(Path("hub.toml"), {}, text)
    gc.collect()
    began = perf_counter()
    compile_rules(tables.data, tables.where)
    return perf_counter() - began


def _step(folder: Path, toml: str, said: list[str]) -> float:
    """CPU seconds of a step for each of these messages."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="dragoman-bench-") as place:
        hub = Tabletop(Path(place), toml, engine="sqlite")
        made, channel = names("rule"), hub.config.connections["meta"].channel
        at = hub.now // 1000
        bodies = [
            dump(message(ACCOUNT, person(n), text, wamid=next(made), name=f"Bench Person {n}", at=at))
            for n, text in enumerate(said)
        ]
        rows = [raw_incoming("meta", raw, hub.now) for body in bodies for raw in channel.split(body)]
        hub.store.accept(rows)
        if detect := detector():
            detect("Guten Tag")  # the model is read once for a process
        gc.collect()
        began = process_time()
        done = hub.step()
        took = process_time() - began
        buried = hub.rows("SELECT count(*) FROM dead")[0][0]
        hub.close()
    if buried or done.events < len(said):
        raise RuntimeError(f"{buried} of {len(said)} messages were buried, {done.events} worked off")
    return took / len(said)
