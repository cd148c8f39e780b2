"""Telnyx's own SDK and our client send the same requests and read the same from the answers.

Intended differences between the two are listed as data: `DIFFERENT`, `OMITTED_FIELDS`.
"""

import json
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pydantic
import pytest
from typing_extensions import get_type_hints, is_typeddict

from faxdispatch.telnyx import ApplicationParams, ApplicationUpdate, SendRequest, TelnyxClient, parse_webhook
from faxdispatch.telnyx.models import Page, PageMeta
from faxdispatch.telnyx.webhooks import TelnyxWebhook
from tests.contract.recorder import Answer, Recorder, recording

pytestmark = pytest.mark.xdist_group("sdk")

KEY = "KEY_of_nobody"
FAX_ID = "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0"
APPLICATION_ID = "1293384261075731499"
# Characters that must be quoted in a path, and some that might be quoted twice.
MEDIA_NAME = "Überweisung 7/8 + 100%25 & #1?.pdf"

# Complete: a field that the SDK's model has and that is missing here fails a test below.
FAX = {
    "id": FAX_ID,
    "record_type": "fax",
    "status": "failed",
    "direction": "outbound",
    "from": "+13125550100",
    "to": "+14155550123",
    "from_display_name": "Clinic ~ 7.!+",
    "connection_id": APPLICATION_ID,
    "client_state": "am9iLTE=",
    "media_url": "https://example.com/a.pdf?x=1&y=2",
    "media_name": MEDIA_NAME,
    "stored_media_url": "https://storage.example.com/a.pdf",
    "preview_url": "https://storage.example.com/a_preview.tiff",
    "quality": "ultra_dark",
    "store_media": True,
    "webhook_url": "https://example.com/hooks",
    "webhook_failover_url": "https://failover.example.com/hooks",
    "failure_reason": "receiver_call_dropped",
    "internal_failure_reason": "call_dropped_on_page_2",
    "created_at": "2026-05-05T09:59:12.039204Z",
    "updated_at": "2026-05-05T10:00:00Z",
}
SECOND_FAX = FAX | {"id": "1ccc7b54-4df3-4bca-a65a-3da1ecc777f1"}
APPLICATION_FIELDS = {
    "application_name": "fax-router",
    "webhook_event_url": "https://example.com/hooks",
    "webhook_event_failover_url": "https://failover.example.com/hooks",
    "webhook_timeout_secs": 25,
    "active": False,
    "anchorsite_override": "Amsterdam, Netherlands",
    "tags": ["referrals", "court"],
    "inbound": {
        "channel_limit": 10,
        "sip_subdomain": "example",
        "sip_subdomain_receive_settings": "only_my_connections",
    },
    "outbound": {"channel_limit": 11, "outbound_voice_profile_id": "1293384261075731500"},
}
APPLICATION = {
    "id": APPLICATION_ID,
    "record_type": "fax_application",
    "created_at": "2026-02-02T22:25:27.521Z",
    "updated_at": "2026-02-03T22:25:27.521Z",
    **APPLICATION_FIELDS,
}
MEDIA = {
    "media_name": MEDIA_NAME, "content_type": "application/pdf", "created_at": "2026-01-23T18:10:02.574Z",
    "expires_at": "2027-01-23T18:10:02.574Z", "updated_at": "2026-01-24T18:10:02.574Z",
}  # fmt: skip

UPDATE_FIELDS = APPLICATION_FIELDS | {"fax_email_recipient": "fax@example.com"}
CLEARED_FIELDS = {
    "application_name": "fax-router",
    "webhook_event_url": "https://example.com/hooks",
    "webhook_event_failover_url": None,
    "webhook_timeout_secs": None,
    "fax_email_recipient": None,
    "tags": [],
    "inbound": {"channel_limit": None},
}
SEND_BY_NAME = {
    "connection_id": APPLICATION_ID,
    "from": "+13125550100",
    "to": "sip:fax@example.com",
    "media_name": MEDIA_NAME,
    "client_state": "am9iLTE=",
    "from_display_name": "Clinic ~ 7.!+",
    "quality": "ultra_dark",
    "t38_enabled": False,
    "monochrome": True,
    "black_threshold": 60,
    "store_preview": True,
    "preview_format": "pdf",
    "webhook_url": "https://example.com/hooks?job=1",
}
SEND_BY_URL = {**SEND_BY_NAME, "media_url": "https://example.com/ä.pdf?x=1&y=+2", "store_media": True}
del SEND_BY_URL["media_name"]

