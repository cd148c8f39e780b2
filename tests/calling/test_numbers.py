"""Which numbers a fax may go to, however they are written, and why others are refused."""

import phonenumbers
import pytest

from faxdispatch import FaxClient, InvalidJob
from faxdispatch.calling.numbers import NumberPolicy, callable_number, normalise
from faxdispatch.jobs import SendFax
from faxdispatch.testing import RecordingClient

LINK = "https://example.com/a.pdf"

FULL_NUMBER = "give the recipient's full fax number, like +12025550199"
EMERGENCY = "is an emergency number; faxes are never sent to one"
SHORT = f"is a short number, which works only inside its country and takes no fax: {FULL_NUMBER}"
ORDINARY = "faxes are never sent to one: ask the recipient for an ordinary number"
PREMIUM = f"is a premium-rate number, and {ORDINARY}"
NO_REGION = "is not in E.164 form: write it with + and country code, like +12025550199, or set FAX_DEFAULT_REGION"
DIRECTORY = f"is directory assistance (555-1212), which takes no fax: {FULL_NUMBER}"

WRITTEN = [
    # as written, default region, E.164
    ("+13125550123", None, "+13125550123"),
    ("+1 (312) 555-0123", None, "+13125550123"),
    ("(312) 555-0123", "US", "+13125550123"),
    ("1-312-555-0123", "US", "+13125550123"),
    ("312.555.0123", "US", "+13125550123"),
    ("1-800-FLOWERS", "US", "+18003569377"),
    ("\uff0b1 312 555 0123", "US", "+13125550123"),
    ("613-248-4872", "CA", "+16132484872"),
    ("020 7183 8750", "GB", "+442071838750"),
    ("+44 (0)20 7183 8750", None, "+442071838750"),
    ("030 2093 0", "DE", "+493020930"),
    ("01 42 68 53 00", "FR", "+33142685300"),
    ("(02) 9374 4000", "AU", "+61293744000"),
    ("55 5093 5000", "MX", "+525550935000"),
    ("03-6384-9000", "JP", "+81363849000"),
    ("06 698 12345", "IT", "+390669812345"),
    ("+1 312 555 0123", "DE", "+13125550123"),
]

CALLED = [
    # Kept for fiction: the simulator's numbers, in old area codes and in one that no list knows yet
    *("+13125550100", "+13125550111", "+14165550199", "+18005550199", "+12345550142", "+19325550142"),
    # Ordinary numbers, and ranges that no list knows
    *("+14155552222", "+13125550299", "+442125550110", "+17005551234", "+498881234567", "+8613800138000"),
    # Toll-free, with exchanges that are service codes or premium elsewhere
    *("+18002345678", "+18884117246", "+18009761234", "+18339111234", "+448001111111", "+498001234567"),
    *("+33805123456", "+611800123456", "+528001234567", "+81120123456", "+80012345678"),
    # Universal access: hospitals, courts and authorities
    *("+443003301350", "+31881234567", "+41584627777", "+35810123456", "+81570012345"),
    # Island countries, where such exchanges are lines of subscribers
    *("+18769761234", "+14414111234", "+16589111234"),
    # Short, but whole
    *("+2903500", "+49301234"),
]

