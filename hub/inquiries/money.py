"""Budgets as people type them, in one currency: no network, the rates stand in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import Field

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, Table, Where, closest, validate
from hub.inquiries.amounts import Found, find_amounts, plain
from hub.inquiries.money_words import CODES, SIGNS


@dataclass(frozen=True, slots=True)
class Budget:
    """What somebody can spend: from `low` to `high`, None = that end was not named; `currency` is an ISO 4217 code, or
    what stood in its place."""

    low: Decimal | None
    high: Decimal | None
    currency: str

    @property
    def figure(self) -> Decimal:
        """The one figure that counts in comparisons: the lower end, what can surely be spent; where only the upper end
        was named ("up to 80,000"), that one."""
        found = self.high if self.low is None else self.low
        assert found is not None, "one end is always named"
        return found


@dataclass(frozen=True, slots=True)
class Currency:
    """The currency a company compares in: `base`, and the value in it of one unit of each other one (`rates`).

    `bare` is the currency of a number that names none, "" = the base. `symbols` say what a sign means here, such as
    `{"$": "TWD"}`; else a sign of several currencies means the base where it may, or the most common one.
    """

    base: str = ""
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    bare: str = ""
    symbols: Mapping[str, str] = field(default_factory=dict)

    def read(self, text: str) -> Budget | None:
        """The budget in `text`, typed where a budget is asked for; None = there is none, or several. Never raises."""
        return self._only(find_amounts(text))

    def find(self, text: str) -> Budget | None:
        """The budget in running text, where only amounts that name their currency count. Never raises."""
        return self._only([amount for amount in find_amounts(text) if amount.sign])

    def in_base(self, budget: Budget | None) -> Budget | None:
        """The budget in `base`; None = unknown, and never 0: no budget, or a currency without a rate."""
        if budget is None or not budget.currency:
            return None
        rate = Decimal(1) if budget.currency == self.base else self.rates.get(budget.currency)
        if rate is None:
            return None
        low, high = (None if end is None else end * rate for end in (budget.low, budget.high))
        return Budget(low, high, self.base)

    def figure(self, text: str) -> Decimal | None:
        """The figure in `base` that counts for the budget in `text`; None = unknown."""
        found = self.in_base(self.read(text))
        return found.figure if found else None

    def _only(self, amounts: list[Found]) -> Budget | None:
        """The one that is meant: with a currency where any has one."""
        meant = [amount for amount in amounts if amount.sign] or amounts
        if len(meant) != 1 or meant[0].low is meant[0].high is None:
            return None
        return Budget(meant[0].low, meant[0].high, self._code(meant[0].sign))

    def _code(self, sign: str) -> str:
        """The code that a sign means here."""
        if not sign:
            return self.bare or self.base
        if sign in self.symbols:
            return self.symbols[sign]
        meanings = SIGNS.get(sign, (sign,))
        return self.base if self.base in meanings else meanings[0]


class CurrencyTable(Table):
    """The table [currency]."""

    base: str
    rates: dict[str, Any] = Field(default_factory=dict)
    bare: str = ""
    symbols: dict[str, str] = Field(default_factory=dict)


def compile_currency(data: Mapping[str, Any], where: Where) -> Currency:
    """The table `currency` of a parsed hub.toml; without one no budget can be compared.

    Raises ConfigError with place and remedy at the first mistake.
    """
    if "currency" not in data:
        return Currency()
    path: Path = ("currency",)
    table = validate(CurrencyTable, data["currency"], path, where)
    base = _code(table.base, (*path, "base"), where)
    rates = {
        _code(name, (*path, "rates", name), where): _rate(name, rate, base, (*path, "rates", name), where)
        for name, rate in table.rates.items()
    }
    bare = _code(table.bare, (*path, "bare"), where) if table.bare else ""
    return Currency(base, rates, bare, _symbols(table, path, where))


def _rate(code: str, rate: Any, base: str, path: Path, where: Where) -> Decimal:
    value = Decimal(str(rate)) if type(rate) in (int, float) else Decimal(0)
    if code == base or not value.is_finite() or value <= 0:
        remedy = "remove it: it is the base" if code == base else f"the value of one {code} in {base}, above 0"
        raise ConfigError(f"'{rate}' is no rate of {code}", where=where(path), remedy=remedy)
    return value


def _symbols(table: CurrencyTable, path: Path, where: Where) -> dict[str, str]:
    known = {plain(sign).lower(): sign for sign in SIGNS}
    found = {}
    for name, code in table.symbols.items():
        sign = known.get(plain(name).lower())
        if sign is None:
            raise ConfigError(
                f"'{name}' is no known sign of a currency",
                where=where((*path, "symbols", name)),
                remedy='write it as people do, such as symbols = { "$" = "TWD" }',
            )
        found[sign] = _code(code, (*path, "symbols", name), where)
    return found


def _code(name: str, path: Path, where: Where) -> str:
    if name not in CODES:
        near = closest(name.upper(), CODES, "codes") if len(name) == 3 else ""
        raise ConfigError(
            f"'{name}' is no currency",
            where=where(path),
            remedy=near if near.startswith("did") else "a code of ISO 4217, such as TWD, USD or EUR",
        )
    return name