WEST = timezone(timedelta(hours=-7))
# Four times: with microseconds, with an offset, with both, and with neither.
MOMENTS = {
    "gte": datetime(2026, 1, 1, tzinfo=UTC),
    "gt": datetime(2026, 1, 1, 7, 30, 0, 123456, tzinfo=WEST),
    "lte": datetime(2026, 2, 1, tzinfo=WEST),
    "lt": datetime(2026, 2, 1, 1, 2, 3, tzinfo=UTC),
}
FAX_FILTERS = {
    "created_at": MOMENTS,
    "direction": {"eq": "outbound"},
    "from": {"eq": "+13125550100"},
    "to": {"eq": "+14155550123"},
}
OUR_FAX_FILTERS = {
    **{f"created_at_{name}": moment for name, moment in MOMENTS.items()},
    "direction": "outbound",
    "from_": "+13125550100",
    "to": "+14155550123",
}
APPLICATION_FILTERS = {"application_name": {"contains": "fax &"}, "outbound_voice_profile_id": "55"}
TYPES = ["application/pdf", "image/tiff"]


def page(number: int, of: int, *entries: dict[str, Any]) -> Answer:
    meta = {"page_number": number, "page_size": 1, "total_pages": of, "total_results": of}
    return Answer.of(200, {"data": list(entries), "meta": meta})


@dataclass(frozen=True)
class Case:
    """One operation as both sides write it, and Telnyx's answer."""

    ours: Callable[[TelnyxClient], Any]
    theirs: Callable[[Any], Any]
    answers: tuple[Answer, ...]
    options: str = ""
    """The name of the SDK's own list of the operation's options, and the options that are given here."""
    given: tuple[dict[str, Any], ...] = ()


def python_names(wire: dict[str, Any]) -> dict[str, Any]:
    return {"from_" if name == "from" else name: value for name, value in wire.items()}


def one(status: int, data: dict[str, Any]) -> tuple[Answer]:
    return (Answer.of(status, {"data": data}),)


NOTHING = (Answer(204),)
ACCEPTED = {"result": "ok"}

