"""Each answer that is not a success has exactly one meaning."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from faxdispatch.errors import (
    AccountRefused,
    NoSuchResource,
    OutcomeUnknown,
    RateLimited,
    Refused,
    TelnyxError,
    WrongState,
)
from faxdispatch.telnyx.translate import MAX_RETRY_AFTER, Answer, failure, retry_after

ACCOUNT_CODES = (
    "10009", "10010", "10038", "10039", "20002", "20006", "20008", "20012", "20013", "20014", "20016", "20017", "20100",
)  # fmt: skip


def answer(status, *codes, detail="No.", headers=None, **error):
    errors = [{"code": code, "title": "Error", "detail": detail, **error} for code in codes]
    return Answer(status, headers or {}, json.dumps({"errors": errors}).encode())


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "10015", Refused),
        (404, "404", NoSuchResource),
        (405, "405", Refused),
        (413, "413", Refused),
        (415, "10024", Refused),
        (422, "422", Refused),
        (422, "10016", Refused),
        (422, "85004", Refused),
        (422, "90080", WrongState),
        (422, "90081", WrongState),
        (400, "90080", WrongState),
        (409, "10021", Refused),
        (401, "10009", AccountRefused),
        (402, "20100", AccountRefused),
        (403, "10010", AccountRefused),
        (403, "403", AccountRefused),
        *[(422, code, AccountRefused) for code in ACCOUNT_CODES],
        (429, "10011", RateLimited),
        (429, "20100", RateLimited),
        (408, "10008", OutcomeUnknown),
        (409, "10036", OutcomeUnknown),
        (409, "409", OutcomeUnknown),
        (400, "10007", OutcomeUnknown),
        (500, "10007", OutcomeUnknown),
        (500, "10009", OutcomeUnknown),
        (503, "10037", OutcomeUnknown),
        (302, "302", OutcomeUnknown),
        (100, "100", OutcomeUnknown),
        (999, "999", OutcomeUnknown),
    ],
)
def test_status_and_code_decide_what_an_answer_means(status, code, kind):
    error = failure("send_fax", answer(status, code))
    assert type(error) is kind
    assert (error.status, error.code, error.detail) == (status, code, "No.")


def test_an_account_wide_code_counts_wherever_it_stands_among_the_errors():
    assert type(failure("send_fax", answer(422, "10016", "20100"))) is AccountRefused


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Not found</html>", b"[]", b"null", b'{"errors": 3}', b'{"errors": ["x", null]}', b"[" * 100_000,
     b'{"errors": [{"code": {}, "detail": []}]}', b"\xff\xfe"],
)  # fmt: skip
def test_a_body_that_cannot_be_read_leaves_the_status_to_decide(body):
    assert type(failure("get_fax", Answer(404, {}, body))) is NoSuchResource
    assert type(failure("get_fax", Answer(502, {}, body))) is OutcomeUnknown


def test_the_message_says_what_was_asked_what_is_wrong_and_where():
    error = failure("send_fax", answer(422, "10016", detail="'to' must be +E.164", source={"pointer": "/to"}))
    assert str(error) == "Telnyx refused to send fax: 422 10016 'to' must be +E.164 (pointer /to)"


def test_the_message_mentions_further_errors_and_what_to_check():
    assert "(and 1 more)" in str(failure("send_fax", answer(422, "1", "2")))
    assert "TELNYX_API_KEY" in str(failure("send_fax", answer(401, "10009")))


def test_neither_message_nor_detail_holds_a_whole_number_a_link_or_a_key():
    detail = "+13125550123 cannot fetch https://x.test/a.pdf?sig=s3cret with KEY0123456789ABCDEF_secret"
    error = failure("send_fax", answer(422, "1", detail=detail))
    for text in (str(error), error.detail, str(error.as_data())):
        assert "5550123" not in text
        assert "s3cret" not in text
        assert "ABCDEF" not in text


def test_long_words_of_telnyx_are_cut():
    assert len(str(failure("send_fax", answer(422, "1", detail="x" * 10_000)))) < 500


def test_a_number_as_code_is_read_as_text():
    assert failure("send_fax", answer(422, 90080)).code == "90080"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "Tue, 01 Sep 2026 12:00:30 GMT", "date": "Tue, 01 Sep 2026 12:00:00 GMT"}, 30),
        ({"retry-after": "0.5", "x-ratelimit-reset": "9"}, 0.5),
        ({"x-ratelimit-reset": "1"}, 1),
        ({"x-ratelimit-reset": "3, 3;w=1"}, 3),
        ({"retry-after": "soon", "x-ratelimit-reset": "2"}, 2),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e99"}, MAX_RETRY_AFTER),
        ({"x-ratelimit-reset": "1790000000"}, MAX_RETRY_AFTER),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_the_pause_after_429_is_what_telnyx_says_within_reason(headers, seconds):
    assert retry_after(headers) == seconds
    error = failure("send_fax", answer(429, "10011", headers=headers))
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


def test_a_retry_date_becomes_seconds():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 0 < retry_after({"retry-after": soon}) <= 100
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0


def test_every_failure_is_a_telnyx_error():
    assert all(isinstance(failure("get_fax", Answer(status)), TelnyxError) for status in range(300, 600))
