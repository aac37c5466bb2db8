"""Hours as they stand in hub.toml."""

import subprocess
import sys
import tomllib
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from hub.clocks.files import compile_hours
from hub.clocks.public_holidays import holidays_of
from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines

GOOD = """
[hours.shop]
timezone = "Europe/Berlin"
week = { mon-fri = ["08:00-12:00", "13:00-18:00"], sat = "20:00-02:00" }
holidays = ["DE-BY"]
closed = ["2026-12-28", "12-31"]
days = { "2026-12-25" = "10:00-12:00", "12-24" = "09:00-13:00", "2026-12-31" = [] }

[hours.office]
timezone = "Asia/Yerevan"
week = { mon-fri = "09:00-18:00" }
holidays = "AM"
"""


def load(text):
    return compile_hours(tomllib.loads(text), Lines(text, "hub.toml").where)


def ms(text, zone="Europe/Berlin"):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-12-23T12:30", False),  # lunch
        ("2026-12-23T13:00", True),
        ("2026-12-24T12:59", True),  # every year's own hours
        ("2026-12-24T13:00", False),
        ("2026-12-25T11:00", True),  # a holiday with own hours
        ("2026-12-26T21:00", False),  # the second day of Christmas, a Saturday
        ("2026-12-28T10:00", False),  # closed by hand
        ("2027-12-28T10:00", True),
        ("2026-12-31T10:00", False),
        ("2027-12-31T10:00", False),  # closed every year
        ("2026-01-06T10:00", False),  # Epiphany, in Bavaria
        ("2026-12-20T01:59", True),  # Saturday's night
    ],
)
def test_own_days_beat_holidays_and_holidays_beat_the_week(at, is_open):
    assert load(GOOD)["shop"].is_open(ms(at)) is is_open


def test_a_night_that_begins_before_a_holiday_goes_on_into_it():
    bar = load('[hours.bar]\ntimezone = "Europe/Berlin"\nweek = { mon-sun = "20:00-02:00" }\nholidays = "DE"\n')["bar"]
    assert bar.is_open(ms("2026-12-25T01:00"))
    assert not bar.is_open(ms("2026-12-25T21:00"))
    assert not bar.is_open(ms("2026-12-26T01:00"))


def test_next_open_after_holidays_of_a_country():
    office = load(GOOD)["office"]
    assert office.holidays == ("AM",)
    assert date(2027, 1, 6) in holidays_of("AM", 2027)
    assert office.next_open(ms("2027-01-06T10:00", "Asia/Yerevan")) == ms("2027-01-07T09:00", "Asia/Yerevan")


def test_no_hours_is_no_calendar():
    assert load("") == {}


def test_calendars_are_values():
    assert load(GOOD) == load(GOOD)
    assert load(GOOD)["shop"] != load(GOOD.replace("12:30", "12:31").replace('"12-31"', '"12-30"'))["shop"]
    assert len({*load(GOOD).values()}) == 2


def test_the_library_is_imported_only_where_a_calendar_names_holidays():
    code = (
        "import sys\n"
        "from hub.clocks.files import compile_hours\n"
        "table = {'timezone': 'UTC', 'week': {'mon': '08:00-10:00'}}\n"
        "compile_hours({'hours': {'a': table}}, str)['a'].next_open(0)\n"
        "assert 'holidays' not in sys.modules\n"
        "compile_hours({'hours': {'a': table | {'holidays': 'AM'}}}, str)\n"
        "assert 'holidays' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Europe/Berlin", "Berlin", "hub.toml:3: there is no time zone 'Berlin' (a name such as Europe/Berlin"),
        ('sat = "20', 'day = "20', "hub.toml:4: 'day' is no day: use mon, tue"),
        ("week =", "weeks =", "hub.toml:4: unknown key 'weeks' (did you mean 'week'?)"),
        ('"DE-BY"', '"DE-BX"', "hub.toml:5: 'DE-BX' is no part of DE"),
        ('"DE-BY"', '"de"', "hub.toml:5: 'de' is no country with known holidays; did you mean 'DE'?"),
        ('"AM"', '"Armenia"', "hub.toml:12: 'Armenia' is no country"),
        ('"12-31"', '"31.12."', "hub.toml:6: '31.12.' is no day: write \"2026-12-24\""),
        ('"12-31"', '"02-30"', "hub.toml:6: '02-30' is no day"),
        ('"12-31"', '"2027-02-29"', "hub.toml:6: '2027-02-29' is no day"),
        ('"12-31"', '"12-24"', "hub.toml:7: '12-24' is closed and has hours of its own (remove one of the two)"),
        ('"09:00-13:00"', '"9-13"', "hub.toml:7: 12-24: '9-13' is no span of time"),
        ('"09:00-13:00"', "9", 'hub.toml:7: 12-24: write "08:00-18:00" or a list of such spans'),
        ('"12-24" =', '"24-12" =', "hub.toml:7: '24-12' is no day"),
    ],
)
def test_mistakes_are_said_with_file_line_and_remedy(old, new, said):
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        load(GOOD.replace(old, new, 1))
    assert str(caught.value).startswith(said), str(caught.value)
    assert caught.value.remedy