CASES: dict[str, Case] = {
    "list applications": Case(
        lambda us: list(
            us.list_applications(
                name_contains="fax &", outbound_voice_profile_id="55", sort="application_name", page_size=1
            )
        ),
        lambda sdk: list(
            sdk.fax_applications.list(filter=APPLICATION_FILTERS, sort="application_name", page_number=1, page_size=1)
        ),
        (page(1, 2, APPLICATION), page(2, 2, APPLICATION | {"id": "1293384261075731501"})),
        "FaxApplicationListParams",
        ({"filter": APPLICATION_FILTERS, "sort": 1, "page[number]": 1, "page[size]": 1},),
    ),
    "create application": Case(
        lambda us: us.create_application(ApplicationParams.build(**APPLICATION_FIELDS)),
        lambda sdk: sdk.fax_applications.create(**APPLICATION_FIELDS).data,
        one(201, APPLICATION),
        "FaxApplicationCreateParams",
        (APPLICATION_FIELDS,),
    ),
    "get application": Case(
        lambda us: us.get_application(APPLICATION_ID),
        lambda sdk: sdk.fax_applications.retrieve(APPLICATION_ID).data,
        one(200, APPLICATION),
    ),
    "update application": Case(
        lambda us: us.update_application(APPLICATION_ID, ApplicationUpdate.build(**UPDATE_FIELDS)),
        lambda sdk: sdk.fax_applications.update(APPLICATION_ID, **UPDATE_FIELDS).data,
        one(200, APPLICATION),
        "FaxApplicationUpdateParams",
        (UPDATE_FIELDS,),
    ),
    "clear fields of an application": Case(
        lambda us: us.update_application(APPLICATION_ID, ApplicationUpdate.build(**CLEARED_FIELDS)),
        lambda sdk: sdk.fax_applications.update(APPLICATION_ID, **CLEARED_FIELDS).data,
        one(200, APPLICATION),
    ),
    "delete application": Case(
        lambda us: us.delete_application(APPLICATION_ID),
        lambda sdk: sdk.fax_applications.delete(APPLICATION_ID).data,
        one(200, APPLICATION),
    ),
    "list faxes": Case(
        lambda us: list(us.list_faxes(**OUR_FAX_FILTERS, page_size=1)),
        lambda sdk: list(sdk.faxes.list(filter=FAX_FILTERS, page_number=1, page_size=1)),
        (page(1, 2, FAX), page(2, 2, SECOND_FAX)),
        "FaxListParams",
        ({"filter": FAX_FILTERS, "page[number]": 1, "page[size]": 1},),
    ),
    "list one page of faxes": Case(
        lambda us: us.list_faxes_page(2, **OUR_FAX_FILTERS, page_size=1).data,
        lambda sdk: sdk.faxes.list(filter=FAX_FILTERS, page_number=2, page_size=1).data,
        (page(1, 2, FAX), page(2, 2, SECOND_FAX)),
    ),
    "list faxes without options": Case(
        lambda us: list(us.list_faxes()),
        lambda sdk: list(sdk.faxes.list()),
        (page(1, 1, FAX),),
    ),
    "send a stored file": Case(
        lambda us: us.send_fax(SendRequest.build(**SEND_BY_NAME)),
        lambda sdk: sdk.faxes.create(**python_names(SEND_BY_NAME)).data,
        one(202, FAX),
    ),
    "send a link": Case(
        lambda us: us.send_fax(SendRequest.build(**SEND_BY_URL)),
        lambda sdk: sdk.faxes.create(**python_names(SEND_BY_URL)).data,
        one(202, FAX),
        "FaxCreateParams",
        (SEND_BY_NAME, SEND_BY_URL),
    ),
    "get fax": Case(
        lambda us: us.get_fax(FAX_ID),
        lambda sdk: sdk.faxes.retrieve(FAX_ID).data,
        one(200, FAX),
    ),
    "delete fax": Case(
        lambda us: us.delete_fax(FAX_ID),
        lambda sdk: sdk.faxes.delete(FAX_ID),
        NOTHING,
    ),
    "cancel fax": Case(
        lambda us: us.cancel_fax(FAX_ID),
        lambda sdk: sdk.faxes.actions.cancel(FAX_ID).data,
        one(202, ACCEPTED),
    ),
    "refresh fax": Case(
        lambda us: us.refresh_fax(FAX_ID),
        lambda sdk: sdk.faxes.actions.refresh(FAX_ID).data,
        one(200, ACCEPTED),
    ),
    "upload media": Case(
        lambda us: us.upload_media("https://example.com/a.pdf", media_name=MEDIA_NAME, ttl_seconds=3600),
        lambda sdk: sdk.media.upload(media_url="https://example.com/a.pdf", media_name=MEDIA_NAME, ttl_secs=3600).data,
        one(201, MEDIA),
        "MediaUploadParams",
        ({"media_url": 1, "media_name": 1, "ttl_secs": 1},),
    ),
    "list media": Case(
        lambda us: list(us.list_media(TYPES)),
        lambda sdk: sdk.media.list(filter={"content_type": TYPES}).data,
        (page(1, 1, MEDIA),),
        "MediaListParams",
        ({"filter": {"content_type": TYPES}},),
    ),
    "get media": Case(
        lambda us: us.get_media(MEDIA_NAME),
        lambda sdk: sdk.media.retrieve(MEDIA_NAME).data,
        one(200, MEDIA),
    ),
    "update media": Case(
        lambda us: us.update_media(MEDIA_NAME, "https://example.com/b.pdf", ttl_seconds=7200),
        lambda sdk: sdk.media.update(MEDIA_NAME, media_url="https://example.com/b.pdf", ttl_secs=7200).data,
        one(200, MEDIA),
        "MediaUpdateParams",
        ({"media_url": 1, "ttl_secs": 1},),
    ),
    "delete media": Case(
        lambda us: us.delete_media(MEDIA_NAME),
        lambda sdk: sdk.media.delete(MEDIA_NAME),
        NOTHING,
    ),
}

