"""Budgets as people type them."""

import tomllib
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.inquiries.money import Budget, Currency, compile_currency

GOOD = """
[currency]
base = "TWD"
rates = { USD = 31.5, EUR = 34.0, INR = 0.37, AED = 8.6, IRR = 0.00075 }
symbols = { "kr" = "SEK" }
"""


def load(text):
    return compile_currency(tomllib.loads(text), Lines(text, "hub.toml").where)


HERE = load(GOOD)


@pytest.mark.parametrize(
    ("text", "low", "high", "currency"),
    [
        ("50,000-80,000 TWD", 50_000, 80_000, "TWD"),
        ("50k eur", 50_000, 50_000, "EUR"),
        ("1.5 lakh INR", 150_000, 150_000, "INR"),
        ("100000", 100_000, 100_000, "TWD"),
        ("$20,000", 20_000, 20_000, "USD"),
        ("約5萬", 50_000, 50_000, "TWD"),
        ("٥٠٬٠٠٠ درهم", 50_000, 50_000, "AED"),
        ("۵۰ هزار تومان", 500_000, 500_000, "IRR"),  # a toman is ten rials
        ("₹१,५०,०००", 150_000, 150_000, "INR"),
        ("५० हज़ार रुपये तक", None, 50_000, "INR"),
        ("from 50k to 80k", 50_000, 80_000, "TWD"),
        ("from 50k", 50_000, None, "TWD"),
        ("up to 5000 EUR", None, 5_000, "EUR"),
        ("max. 5.000,50 €", None, Decimal("5000.50"), "EUR"),
        ("> 100,000", 100_000, None, "TWD"),
        ("not less than 100,000", 100_000, None, "TWD"),
        ("no more than 100,000", None, 100_000, "TWD"),
        ("50k+ usd", 50_000, None, "USD"),
        ("50-80k usd", 50_000, 80_000, "USD"),
        ("900-1k usd", 900, 1_000, "USD"),
        ("between 50 and 80 thousand euros", 50_000, 80_000, "EUR"),
        ("from 50k up to 80k", 50_000, 80_000, "TWD"),
        ("от 50 до 80 тыс руб", 50_000, 80_000, "RUB"),
        ("10 000 – 20 000 €", 10_000, 20_000, "EUR"),
        ("10'000 CHF", 10_000, 10_000, "CHF"),
        ("€ 1.250", 1_250, 1_250, "EUR"),
        ("1.25 mio EUR", 1_250_000, 1_250_000, "EUR"),
        ("bis 20.000 Euro", None, 20_000, "EUR"),
        ("五萬五", 55_000, 55_000, "TWD"),
        ("十二萬元", 120_000, 120_000, "TWD"),
        ("三千二百元", 3_200, 3_200, "TWD"),
        ("50到80萬", 500_000, 800_000, "TWD"),
        ("80万以上", 800_000, None, "TWD"),
        ("三台機器預算五萬元", 50_000, 50_000, "TWD"),
        ("５０，０００ TWD", 50_000, 50_000, "TWD"),  # full width
        ("1 crore 20 lakh", 12_000_000, 12_000_000, "TWD"),
        ("10,00,000", 1_000_000, 1_000_000, "TWD"),
        ("Rs. 50,000/-", 50_000, 50_000, "INR"),
        ("100 հազար դրամ", 100_000, 100_000, "AMD"),
        ("$50 CAD", 50, 50, "CAD"),
        ("US$ 2m", 2_000_000, 2_000_000, "USD"),
        ("3 machines, 50k eur", 50_000, 50_000, "EUR"),
        ("MAX 50000", None, 50_000, "TWD"),
        ("9000 kr", 9_000, 9_000, "SEK"),
        ("50000 BTC", 50_000, 50_000, "BTC"),
        ("2 500 USDT", 2_500, 2_500, "USDT"),
    ],
)
def test_what_people_type(text, low, high, currency):
    assert HERE.read(text) == Budget(low, high, currency)


@pytest.mark.parametrize(
    "text",
    [
        *("", "no idea", "cheap please", "0", "0 EUR", "2026-12-24", "24.12.2026", "0912345678", "+886 2 2345 6789"),
        *("20%", "20 %", "1,5000", "80-50k", "1-500 EUR", "50k USD - 60k EUR", "5L INR", "20x", "A4", "50,000 for 2"),
        *("9" * 30, "二〇二六", "½", "50.000.00"),
    ],
)
def test_what_is_no_budget_or_not_clear_is_unknown_and_never_zero(text):
    assert HERE.read(text) is None
    assert HERE.figure(text) is None


