"""`faxdispatch limits`: limits are shown, changed and estimated anew, for all processes at once."""

import pytest

REASON = ("--reason", "more bought")


def test_it_shows_each_limit_and_where_it_comes_from(cli):
    cli("limits", "set", "--channels", "8", *REASON)

    said = cli("limits", "show").out

    assert "rate               20       FAX_RATE" in said
    assert "channels           8        set by faxdispatch limits" in said
    assert "day_cap            none     FAX_SPEND_DAY" in said


def test_a_limit_is_shown_with_who_set_it_and_why_and_can_be_reset(cli, redis):
    given = ("--rate", "7.5", "--account-channels", "auto", "--day-cap", "40")
    assert cli("limits", "set", *given, *REASON, "--json", USER="ada").json["limits"] == {
        "rate": 7.5,
        "account_channels": "auto",
        "day_cap": 40.0,
    }
    assert cli("limits", "show", "--json").json["changed"] == {"rate": 7.5, "account_channels": "auto", "day_cap": 40.0}
    (events,) = [fields["data"] for _, fields in redis.xrange("fax:events") if fields["type"] == "limits.changed"]
    assert '"operator":"ada"' in events
    assert '"reason":"more bought"' in events

    cli("limits", "set", "--rate", "default", "--account-channels", "default", "--day-cap", "default", *REASON)
    assert cli("limits", "show", "--json").json["changed"] == {}


def test_estimates_are_forgotten(cli, redis):
    redis.set("fax:channels", 1)
    redis.set("fax:channels:17", 1)

    assert cli("limits", "reset", *REASON).code == cli("limits", "reset", "17", *REASON).code == 0

    assert redis.exists("fax:channels", "fax:channels:17") == 0


@pytest.mark.parametrize(
    "words",
    [
        (),
        *[("--rate", value) for value in ("0", "fast", "none")],
        *[("--channels", value) for value in ("0", "none", "2.5")],
        *[("--day-cap", value) for value in ("-1", "auto", "nan")],
    ],
)
def test_an_invalid_limit_is_refused_and_changes_nothing(cli, redis, words):
    result = cli("limits", "set", *words, *REASON)

    assert result.code == 2
    assert redis.exists("fax:limits") == 0