# Intended differences of the query: parameters that only we send, and those that only the SDK sends.
DIFFERENT: dict[str, tuple[list[tuple[str, str]], list[tuple[str, str]]]] = {
    # The first page is asked for by its number too, so that every page of a listing is asked for alike.
    "list faxes without options": ([("page[number]", "1")], []),
    # Telnyx's documents name `filter[content_type][]`, once for each type; the SDK has lost the brackets and joins.
    "list media": ([("filter[content_type][]", each) for each in TYPES], [("filter[content_type]", ",".join(TYPES))]),
}
# Fields that our models leave out on purpose.
OMITTED_FIELDS = {
    "ActionCancelResponse.Data": {"result"},  # "ok", and nothing else is documented: the status says as much
    "ActionRefreshResponse.Data": {"result"},
    "webhook data": {"record_type"},  # "event", always
}
# The SDK's operations; those of the media storage are not among the eleven.
OPERATIONS = {
    "fax_applications": {"list", "create", "retrieve", "update", "delete"},
    "faxes": {"list", "create", "retrieve", "delete"},
    "faxes.actions": {"cancel", "refresh"},
    "media": {"list", "upload", "retrieve", "update", "delete", "download"},
}


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    with recording() as made:
        yield made


@pytest.fixture
def us(recorder: Recorder) -> Iterator[TelnyxClient]:
    with TelnyxClient(recorder.url, KEY) as client:
        yield client


@pytest.fixture
def sdk(telnyx_sdk: types.ModuleType, recorder: Recorder) -> Iterator[Any]:
    with telnyx_sdk.Telnyx(api_key=KEY, base_url=recorder.url, max_retries=0) as client:
        yield client


@pytest.mark.parametrize("name", CASES)
def test_both_send_the_same_requests(name, us, sdk, recorder):
    case = CASES[name]
    recorder.tell(*case.answers)
    case.ours(us)
    ours = recorder.take()
    case.theirs(sdk)
    theirs = recorder.take()
    only_we, only_they = DIFFERENT.get(name, ([], []))
    assert all(pair in ours[0].query for pair in only_we)
    assert all(pair in theirs[0].query for pair in only_they)
    assert [without(each, only_we) for each in ours] == [without(each, only_they) for each in theirs]


def without(seen, pairs):
    return replace(seen, query=[pair for pair in seen.query if pair not in pairs])


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.options])
def test_every_option_of_the_sdk_is_compared(name, telnyx_sdk):
    case = CASES[name]
    given = {path for options in case.given for path in paths(options)}
    assert set(option_names(getattr(telnyx_sdk.types, case.options))) <= given


def paths(options: dict[str, Any], at: str = "") -> Iterator[str]:
    for name, value in options.items():
        yield at + name
        if isinstance(value, dict):
            yield from paths(value, f"{at}{name}.")


def option_names(params: Any, at: str = "") -> Iterator[str]:
    """Yield the names on the wire of a TypedDict of the SDK, inner ones with a dot."""
    for name, hint in get_type_hints(params, include_extras=True).items():
        inner, alias = hint, name
        while typing.get_origin(inner) in (typing.Annotated, typing.Required, typing.NotRequired):
            for note in typing.get_args(inner)[1:]:
                alias = getattr(note, "alias", None) or alias
            inner = typing.get_args(inner)[0]
        yield at + alias
        if is_typeddict(inner):
            yield from option_names(inner, f"{at}{alias}.")