REFUSED = [
    # Emergency numbers of the default region
    *(("911", region, EMERGENCY) for region in ("US", "CA", "MX", "PH", "AR", None)),
    *(("112", region, EMERGENCY) for region in ("DE", "FR", "GB", "IT", "IN", "AU", "US", None)),
    *((" 9-1-1 ", region, EMERGENCY) for region in ("US", "JP", None)),
    *((number, "FR", EMERGENCY) for number in ("15", "17", "18")),
    *((number, "JP", EMERGENCY) for number in ("110", "119")),
    *((number, "CN", EMERGENCY) for number in ("110", "119", "120")),
    *((number, "BR", EMERGENCY) for number in ("190", "192", "193")),
    *((number, "DE", EMERGENCY) for number in ("110", "0110", "0112")),
    *(("999", region, EMERGENCY) for region in ("GB", "IE", "HK", "SG", "KE")),
    ("000", "AU", EMERGENCY),
    ("111", "NZ", EMERGENCY),
    ("10111", "ZA", EMERGENCY),
    ("144", "CH", EMERGENCY),
    ("\uff11\uff11\uff10", "JP", EMERGENCY),
    # … and of the country of an E.164 number, whatever the region
    *((number, None, EMERGENCY) for number in ("+911", "+112", "+1911", "+1 112", "+44999", "+44 112", "+49110")),
    *((number, None, EMERGENCY) for number in ("+490112", "+3315", "+33112", "+61000", "+81119", "+86 120")),
    ("+49 110", "US", EMERGENCY),
    # Short numbers
    *((number, "US", SHORT) for number in ("211", "311", "411", "611", "811", "988")),
    *((number, "GB", SHORT) for number in ("101", "111", "118500")),
    *((number, "DE", SHORT) for number in ("115", "116117", "11833")),
    *((number, "FR", SHORT) for number in ("3949", "118218")),
    *((number, None, SHORT) for number in ("+1411", "+44 101", "+49 116117", "+33 3949")),
    # Premium rate
    *((number, None, PREMIUM) for number in ("+19005551234", "+19000001234", "+12129761234", "+12469761234")),
    *((number, None, PREMIUM) for number in ("+449012345678", "+499001234567", "+33899123456")),
    *((number, None, PREMIUM) for number in ("+611900654321", "+529001234567", "+81990123456", "+31900123456")),
    *((number, None, PREMIUM) for number in ("+39899123456", "+34803123456", "+979123456789", "+64900123456")),
    ("1-900-555-1234", "US", PREMIUM),
    ("0906 123 4567", "GB", PREMIUM),
    # Operators and services of the North American plan
    ("+1 411 555 0100", None, f"411 is a service code, not an area code: {FULL_NUMBER}"),
    ("+1 911 555 1234", None, f"911 is a service code, not an area code: {FULL_NUMBER}"),
    ("911-555-1234", "US", f"911 is a service code, not an area code: {FULL_NUMBER}"),
    ("+1 312 911 1234", None, f"911 after the area code is a service code: {FULL_NUMBER}"),
    ("+1 416 411 1234", None, f"411 after the area code is a service code: {FULL_NUMBER}"),
    ("+1 932 911 1234", None, f"911 after the area code is a service code: {FULL_NUMBER}"),
    *((number, None, DIRECTORY) for number in ("+12125551212", "+18005551212", "+19325551212")),
    ("(212) 555-1212", "US", DIRECTORY),
    # What takes no fax
    ("+447640123456", None, f"is a pager, which takes no fax: {FULL_NUMBER}"),
    ("+41860123456789", None, f"is a voicemail number, which takes no fax: {FULL_NUMBER}"),
    # No numbers at all
    ("3125550123", None, NO_REGION),
    ("555-0123", "US", "lacks its area code: write it like +12025550199"),
    ("(312) 555-0123 ext. 7", "US", "has an extension, which a fax call cannot dial: take it off"),
    ("reception", "US", "is not a telephone number: write it with + and country code, like +12025550199"),
    ("0", "US", "is not a telephone number: write it with + and country code, like +12025550199"),
    ("+44201", None, "is too short for a telephone number of its country: write it like +12025550199"),
    ("+1312555012345", None, "is too long for a telephone number of its country: write it like +12025550199"),
    ("+999123456789", None, "is not a telephone number: write it with + and country code, like +12025550199"),
    ("sip:nobody", None, "not a SIP URI of the form sip:user@host"),
]  # fmt: skip


def decoded(to, **how):
    return SendFax.decode({"to": to, "media_url": LINK}, **how)


def problems(act, *args, **kwargs):
    with pytest.raises(InvalidJob) as refused:
        act(*args, **kwargs)
    return refused.value.problems


@pytest.mark.parametrize(("written", "region", "meant"), WRITTEN)
def test_a_destination_becomes_e164_however_it_is_written(written, region, meant):
    assert decoded(written, region=region).to == meant


