"""Public holidays by country and region, as the `holidays` library knows them.

The library is imported by the first calendar that asks for it: it takes 80 ms, and many hubs need none.
"""

from __future__ import annotations

import difflib
from datetime import date
from functools import lru_cache


@lru_cache(maxsize=256)
def holidays_of(region: str, year: int) -> frozenset[date]:
    """The public holidays of `region` in `year`: a country such as `AM`, or a part of one such as `DE-BY`.

    None where the library does not know the year. Raises ValueError, with the closest known one, for an unknown region.
    """
    import holidays

    country, _, part = region.partition("-")
    known = holidays.list_supported_countries()
    if country not in known:
        raise ValueError(f"'{region}' is no country with known holidays{_near(country, known)}")
    if part and part not in known[country]:
        raise ValueError(f"'{region}' is no part of {country}{_near(part, known[country], f'{country}-')}")
    return frozenset(day for day in holidays.country_holidays(country, part or None, years=year) if day.year == year)


def _near(name: str, known: list[str] | dict[str, list[str]], before: str = "") -> str:
    near = [name.upper()] if name.upper() in known else difflib.get_close_matches(name, known, 1)
    return f"; did you mean '{before}{near[0]}'?" if near else ""