@pytest.mark.parametrize("group", OPERATIONS)
def test_the_sdk_has_no_operation_that_is_not_compared(group, sdk):
    resource = sdk
    for part in group.split("."):
        resource = getattr(resource, part)
    public = {name for name, _ in vars(type(resource)).items() if not name.startswith("_")}
    methods = {name for name in public if isinstance(vars(type(resource))[name], types.FunctionType)}
    assert methods == OPERATIONS[group]


@pytest.mark.parametrize("name", CASES)
def test_both_read_the_same_from_a_complete_answer(name, us, sdk, recorder):
    case = CASES[name]
    recorder.tell(*case.answers)
    ours, theirs = case.ours(us), case.theirs(sdk)
    if not isinstance(theirs, list):
        ours, theirs = [ours], [theirs]
    assert len(ours) == len(theirs)
    for our, their in zip(ours, theirs, strict=True):
        if their is not None:
            compare(our, their, omitted_of(their))


def omitted_of(their: pydantic.BaseModel) -> set[str]:
    module = type(their).__module__.rpartition(".")[2]
    return OMITTED_FIELDS.get(f"{module.title().replace('_', '')}.{type(their).__qualname__}", set())


def compare(our: Any, their: pydantic.BaseModel, omitted: set[str]) -> None:
    """Check that the answer has each field of the SDK's model, and that our model reads the same value."""
    kind = type(their).__name__
    for wire, name in fields(type(their)).items():
        value = getattr(their, name)
        assert value is not None, f"{kind}.{wire}: the answer in this test lacks it; put it there"
        if wire in omitted:
            continue
        known = fields(type(our))
        assert wire in known, f"{kind}.{wire}: {type(our).__name__} has no such field"
        read = getattr(our, known[wire])
        if isinstance(value, pydantic.BaseModel):
            compare(read, value, set())
        elif isinstance(read, datetime) and isinstance(value, str):
            assert read == datetime.fromisoformat(value), f"{kind}.{wire}"
        else:
            assert read == value, f"{kind}.{wire}"


def fields(model: type[pydantic.BaseModel]) -> dict[str, str]:
    """Return the names on the wire and in Python."""
    return {field.alias or name: name for name, field in model.model_fields.items()}


def test_both_read_the_same_page_numbers(us, sdk, recorder, telnyx_sdk):
    recorder.tell(page(1, 2, FAX), page(2, 2, SECOND_FAX))
    ours = us.list_faxes_page(2)
    assert isinstance(ours, Page)
    compare(ours.meta, sdk.faxes.list(page_number=2).meta, set())
    compare(ours.meta, sdk.media.list(extra_query={"page[number]": 2}).meta, set())
    assert fields(PageMeta).keys() >= fields(telnyx_sdk.types.PaginationMeta).keys()


def test_both_download_the_same(us, sdk, recorder, tmp_path):
    recorder.tell(Answer(200, b"%PDF-\x00\xff", "application/octet-stream"))
    us.download_media(MEDIA_NAME, tmp_path / "ours")
    ours = recorder.take()
    content = sdk.media.download(MEDIA_NAME).read()
    assert ours == recorder.take()
    assert (tmp_path / "ours").read_bytes() == content == b"%PDF-\x00\xff"


def test_bytes_are_uploaded_as_the_sdks_own_extension_points_do(us, sdk, recorder):
    """The SDK's upload takes no file; made by hand with its `post`, the same form reaches the server."""
    recorder.tell(*one(201, MEDIA))
    us.upload_media(b"%PDF-1.4", media_name="a.pdf", ttl_seconds=60)
    ours = recorder.take()[0]
    sdk.post(
        "/media",
        cast_to=object,
        body={"media_name": "a.pdf", "ttl_secs": 60},
        files={"media": ("document.pdf", b"%PDF-1.4", "application/pdf")},
        options={"headers": {"Content-Type": "multipart/form-data"}},
    )
    theirs = recorder.take()[0]
    assert (ours.method, ours.path, ours.query, ours.content_type) == (
        theirs.method,
        theirs.path,
        theirs.query,
        theirs.content_type,
    )
    assert parts(ours.body) == parts(theirs.body)