@pytest.mark.parametrize("number", CALLED)
def test_a_number_that_may_be_real_is_not_refused(number):
    assert decoded(number).to == number


@pytest.mark.parametrize(("written", "region", "said"), REFUSED)
def test_each_kind_of_number_that_may_not_be_called_is_refused_with_its_own_message(written, region, said):
    assert problems(decoded, written, region=region) == [("to", said)]


@pytest.mark.parametrize("nn", range(100))
def test_every_number_of_the_simulator_may_be_called_with_and_without_a_list_of_countries(nn):
    number = f"+131255501{nn:02}"

    assert decoded(number).to == number
    NumberPolicy(countries=frozenset({"US"})).check(number)


@pytest.mark.parametrize("number", ["+19005551234", "+448712345678", "+611300123456"])
def test_the_sender_is_only_normalised(number):
    assert SendFax.decode({"to": "+13125550123", "from": number, "media_url": LINK}).from_ == number
    assert normalise(number) == number


@pytest.mark.parametrize("destination", ["+19005551234", "+1911", "sip:fax@example.com", "+13125550123"])
def test_a_recorded_fax_stays_readable_whatever_is_refused_by_now(destination):
    row = f'{{"to": "{destination}", "from": "+1312", "media_url": "{LINK}"}}'

    assert SendFax.decode(row, recorded=True).to == destination


def test_a_refused_destination_does_not_hide_what_else_is_wrong():
    found = problems(SendFax.decode, {"to": "911", "media_url": LINK, "colour": "red"}, region="US")

    assert found == [("to", EMERGENCY), ("colour", "unknown option")]


@pytest.mark.parametrize(
    ("countries", "destination"),
    [
        ("", "+442071838750"), ("US", "+13125550123"), ("US,CA", "+16132484872"), ("CA", "+18002345678"),
        ("US", "+18002345678"), ("US", "+19325550142"), ("CA", "+19325550142"), ("GB", "+442071838750"),
        ("GB", "+442125550110"), ("DE", "+498881234567"), ("AG", "+12685551234"), ("JE", "+441534123456"),
        ("IT", "+390612345678"), ("VA", "+390669812345"), ("KZ", "+77172123456"), ("PR,DO", "+17875550123"),
    ],
)  # fmt: skip
def test_numbers_of_a_listed_country_may_be_called(countries, destination):
    NumberPolicy(countries=frozenset(filter(None, countries.split(",")))).check(destination)


@pytest.mark.parametrize(
    ("countries", "destination", "country"),
    [
        ("US", "+16132484872", "CA"), ("US", "+18765551234", "JM"), ("CA", "+13125550123", "US"),
        ("US,CA", "+442071838750", "GB"), ("GB", "+441534123456", "JE"), ("RU", "+77172123456", "KZ"),
    ],
)  # fmt: skip
def test_numbers_of_other_countries_are_refused_by_name(countries, destination, country):
    with pytest.raises(
        ValueError, match=rf"^is a number of {country}, which FAX_COUNTRIES does not list: add {country} "
    ):
        NumberPolicy(countries=frozenset(countries.split(","))).check(destination)


@pytest.mark.parametrize(
    ("destination", "code"), [("+442125550110", "44"), ("+80012345678", "800"), ("+88213123456", "882")]
)
def test_numbers_of_no_known_country_are_refused_with_their_country_code(destination, code):
    with pytest.raises(
        ValueError, match=rf"^has the country code \+{code}, and FAX_COUNTRIES lists no country of it: "
    ):
        NumberPolicy(countries=frozenset({"US"})).check(destination)


def test_a_sip_uri_may_be_called_only_where_that_is_set():
    NumberPolicy(sip_allowed=True, countries=frozenset({"US"})).check("sips:fax@example.com")
    with pytest.raises(ValueError, match=r"^is a SIP URI, .* set FAX_SIP_ALLOWED=true$"):
        NumberPolicy().check("sip:fax@example.com")


