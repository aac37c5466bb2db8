"""An invented company's customers: their numbers as WhatsApp tells them, and as colleagues typed them into the CRM.

Numbers come from ranges reserved for fiction where a country has one (North America 555-01xx, United Kingdom
020 7946 0xxx and 07700 900xxx, France 06 39 98 xx xx, Germany 0171 39200xx); nothing here ever leaves the machine.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from hub.testing.phrases import VOICES, Voice

REGION = "GB"
"""The country of numbers that stand in the CRM without one."""

_AREAS = "201 202 206 212 213 214 215 301 303 305 310 312 313 314 317 323 404 407 408 410 412 414 415 416 417 503 504"
_AREAS += " 510 512 513 514 515 516 602 604 612 614 615 617 619 702 703 704 706 713 714 718 720 801 802 803 804 805 808"


class Country(NamedTuple):
    """`number` makes the n-th invented national number; `other` the form of it that the other side may know."""

    code: str
    number: Callable[[int], str]
    other: Callable[[str], str] | None = None


def _american(n: int) -> str:
    areas = _AREAS.split()
    return f"{areas[n // 100 % len(areas)]}55501{n % 100:02d}"


COUNTRIES: dict[str, Country] = {
    "GB": Country("44", lambda n: f"2079460{n:03d}"),
    "US": Country("1", _american),
    "FR": Country("33", lambda n: f"63998{n:04d}"),
    "DE": Country("49", lambda n: f"17139200{n:02d}"),
    "BR": Country("55", lambda n: f"1196000{n:04d}", lambda nsn: nsn[:2] + nsn[3:]),
    "AR": Country("54", lambda n: f"9116000{n:04d}", lambda nsn: nsn[1:]),
    "MX": Country("52", lambda n: f"1556000{n:04d}", lambda nsn: nsn[1:]),
    "EG": Country("20", lambda n: f"100000{n:04d}"),
    "AM": Country("374", lambda n: f"7700{n:04d}"),
    "IN": Country("91", lambda n: f"900000{n:04d}"),
    "CN": Country("86", lambda n: f"1380000{n:04d}"),
    "IL": Country("972", lambda n: f"50000{n:04d}"),
    "RU": Country("7", lambda n: f"900000{n:04d}"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes. `phone` as the channel tells it; `forms` every digits under which a CRM may know him."""

    phone: str
    name: str
    voice: Voice
    forms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Company:
    """`contacts` stand in the CRM before the hub comes; `owners[i]` tells whose the i-th is (nobody's: empty)."""

    people: Sequence[Person]
    contacts: Sequence[Mapping[str, str]]
    owners: Sequence[frozenset[str]]


# -- how colleagues type numbers: (country code, national number) -> text ---------------------------------------

_HINDU_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_NBSP, _HARD_DASH = "\u00a0", "\u2011"
_NO_TRUNK = ("1", "7", "52")  # countries whose numbers are never written with (0)


def _parts(nsn: str, glue: str) -> str:
    return glue.join((nsn[:3], nsn[3:6], nsn[6:]))


WRITTEN: dict[str, Callable[[str, str], str]] = {
    "spaces": lambda cc, nsn: f"+{cc} {_parts(nsn, ' ')}",
    "00": lambda cc, nsn: f"00{cc} {_parts(nsn, ' ')}",
    "trunk": lambda cc, nsn: f"0{nsn[:2]} {nsn[2:6]} {nsn[6:]}" if cc == "44" else f"00{cc}-{_parts(nsn, '-')}",
    "(0)": lambda cc, nsn: f"+{cc} {'' if cc in _NO_TRUNK else '(0)'}{nsn[:3]} {nsn[3:]}",
    "dashes": lambda cc, nsn: f"+{cc}-{_parts(nsn, '-')}",
    "dots": lambda cc, nsn: f"+{cc}.{_parts(nsn, '.')}",
    "tel": lambda cc, nsn: f"tel:+{cc}-{_parts(nsn, '-')}",
    "arabic digits": lambda cc, nsn: f"+{cc} {_parts(nsn, ' ')}".translate(_HINDU_ARABIC),
    "hard spaces": lambda cc, nsn: f"+{cc}{_NBSP}{_parts(nsn, _HARD_DASH)}",
    "apostrophe": lambda cc, nsn: f"'+{cc}{nsn}",
    "float": lambda cc, nsn: f"+{cc}{nsn}.0",
    "two numbers": lambda cc, nsn: f"+{cc} {_parts(nsn, ' ')} / +44 7700 900{int(nsn[-3:]):03d}",
}
"""Ways of writing a number; every one is met in real address books. The second number is reserved for fiction."""


def company(rng: random.Random, *, people: int, known: int, others: int, twice: int = 0) -> Company:
    """People of many countries, the first `known` of them in the CRM, `twice` of those on two contacts each; and
    `others` contacts who never write."""
    used = {name: count(1) for name in COUNTRIES}
    crowd = [_person(rng, n, used) for n in range(people)]
    rows: list[tuple[Mapping[str, str], frozenset[str]]] = []
    styles = list(WRITTEN)
    for n, (person, country, nsn) in enumerate(crowd[:known]):
        rows.append((_contact(person.name, country, nsn, styles[n % len(styles)], n), frozenset({person.phone})))
        if n < twice:
            again = _contact(person.name.upper(), country, nsn, styles[(n + 5) % len(styles)], known + n)
            rows.append((again, frozenset({person.phone})))
    for n in range(others):
        country = COUNTRIES["US" if n % 3 == 2 else "FR"]
        nsn = country.number(next(used["US" if n % 3 == 2 else "FR"]))
        name = f"{rng.choice(VOICES).name(rng)}"
        rows.append((_contact(name, country, nsn, styles[n % len(styles)], 10_000 + n), frozenset()))
    rng.shuffle(rows)
    return Company([person for person, _, _ in crowd], [row for row, _ in rows], [owner for _, owner in rows])


def _person(rng: random.Random, n: int, used: Mapping[str, count[int]]) -> tuple[Person, Country, str]:
    """The n-th person, his country, and his national number as a colleague types it."""
    voice = VOICES[n % len(VOICES)]
    place = voice.countries[n // len(VOICES) % len(voice.countries)]
    country = COUNTRIES[place]
    nsn = country.number(next(used[place]))
    other = country.other(nsn) if country.other else nsn
    told, typed = (nsn, other) if n % 2 else (other, nsn)
    forms = frozenset({country.code + nsn, country.code + other})
    return Person(f"+{country.code}{told}", voice.name(rng), voice, forms), country, typed


def _contact(name: str, country: Country, nsn: str, style: str, n: int) -> dict[str, str]:
    text = WRITTEN[style](country.code, nsn)
    field = "mobilephone" if n % 7 == 3 else "phone"
    return {"name": name, field: text, "email": f"contact{n}@example.com"}
