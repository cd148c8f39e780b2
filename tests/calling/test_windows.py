"""Windows as people write them."""

import subprocess
import sys
from datetime import time

import pytest
from pydantic import ValidationError

from faxdispatch import BadInput, InvalidJob, SendFax, Window
from faxdispatch.calling.windows import parse_window, window_words
from faxdispatch.jobs import Priority

ALL = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("08:00-17:00", Window(start=time(8), end=time(17))),
        ("8:30 - 17:45", Window(start=time(8, 30), end=time(17, 45))),
        ("22:00-06:00 Europe/Berlin", Window(start=time(22), end=time(6), zone="Europe/Berlin")),
        ("mon-fri 08:00-17:00", Window(start=time(8), end=time(17), days=ALL[:5])),
        ("Mon,Wed 08:00-17:00", Window(start=time(8), end=time(17), days=("mon", "wed"))),
        ("fri-mon 08:00-17:00", Window(start=time(8), end=time(17), days=("mon", "fri", "sat", "sun"))),
        ("sun-sun 08:00-17:00", Window(start=time(8), end=time(17), days=("sun",))),
        ("sat,mon-tue,sat 8:00-9:00 UTC", Window(start=time(8), end=time(9), days=("mon", "tue", "sat"), zone="UTC")),
        (
            "  mon-fri   08:00-17:00   America/Chicago ",
            Window(start=time(8), end=time(17), days=ALL[:5], zone="America/Chicago"),
        ),
    ],
)
def test_a_window_means_what_it_says(text, window):
    assert Window(**parse_window(text)) == window


def test_a_window_without_a_zone_goes_by_the_recipients_clock():
    assert Window(**parse_window("mon-fri 08:00-17:00")).zone is None


@pytest.mark.parametrize("hour", ["08:00Z", "08:00:00+02:00"])
@pytest.mark.parametrize("field", ["start", "end"])
def test_hours_with_an_offset_are_refused_since_they_would_be_read_as_local(field, hour):
    with pytest.raises(ValidationError, match="has an offset") as refused:
        Window(**{"start": "09:00", "end": "17:00", field: hour})

    assert refused.value.errors()[0]["loc"] == (field,)


@pytest.mark.parametrize(
    "text",
    ["", "always", "8-17", "08:00", "mon-fri", "noday 08:00-17:00", "mon- 08:00-17:00", "mon-fri-sun 08:00-17:00",
     "08:00-17:00 UTC extra", ", 08:00-17:00"],
)  # fmt: skip
def test_an_invalid_window_is_refused(text):
    with pytest.raises(BadInput, match="window"):
        parse_window(text)


def test_hours_are_known_on_a_machine_without_time_zone_files():
    with_none = "import zoneinfo; zoneinfo.reset_tzpath(()); from faxdispatch import Window"
    done = subprocess.run(
        [sys.executable, "-c", f"{with_none}; print(Window(start='08:00', end='17:00', zone='America/Chicago').zone)"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "America/Chicago\n"


@pytest.mark.parametrize("words", ["mon-fri 08:00-17:00", "08:00-17:00 America/Chicago"])
def test_a_job_takes_its_window_in_words(words):
    job = SendFax(to="+13125550123", media_name="letter", window=words)

    assert job.window == Window.model_validate(parse_window(words))
    assert SendFax.decode(job.encode()).window == job.window
    same = SendFax(to="+13125550123", media_name="letter", window=parse_window(words))
    assert job.fingerprint() == same.fingerprint()


def test_an_invalid_window_is_reported_with_its_field():
    with pytest.raises(InvalidJob) as refused:
        SendFax.decode({"to": "+13125550123", "media_name": "letter", "window": "office hours"})

    [(field, problem)] = refused.value.problems
    assert field == "window"
    assert problem.startswith("'office hours' is not like 'mon-fri 08:00-17:00'")


def test_a_single_tag_and_a_priority_in_capitals_are_taken():
    job = SendFax.decode({"to": "+13125550123", "media_name": "letter", "tags": "x", "priority": "Urgent"})

    assert (job.tags, job.priority) == (("x",), Priority.URGENT)


@pytest.mark.parametrize(
    "text", ["08:00-17:00", "mon-fri 08:00-17:00", "mon,wed 22:00-06:30 Asia/Tokyo", "sat,sun 09:00-12:00"]
)
def test_a_window_is_written_in_the_form_that_people_type(text):
    assert window_words(parse_window(text)) == text
    assert window_words(Window(**parse_window(text)).model_dump(mode="json", exclude_none=True)) == text