def test_an_unknown_currency_is_an_unknown_budget():
    assert HERE.figure("50000 BTC") is None
    assert HERE.figure("9000 kr") is None  # known, but without a rate
    assert HERE.in_base(None) is None


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("$20,000", 630_000),
        ("50,000-80,000 TWD", 50_000),  # what can surely be spent
        ("up to 80,000", 80_000),  # only that end was named
        ("from 80,000", 80_000),
        ("1.5 lakh INR", 55_500),
    ],
)
def test_one_figure_in_the_base_currency_counts(text, figure):
    assert HERE.figure(text) == figure


def test_in_running_text_only_amounts_with_a_currency_count():
    assert HERE.find("I need 300 pieces before 24 December, we have 50-80k usd") == Budget(50_000, 80_000, "USD")
    assert HERE.find("I need 300 pieces before 24 December") is None


def test_a_sign_of_several_currencies_means_the_companys_own():
    assert Currency("CAD").read("$50").currency == "CAD"
    assert Currency("EUR").read("$50").currency == "USD"
    assert Currency("TWD", symbols={"$": "TWD"}).read("$50").currency == "TWD"
    assert Currency("CNY").read("50元").currency == "CNY"
    assert Currency("TWD", bare="USD").read("50").currency == "USD"
    assert Currency("EUR").read("500 kr").currency == ""  # four countries: unknown
    assert Currency("EUR").figure("500 kr") is None


def test_words_that_are_codes_too_count_only_as_capitals():
    assert HERE.read("500 all in").currency == "TWD"
    assert HERE.read("500 ALL").currency == "ALL"


def test_without_a_table_nothing_can_be_compared():
    assert load("") == Currency()
    assert load("").figure("100000") is None
    assert load("").figure("100000 EUR") is None


@settings(max_examples=150)
@given(st.text(max_size=40) | st.from_regex(r"[0-9.,' k$€萬-]{1,20}", fullmatch=True))
def test_any_text_gives_a_sane_budget_or_none(text):
    budget = HERE.read(text)
    if budget:
        ends = [end for end in (budget.low, budget.high) if end is not None]
        assert ends
        assert ends == sorted(ends)
        assert budget.figure > 0


@settings(max_examples=100)
@given(st.integers(1, 10**9), st.sampled_from(["{:,}", "{}", "TWD {:,}", "{:,} TWD", "NT${:,}", "about {} twd"]))
def test_plain_amounts_come_back_as_they_were_written(amount, form):
    assert HERE.figure(form.format(amount)) == amount


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"TWD"', '"TWF"', "hub.toml:3: 'TWF' is no currency"),
        ('"TWD"', '"eur"', "hub.toml:3: 'eur' is no currency (did you mean 'EUR'?)"),
        ('"TWD"', '"Taiwan dollars"', "hub.toml:3: 'Taiwan dollars' is no currency (a code of ISO 4217"),
        ("31.5", "0", "hub.toml:4: '0' is no rate of USD (the value of one USD in TWD, above 0)"),
        ("31.5", "nan", "hub.toml:4: 'nan' is no rate of USD"),
        ("31.5", '"31.5"', "hub.toml:4: '31.5' is no rate of USD"),
        ("USD =", "TWD =", "hub.toml:4: '31.5' is no rate of TWD (remove it: it is the base)"),
        ("USD =", "Dollar =", "hub.toml:4: 'Dollar' is no currency"),
        ('"kr" = "SEK"', '"!!" = "SEK"', "hub.toml:5: '!!' is no known sign of a currency"),
        ('"SEK"', '"kronor"', "hub.toml:5: 'kronor' is no currency"),
        ("base", "basis", "hub.toml:3: unknown key 'basis' (did you mean 'base'?)"),
    ],
)
def test_mistakes_are_said_with_file_line_and_remedy(old, new, said):
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        load(GOOD.replace(old, new, 1))
    assert str(caught.value).startswith(said), str(caught.value)
    assert caught.value.remedy