def parts(body: bytes) -> dict[bytes, bytes]:
    """Return a form's contents by their names; file names may differ."""
    boundary = body.partition(b"\r\n")[0]
    found = {}
    for part in body.split(boundary)[1:-1]:
        head, _, content = part.strip(b"\r\n").partition(b"\r\n\r\n")
        found[head.partition(b'name="')[2].partition(b'"')[0]] = content
    return found


@pytest.fixture(scope="module")
def fax_events(telnyx_sdk: types.ModuleType) -> dict[str, type[pydantic.BaseModel]]:
    """The fax events among all that the SDK can unwrap, by their names on the wire."""
    models = typing.get_args(telnyx_sdk.types.UnwrapWebhookEvent)
    found = {}
    for model in models:
        data = getattr(model, "model_fields", {}).get("data")
        event_type = getattr(inner_model(data.annotation), "model_fields", {}).get("event_type") if data else None
        names = literals(event_type.annotation) if event_type else []
        found |= {name: model for name in names if isinstance(name, str) and name.startswith("fax.")}
    return found


def inner_model(annotation: Any) -> Any:
    models = [each for each in (annotation, *typing.get_args(annotation)) if isinstance(each, type)]
    return next((each for each in models if issubclass(each, pydantic.BaseModel)), None)


def literals(annotation: Any) -> list[Any]:
    if typing.get_origin(annotation) is typing.Literal:
        return list(typing.get_args(annotation))
    return [value for part in typing.get_args(annotation) for value in literals(part)]


EVENTS = ("fax.queued", "fax.media.processed", "fax.sending.started", "fax.delivered", "fax.failed")
PAYLOAD = {
    "call_duration_secs": 25,
    "client_state": "am9iLTE=",
    "connection_id": APPLICATION_ID,
    "direction": "outbound",
    "failure_reason": "user_busy",
    "fax_id": FAX_ID,
    "from": "+13125550100",
    "internal_failure_reason": "busy_here",
    "media_name": MEDIA_NAME,
    "original_media_url": "https://example.com/a.pdf",
    "page_count": 2,
    "to": "+14155550123",
    "user_id": "19a75cea-02c6-4b9a-84fa-c9bc8341feb8",
}


def test_the_sdks_fax_events_are_the_five_of_a_sent_fax(fax_events):
    assert set(fax_events) == set(EVENTS)


@pytest.mark.parametrize("event_type", EVENTS)
def test_both_read_the_same_from_a_complete_webhook(event_type, fax_events):
    status = event_type.removeprefix("fax.").removesuffix(".started")
    body = {
        "data": {
            "event_type": event_type,
            "id": "95479a2e-b947-470a-a88f-2da6dd07ae0f",
            "occurred_at": "2026-05-05T13:08:22.039204Z",
            "payload": PAYLOAD | {"status": status},
            "record_type": "event",
        },
        "meta": {"attempt": 2, "delivered_to": "https://example.com/hooks"},
    }
    ours, theirs = parse_webhook(json.dumps(body).encode()), fax_events[event_type].model_validate(body)
    compare(ours, theirs.data.payload, set())
    compare(ours, theirs.meta, set())
    envelope = {"id": "event_id", "event_type": "event_type", "occurred_at": "occurred_at"}
    unread = fields(type(theirs.data)).keys() - envelope.keys() - {"payload"} - OMITTED_FIELDS["webhook data"]
    assert not unread, f"{event_type}: TelnyxWebhook knows nothing of {unread}"
    for name, own in envelope.items():
        assert own in TelnyxWebhook.model_fields
        assert getattr(ours, own) == getattr(theirs.data, name)
