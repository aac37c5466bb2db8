"""`dragoman feedback`: what came of answers and follow-ups, and which words nothing answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption, read

if TYPE_CHECKING:
    from pathlib import Path

    from hub.inquiries.feedback import Feedback, Sends
    from hub.store.dialects.database import Database

DAY = 86_400_000  # ms


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Examples: [bold]dragoman feedback[/]   [bold]dragoman feedback --days 7 --json[/]")(feedback)


def feedback(
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="What was said within so many days.")] = 14,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Tell what came of what the hub said by itself, against as many days before.

    Of each rule: to how many people it spoke, how many of them were handed over to a human within 24 h, and after how
    many of its answers nothing was heard for 24 h. Of each purpose of unasked messages: how many were answered within
    7 days. Of silences that were left alone on purpose: how many ended by themselves, so that a follow-up would have
    been needless. How much is said to each person and for each closed inquiry, what is abandoned, which tags with a
    reminder were followed up in time, and which words people use when no rule replies.
    """
    from hub.cli.output import say_json
    from hub.cli.people import fresh
    from hub.store import open_reader

    loaded, _ = read(config)
    now = fresh()[1]
    db = open_reader(loaded.hub.place)
    try:
        found = figures(db, now - days * DAY, now, _reminded(loaded.rules.book.tags.all), keywords(config))
    finally:
        db.close()
    if as_json:
        say_json({"days": days, **found})
    else:
        _show(found, days)


def figures(db: Database, since: int, now: int, reminded: dict[str, int], known: list[str]) -> dict[str, Any]:
    """Everything that is told, as plain data. `reminded`: the tags that have a time, and within how many ms they are to
    be followed up; `known`: the keywords there are."""
    from hub.inquiries.feedback import abandoned, gather, per_closed
    from hub.store import feedback as told
    from hub.store.inquiries import unfinished
    from hub.words.unanswered import propose

    before = since - (now - since)
    handed, left = told.handed_over(db, since), told.left_alone(db, since)
    lines = told.said(db, before)
    try:
        found = gather(lines, handed, left, since, now)
    finally:
        lines.close()
    recent, earlier = per_closed(told.closed(db, before), since)
    quiet, every = abandoned(((one.state, one.changed, _step(one.plan)) for one in unfinished(db, 1_000_000)), now)
    tags = {tag: told.in_time(db, tag, before, within) for tag, within in reminded.items()}
    return {
        "rules": _rules(found),
        "unasked": {
            purpose: {"sent": kind.sent, "judged": kind.judged, "revived": _share(kind.revived, kind.judged)}
            for purpose, kind in sorted(found.kinds.items())
        },
        "needless": {
            "left_alone": found.left_alone,
            "answered_alone": found.answered_alone,
            "share": _share(found.answered_alone, found.left_alone),
        },
        "people": {
            "wrote": found.wrote,
            "automatic": _share(found.automatic, found.wrote),
            "human": _share(found.human, found.wrote),
        },
        "sends": {
            "now": _sends(found.now),
            "before": _sends(found.before),
            "rises": bool(found.before.people) and found.now.per_person > found.before.per_person,
        },
        "per_closed_inquiry": {"now": round(recent, 2), "before": round(earlier, 2), "rises": 0 < earlier < recent},
        "abandoned": {"inquiries": quiet, "of": every, "share": _share(quiet, every)},
        "tags_in_time": {
            tag: {"put_on": put, "in_time": good, "share": _share(good, put)} for tag, (put, good) in tags.items()
        },
        "answered": _share(len(found.answered), len(found.answered) + len(found.unanswered)),
        "words": [one._asdict() for one in propose(found.unanswered, found.answered, known)],
    }


def _rules(found: Feedback) -> list[dict[str, Any]]:
    rows = [
        {
            "rule": name,
            "replies": one.replies,
            "people": one.people,
            "handed_over": _share(one.handed, one.people),
            "silent": _share(one.silent, one.judged),
            "marks": one.marks,
        }
        for name, one in found.rules.items()
    ]
    return sorted(rows, key=lambda row: (-(row["handed_over"] or 0), -row["replies"], row["rule"]))


def _sends(one: Sends) -> dict[str, Any]:
    return {"people": one.people, "sent": one.sent, "unasked": one.unasked, "per_person": round(one.per_person, 3)}


def _share(part: int, whole: int) -> float | None:
    """A share of a whole; None of nothing."""
    return round(part / whole, 4) if whole else None


def _step(plan: str) -> int:
    """When a planned step of an inquiry is, ms; 0 = none is."""
    import json

    return int(json.loads(plan)[1]) if plan else 0


def _reminded(tags: Any) -> dict[str, int]:
    """The tags that remind of somebody, and until when they count."""
    return {name: kind.expires or kind.remind + DAY for name, kind in tags.items() if kind.remind}


def keywords(config: Path) -> list[str]:
    """All keywords of rules and topics, as they stand in the file."""
    import tomllib

    from hub.rules.shown import words_of

    data = tomllib.loads(config.read_text("utf-8"))
    given = [rule["keywords"] for rule in data.get("rule", []) if "keywords" in rule]
    given += [topic["words"] for topic in data.get("topic", {}).values() if "words" in topic]
    return sorted({word for part in given for word in words_of(part)})


def _show(found: dict[str, Any], days: int) -> None:
    from hub.cli.output import say_table

    def percent(share: float | None) -> str:
        return "" if share is None else f"{share:.0%}"

    say_table(
        ("rule", "answers", "people", "then a human", "then silence", ""),
        [
            (
                row["rule"],
                str(row["replies"]),
                str(row["people"]),
                percent(row["handed_over"]),
                percent(row["silent"]),
                "; ".join(row["marks"]),
            )
            for row in found["rules"]
        ],
        title=f"What the hub said by itself, the last {days} days",
    )
    if found["unasked"]:
        say_table(
            ("unasked, to", "sent", "answered within 7 d"),
            [(purpose, str(kind["sent"]), percent(kind["revived"])) for purpose, kind in found["unasked"].items()],
        )
    if found["tags_in_time"]:
        say_table(
            ("tag with a reminder", "put on", "written to in time"),
            [(tag, str(one["put_on"]), percent(one["share"])) for tag, one in found["tags_in_time"].items()],
        )
    people, sends, closed = found["people"], found["sends"], found["per_closed_inquiry"]
    if people["wrote"]:
        print(
            f"Of {people['wrote']} people who wrote, {people['automatic']:.0%} were served by the hub alone, "
            f"{people['human']:.0%} by a human too."
        )
    print(
        f"Said to each person: {sends['now']['per_person']:g} messages, before {sends['before']['per_person']:g}"
        f"{': more than before' if sends['rises'] else ''}. For each closed inquiry: {closed['now']:g}, before "
        f"{closed['before']:g}{': more than before' if closed['rises'] else ''}."
    )
    needless, quiet = found["needless"], found["abandoned"]
    if needless["left_alone"]:
        print(
            f"Of {needless['left_alone']} silences left alone, {needless['share']:.0%} ended by themselves: as many "
            "follow-ups are needless."
        )
    if quiet["of"]:
        print(
            f"Abandoned for more than 7 days: {quiet['inquiries']} of {quiet['of']} inquiries ({quiet['share']:.0%})."
        )
    for one in found["words"]:
        near = f", like '{one['near']}'" if one["near"] else ""
        print(f"No rule replies to '{one['phrase']}': {one['people']} people{near}.")