@pytest.mark.parametrize("number", ["+19005551234", "+49110", "+13129111234", "+12125551212"])
def test_the_policy_refuses_too_what_was_recorded_before_it_was_never_called(number):
    with pytest.raises(ValueError, match=r"premium|emergency|service code|directory"):
        NumberPolicy().check(number)


SHARED_COST = ["+491801234567", "+611300123456", "+33810123456", "+448441234567", "+448712345678", "+41848123456"]


@pytest.mark.parametrize("number", SHARED_COST)
def test_a_shared_cost_number_may_be_called_only_where_that_is_set(number):
    NumberPolicy(shared_cost=True).check(number)
    with pytest.raises(ValueError, match=r"^is a shared-cost number, .* set FAX_SHARED_COST=true$"):
        NumberPolicy().check(number)


@pytest.mark.parametrize("number", ["+443001234567", "+31881234567", "+498001234567", "+441189123456"])
def test_what_is_not_of_shared_cost_may_be_called(number):
    NumberPolicy().check(number)


def test_premium_numbers_stay_refused_where_shared_cost_is_allowed():
    for number in ("+449012345678", "+33899123456", "+19005551234"):
        with pytest.raises(ValueError, match="premium"):
            NumberPolicy(shared_cost=True).check(number)


def test_where_only_some_numbers_may_be_called_no_other_is():
    policy = NumberPolicy(only=frozenset({"+13125550100"}))

    policy.check("+13125550100")
    for other in ("+13125550101", "sip:fax@example.com"):
        with pytest.raises(ValueError, match=r"^is not one of FAX_TEST_NUMBERS, and FAX_TEST_ONLY"):
            policy.check(other)


@pytest.mark.parametrize("area", ["679", "729", "924", "465", "457", "283", "235"])
def test_numbers_of_the_newest_area_codes_may_be_called(area):
    number = f"+1{area}2345678"

    assert decoded(number).to == number
    NumberPolicy(region="US", countries=frozenset({"US"})).check(number)


def test_a_number_that_is_only_possible_may_be_called():
    parsed = phonenumbers.parse("+16792345678")
    assert phonenumbers.is_possible_number(parsed)
    assert not phonenumbers.is_valid_number(parsed)

    assert callable_number(1, "6792345678").is_unconfirmed
    assert not callable_number(1, "3125550123").is_unconfirmed
    assert decoded("+16792345678").to == "+16792345678"


@pytest.fixture(params=["real", "double"])
def bound(request, redis_url):
    """A client that is bound to numbers of the United States, and its double."""
    numbers = NumberPolicy(region="US", countries=frozenset({"US"}))
    return RecordingClient(numbers=numbers) if request.param == "double" else FaxClient(redis_url, numbers=numbers)


def test_a_client_refuses_at_once_what_its_policy_refuses(bound):
    [(field, said)] = problems(bound.send, to="+442071838750", media_url=LINK)

    assert (field, "FAX_COUNTRIES" in said) == ("to", True)
    assert "FAX_SIP_ALLOWED" in problems(bound.send, to="sip:fax@example.com", media_url=LINK)[0][1]


def test_a_client_refuses_a_fax_that_was_built_elsewhere(bound):
    assert problems(bound.send, decoded("+442071838750"))[0][0] == "to"


def test_nothing_waits_for_a_commit_that_the_policy_refuses(bound):
    registered = []

    assert problems(bound.send_on_commit, registered.append, to="+442071838750", media_url=LINK)[0][0] == "to"
    assert registered == []


def test_a_client_takes_the_region_of_its_policy(bound):
    receipt = bound.send(to="(312) 555-0123", media_url=LINK)

    assert bound.status(receipt.job_id).request.to == "+13125550123"


def test_a_client_without_a_policy_leaves_the_judgement_to_the_workers(redis_url):
    client = FaxClient(redis_url, region="GB")

    assert client.send(to="020 7183 8750", media_url=LINK).created
    assert client.send(to="sip:fax@example.com", media_url=LINK).created
