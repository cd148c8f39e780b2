"""Recipients who refused are not faxed, and a telephone number is not taken for a fax number."""

import pytest

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.errors import BadInput
from faxdispatch.lists.checking import check
from faxdispatch.lists.refusals import Says, refuses, says
from faxdispatch.lists.source import rows_source
from tests.lists.conftest import check_whole

A, B = "+13125550100", "+13125550101"


@pytest.mark.parametrize(
    "name",
    ["Fax Opt Out", "HasOptedOutOfFax", "Do Not Fax", "Opted out of fax", "DoNotFax", "fax_opt_out", "Unsubscribed",
     "Do Not Contact", "Opt-Out", "Fax opt out date", "Email/Fax opt out", "Faxsperre", "Keine Faxe",
     "Kein Fax", "Bitte nicht faxen", "Robinsonliste: Robinson", "Ne pas faxer", "Pas de fax", "Désinscrit",
     "No enviar fax", "Dado de baja", "Non inviare fax", "Não enviar fax", "Geen fax", "Inga fax",
     "DNF", "Sperre", "Remove", "Do not disturb", "donotfax", "donotfaxyn", "Do not allow Bulk Faxes", "UNSUB_TIME",
     "Suppress Fax",
     "Don't contact", "donotcontact", "Blacklist", "DNF list", "No contact", "Fax not allowed", "No consent",
     "Keine Einwilligung", "No acepta fax", "Pas de consentement", "Niet meer faxen", "Widerspruch",
     "Fax preference service", "Disallow fax", "Objection to fax", "Consent revoked", "Exclude from fax"],
)  # fmt: skip
def test_a_column_of_refusals_is_recognised(name):
    assert says(name) is Says.REFUSAL


@pytest.mark.parametrize(
    "name",
    [
        "Fax Consent", "OK to fax", "Fax permission", "Opted in", "Einwilligung", "Consenso fax", "Consentement",
        "Faxwerbung", "Allow Fax", "Receive Faxes", "Fax OK?", "Fax (Y/N)", "Send fax", "Contactable by fax",
        "Werbeeinwilligung Fax", "HIPAA Fax Authorization", "Subscribed", "Fax enabled", "Can we fax you?",
    ],
)  # fmt: skip
def test_a_column_of_consents_is_recognised(name):
    assert says(name) is Says.CONSENT


@pytest.mark.parametrize(
    "name",
    ["Fax", "Name", "Email Opt Out", "HasOptedOutOfEmail", "DoNotCall", "Do not mail", "SMS consent", "Option",
     "Output", "Consent date", "Company", "No fax number", "Blocks", "Stop", "Remove date",
     "Medicare opt out", "Consent to treat", "Consent required", "Liefersperre", "Widerspruchsfrist",
     "Ne pas livrer", "Baja laboral", "Fax confirmation wanted", "Consent not required",
     "No fax", "No. de fax", "Nº fax", "Ne pas appeler", "No enviar correo", "Fax sent", "Fax send status"],
)  # fmt: skip
def test_other_columns_are_neither(name):
    assert says(name) is None


@pytest.mark.parametrize("cell", ["1", "true", "TRUE", "X", "yes", "2026-01-05", "Opted out", "maybe", "1.0", "☑", "✗"])
def test_any_text_in_a_column_of_refusals_is_a_refusal(cell):
    assert refuses(Says.REFUSAL, cell)


@pytest.mark.parametrize(
    "cell",
    ["", " ", "0", "0.0", "false", "No", "n/a", "NULL", "-", "nein", "non", "não", "nee", "☐", "Allow", "Opted-in"],
)
def test_a_plain_no_in_a_column_of_refusals_is_not_a_refusal(cell):
    assert not refuses(Says.REFUSAL, cell)


@pytest.mark.parametrize(
    ("cell", "refused"),
    [
        ("no", True), ("0", True), ("withdrawn", True), ("Opted-Out", True), ("No - by phone", True),
        ("Revoked 1/2", True), ("☐", True), ("Do not allow", True), ("", False), ("yes", False), ("n/a", False),
        ("☑", False), ("on file", False),
    ],
)  # fmt: skip
def test_only_a_plain_no_to_a_consent_is_a_refusal(cell, refused):
    assert refuses(Says.CONSENT, cell) is refused


ANOTHER, MACHINE = "opted out, by another row", "no number of a fax machine"
JUDGED = {
    "a refusal stops the number in all rows": (
        "Name,Fax,Opt out\na,3125550100,\nb,(312) 555-0100,x\nc,3125550101,\n",
        [B],
        [(1, ANOTHER), (2, "opted out, Opt out: x")],
    ),
    "in a row with too many cells too": (
        "Name,Fax,Notes\na,3125550100,\nb,3125550100,Do not fax, please\nc,3125550101,\n",
        [B],
        [(1, ANOTHER)],
    ),
    "beside the number": (
        "Name,Fax\na,3125550100\nb,3125550101\nc,(312) 555-0100 - DO NOT FAX!\nd,do not fax\n",
        [B],
        [(1, ANOTHER), (3, "opted out, Fax: (312) 555-0100 - DO NOT FAX!"), (4, "opted out, Fax: do not fax")],
    ),
    "a yes in a column called No Fax": (
        "Name,Fax,No Fax\na,3125550100,\nb,3125550101,x\n",
        [A],
        [(2, "opted out, No Fax: x")],
    ),
    "numbers in a column called No Fax": ("Name,No Fax\na,3125550100\nb,3125550101\n", [A, B], []),
    "a no in a column called Fax": (
        "Fax number,Fax?\n3125550100,yes\n3125550101,no\n",
        [A],
        [(2, "opted out, Fax?: no")],
    ),
    "a no in the column of numbers": ("Name,Fax\na,no\nb,3125550101\n", [B], [(1, "no number")]),
    "kinds in several columns": (
        (
            "Name,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\n"
            "a,Mobile,3125550199,Work Fax,3125550100\nb,Home Fax,3125550101,Work,3125550198\nc,Mobile,3125550197,,\n"
        ),
        [A, B],
        [(3, MACHINE)],
    ),
    "kinds without a header": ("Fax,3125550100\nMobile,3125550199\nWork fax,3125550101\n", [A, B], [(2, MACHINE)]),
    "names that begin like kinds": ("Fax Clinic 9,3125550100\nMobile Vets 3,3125550101\n", [A, B], []),
    "types that are no kinds": ("Name,Type,Phone\nBob,Clinic,3125550100\nAl,Court,3125550101\n", [A, B], []),
    "a header in mid-file and a footer": (
        "Name,Fax\na,3125550100\nName,Fax\nb,3125550101\nTotal: 300 customers,\n",
        [A, B],
        [(2, "repeats the header"), (4, "sums up the rows above")],
    ),
}


@pytest.mark.parametrize("personalised", [False, True])
@pytest.mark.parametrize(("rows", "numbers", "left_out"), JUDGED.values(), ids=JUDGED)
def test_who_is_faxed_and_who_is_left_out_for_which_reason(checked, rows, numbers, left_out, personalised):
    result = checked(rows, personalised=personalised)

    assert (result.numbers, result.left_out) == (numbers, left_out)


def test_recipients_who_refused_are_left_out_counted_and_reported(checked):
    result = checked("Name,Fax,Fax Opt Out,OK to fax\na,3125550100,0,yes\nb,3125550101,1,yes\nc,3125550102,,no\n")

    assert result.numbers == [A]
    assert result.left_out == [(2, "opted out, Fax Opt Out: 1"), (3, "opted out, OK to fax: no")]
    assert (result.summary.rows, result.summary.valid, result.summary.opted_out) == (3, 1, 2)
    assert "columns that say who must not be faxed: 'Fax Opt Out'" in result.guessed
    assert "columns that say who consented: 'OK to fax'" in result.guessed


@pytest.mark.parametrize(
    ("name", "cell"),
    [("Notes", "DO NOT FAX - per patient"), ("Status", "Unsubscribed"), ("Notes", "Please don't fax; call instead"),
     ("Notes", "opted out of faxes in 2023"), ("Bemerkung", "Bitte keine Faxe mehr!"), ("Status", "Do not contact"),
     ("Contact by", "No fax"), ("Notes", "Removed from fax list"), ("Notes", "Asked not to be faxed"),
     ("Notes", "doesn't want any more faxes"), ("Notes", "Do not call, email or fax"), ("Notes", "asked to opt out"),
     ("Notiz", "bitte nicht mehr faxen"), ("Notes", "ne plus faxer"), ("Notas", "no mandar fax"),
     ("Notes", "Ne pas envoyer de télécopie"), ("Notes", "pas de télécopies"), ("Notiz", "Nicht kontaktieren"),
     ("Notes", "Ne pas contacter"), ("Notas", "No contactar"), ("Notas", "Não contatar"), ("Note", "Non contattare"),
     ("Notes", "Do-Not-Contact"), ("Notes", "do not  contact"), ("Notes", "DO NOT\u00a0CONTACT"), ("Status", "OptOut"),
     ("Status", "Opt_Out"), ("Status", "opt\u2011out"), ("Notes", "does not want to receive any more faxes"),
     ("Notes", "should not be faxed"), ("Notes", "can't be faxed"), ("Notes", "HIPAA: no faxing allowed"),
     ("Notes", "D.N.F."), ("Notes", "on DNF list"), ("Notes", "do not f a x"), ("Notes", "DO NOT F-A-X"),
     ("Notes", "no f.a.x."), ("Notes", "D0 NOT FAX"), ("Notes", "DNT FAX"), ("Notes", "NOFAX"), ("Notes", "DoNotFax"),
     ("Notes", "Fax: no"), ("Notes", "fax=N"), ("Notes", "not by fax"), ("Notes", "to be mailed - not fax"),
     ("Notes", "no longer accepts faxes"), ("Notes", "we can't receive faxes"), ("Notes", "faxes not accepted"),
     ("Notes", "wants off fax list"), ("Notes", "remove from list"), ("Notes", "quit faxing us"),
     ("Notes", "cease and desist"), ("Status", "STOP"), ("Status", "Do not use"), ("Notes", "wrong fax number"),
     ("Notes", "fax disconnected"), ("Notes", "no faxes per Dr Lee"), ("Bemerkung", "bitte nicht per Fax senden"),
     ("Bemerkung", "Faxen untersagt"), ("Bemerkung", "Werbefax unerwünscht"), ("Notes", "Ne faxez pas"),
     ("Notes", "interdit de faxer"), ("Notas", "no envíen más faxes"), ("Notas", "darse de baja"),
     ("Note", "non faxare"), ("Obs", "não mande fax"), ("Obs", "sem fax"), ("Uwagi", "nie wysyłać faksów"),
     ("Uwagi", "zakaz faksowania"), ("Merk", "ikke send fax"), ("Not", "skicka inte fax"),
     ("Notes", "Faxing prohibited"), ("Notes", "Fax: do not use"), ("Notes", "\uff24\uff4f not \uff46\uff41\uff58")],
)  # fmt: skip
def test_a_cell_of_any_column_may_be_a_refusal(checked, name, cell):
    result = checked(f'Name,Fax,{name}\na,3125550100,"{cell}"\nb,3125550101,as usual\nc,3125550100,\n')

    assert result.numbers == [B]
    assert result.left_out == [(1, f"opted out, {name}: {cell}"), (3, "opted out, by another row")]


@pytest.mark.parametrize(
    "cell",
    ["Do not fax after 5pm", "Do not fax after 5 p.m.", "Please don't fax before 9:00 am", "fax only after 9am",
     "no faxes on weekends", "Fax M-F 9-5 only, no weekends", "only fax before noon", "Fax between 9 and 5",
     "Fax only during business hours", "No faxes after hours", "Never fax on Sundays", "do not send faxes overnight",
     "Do not fax from 12 to 1", "no fax between 22:00 and 06:00", "Fax hours: 9am - 5pm", "do not contact after 5 pm",
     "bitte nicht nach 17 Uhr faxen", "Faxe nur vormittags", "ne pas faxer après 17h", "pas de fax le week-end",
     "no enviar fax después de las 17h", "geen fax na 17 uur"],
)  # fmt: skip
def test_a_note_about_times_makes_every_row_with_its_number_invalid(checked, cell):
    result = checked(f'Name,Fax,Notes\na,3125550101,\nb,3125550100,"{cell}"\nc,3125550101,"{cell}"\nd,3125550102,\n')

    assert result.numbers == ["+13125550102"]
    rule = "says when faxes may come; give the row a window of its own, such as 08:00-17:00, in a column Window"
    assert [reason for _, _, reason in result.bad] == [
        f"another row with this number, {rule}", f"Notes: {cell}, {rule}", f"Notes: {cell}, {rule}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "cell",
    ["do not fax over 50 pages", "Do not fax more than 10 pgs", "no faxes > 20 pages", "Do not fax unless urgent",
     "Do not fax without cover sheet"],
)  # fmt: skip
def test_a_note_that_forbids_some_faxes_makes_every_row_with_its_number_invalid(checked, cell):
    result = checked(
        f'Name,Fax,Notes,Window\na,3125550101,,08:00-17:00\nb,3125550101,"{cell}",08:00-17:00\nc,3125550100,,\n'
    )

    assert result.numbers == [A]
    rule = "forbids some faxes; if this fax may be sent, remove the note from the list"
    assert [reason for _, _, reason in result.bad] == [
        f"another row with this number, {rule}",
        f"Notes: {cell}, {rule}",
    ]


@pytest.mark.parametrize(
    ("refusal", "stopped"),
    [("do not fax", "opted out"), ("do not fax unless urgent", "forbids some faxes"), ("", "says when faxes may come")],
)
def test_the_strictest_of_several_notes_about_a_number_counts(checked, refusal, stopped):
    notes = ["no faxes after 5pm", refusal, "no faxes after 5pm"]
    outcomes = checked("Fax,Notes\n3125550100,\n" + "".join(f"3125550100,{note}\n" for note in notes)).outcomes

    assert stopped in outcomes[0]


def test_numbers_in_a_column_of_refusals_or_in_a_note_are_stopped_too(checked):
    result = checked("Fax,Opt-out list\n3125550100,3125550101\n3125550101,\n3125550102,\n")
    assert result.outcomes == ["opted out, Opt-out list: 3125550101", ANOTHER, "+13125550102"]

    result = checked("Name,Fax\na,3125550100\nDO NOT FAX 312-555-0100,\nb,3125550101\n")
    assert result.outcomes == [ANOTHER, "opted out, Name: DO NOT FAX 312-555-0100", B]


@pytest.mark.parametrize("text", ["DO NOT FAX THESE:", "Opted out:", "Do not fax the above", "No faxes - next two"])
def test_a_list_is_refused_where_a_line_forbids_faxes_to_rows_that_it_does_not_name(checked, text):
    with pytest.raises(
        BadInput, match=f"line 3 says '{text}' and names nobody, so it is unclear who must not be faxed"
    ):
        checked(f"Name,Fax\na,3125550100\n{text},\nb,3125550101\n")


@pytest.mark.parametrize(
    ("name", "no", "yes"),
    [("Send", "N", "Y"), ("Include", "no", "yes"), ("Skip", "x", ""), ("Hold", "x", ""), ("STOP", "1", "0"),
     ("Delete", "yes", "no"), ("Fax valid", "N", "Y"), ("Revoked", "2020-01-01", ""), ("Opposition", "oui", "non"),
     ("Excluir", "sí", "no"), ("Não faxar", "sim", "não"), ("D.N.F.", "x", "")],
)  # fmt: skip
def test_a_column_of_answers_says_who_is_faxed(checked, name, no, yes):
    assert checked(f"Fax,{name}\n3125550100,{yes}\n3125550101,{no}\n").numbers == [A]


def test_other_columns_of_these_names_say_nothing(checked):
    assert checked("Fax,Stop,Hold\n3125550100,Main St,3 days\n").numbers == [A]


def test_a_row_with_a_window_of_its_own_obeys_it_whatever_its_note_says_about_times(checked):
    rows = "Name,Fax,Window,Notes\na,3125550100,08:00-17:00,Do not fax after 5pm\nb,3125550101,08:00-17:00,do not fax\n"

    assert checked(rows).numbers == [A]
    assert checked(rows + "c,3125550102,,Do not fax after 5pm\nd,3125550102,08:00-17:00,\n").sent == [
        (1, 2, A),
        (4, 5, "+13125550102"),
    ]


@pytest.mark.parametrize(
    "cell",
    ["Do not fax after 5/1/2026", "do not fax after 12/2025", "Do not fax before calling", "do not fax on Monday",
     "DO NOT FAX - closed after 5pm", "stop faxing, per call at 5 pm", "Do not fax after 30 days",
     "do not fax until further notice", "Fax only after 9am. Patient: do not fax!"],
)  # fmt: skip
def test_other_notes_with_a_time_are_refusals(checked, cell):
    left_out = checked(f'Name,Fax,Notes\na,3125550100,"{cell}"\nb,3125550101,\n').left_out
    assert left_out == [(1, f"opted out, Notes: {cell}")]


@pytest.mark.parametrize(
    "cell",
    ["Faxed on Monday at 9am", "fax received after 5pm", "no answer on fax, tried after 5pm", "Fax sent before noon",
     "fax not working on weekends", "Fax number changed after 5 years", "call only after 5pm",
     "Do not call after 5pm - fax only", "open weekends, fax ok"],
)  # fmt: skip
def test_notes_about_other_times_restrict_nothing(checked, cell):
    assert checked(f'Name,Fax,Notes\na,3125550100,"{cell}"\n').numbers == [A]


def long_list(cell):
    """Return the rows of a long list that has one number in its first row and in its last but one, beside the note."""
    rows = [[f"clinic {n}", f"31255{n:05}", "as usual"] for n in range(1, 2501)]
    return [["Name", "Fax", "Notes"], ["first", "3122000001", ""], *rows, ["last", "3122000001", cell], *rows[:1]]


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_note_far_below_stops_the_number_in_the_rows_above(checked, quote, end):
    rows = [",".join(f"{quote}{cell}{quote}" for cell in row) for row in long_list("Asked not to be faxed")]

    result = checked(end.join(rows))
    assert "+13122000001" not in result.numbers
    assert result.left_out == [
        (1, "opted out, by another row"),
        (2502, "opted out, Notes: Asked not to be faxed"),
        (2503, "duplicate of row 2"),
    ]
    assert (result.summary.valid, result.summary.opted_out) == (2500, 2)


def test_rows_of_a_program_are_looked_through_too():
    result = check_whole(lambda: rows_source(long_list("Asked not to be faxed")))

    assert "+13122000001" not in result.numbers
    assert result.summary.opted_out == 2


def test_a_line_that_is_too_long_is_refused_before_any_row_is_judged(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("Fax,Name\n3122000001,a\n" + "3" * 1_100_000)

    with pytest.raises(BadInput, match="line 3 has a million characters or more"):
        check(path, policy=NumberPolicy(region="US"))


@pytest.mark.parametrize(
    ("name", "cell"),
    [("Email status", "Unsubscribed"), ("Notes", "opted out of email"), ("Notes", "has not opted out"),
     ("Notes", "Do not call - fax only"), ("Notes", "Do not mail, fax"), ("Notes", "Do not email; fax instead"),
     ("Notes", "Do not contact by phone - fax only"), ("Notes", "GP never received fax"), ("Tags", "Opt-out: No"),
     ("Notes", "Opted out of Medicare"), ("Notes", "Do not send originals"), ("Notes", "Reply STOP to opt out"),
     ("Notes", "No fax cover needed"), ("Specialty", "Optometry"), ("Mail", "fax@example.com"),
     ("Notes", "Do not contact by telephone"), ("Notes", "Ne pas contacter par téléphone"), ("Notes", "laptop outlet"),
     ("Notes", "should not be called, fax ok"), ("Notes", "Fax number: do not use dashes"), ("Notes", "Fax no"),
     ("Notes", "No fax received"), ("Notes", "no fax on file"), ("Notes", "Fax: none"), ("Notes", "fax not received"),
     ("Notes", "bus stop 5"), ("Notes", "Christopher"), ("Notes", "stopped smoking"), ("Notes", "sutures removed"),
     ("Notes", "removed from mailing list"), ("Notes", "could not fax: busy"), ("Notas", "baja laboral"),
     ("Notes", "Do not use email - fax")],
)  # fmt: skip
def test_other_cells_are_not_refusals(checked, name, cell):
    assert checked(f'Name,Fax,{name}\na,3125550100,"{cell}"\n').numbers == [A]


@pytest.mark.parametrize("name", ["Do Not Fax", "Opted out fax numbers", "Unsubscribed"])
def test_numbers_that_must_not_be_faxed_are_not_taken_for_recipients(checked, name):
    rows = f"Name,{name}\na,3125550100\nb,3125550101\n"

    with pytest.raises(BadInput, match="--column"):
        checked(rows)
    assert checked(rows, fields={"opt_out": None}).numbers == [A, B]


def test_a_column_of_refusals_can_be_named_or_set_aside(checked):
    rows = "Name,Fax,Merkmal,Opt out\na,3125550100,x,\nb,3125550101,,x\n"

    assert checked(rows).numbers == [A]
    assert checked(rows, fields={"opt_out": "Merkmal"}).numbers == [B]
    assert checked(rows, fields={"opt_out": None}).numbers == [A, B]


def test_the_fax_number_is_chosen_from_several_in_one_cell(checked):
    result = checked(
        "Name,Phone 1 - Label,Phone 1 - Value\n"
        "a,Mobile ::: Work Fax,3125550199 ::: 3125550100\nb,Work Fax,3125550101 ::: (312) 555-0101\n"
        "c,Work Fax,3125550102 ::: 3125550103\nd,Mobile ::: Home,3125550104 ::: 3125550105\n"
        "e,Mobile ::: Work Fax,3125550106\n"
    )

    assert result.numbers == [A, B]
    assert [reason for _, _, reason in result.bad] == [
        "has 2 numbers: give each its own row",
        "has 1 number but 2 kinds",
    ]
    assert result.left_out == [(4, "no number of a fax machine")]


@pytest.mark.parametrize(
    ("names", "fax", "other"),
    [
        ("Phone Type,Phone", "Fax", "Mobile"), ("Type,Phone", "Fax", "Mobile"), ("Label,Phone", "Fax", "Mobile"),
        ("Number Type,Number", "F", "M"), ("Contact Type,Contact Value", "FAX", "Email"),
    ],
)  # fmt: skip
def test_a_number_whose_kind_is_another_is_left_out(checked, names, fax, other):
    result = checked(f"Name,{names}\nAl,{other},3125550199\nBob,{fax},3125550100\nCy,{fax},3125550101\n")

    assert result.numbers == [A, B]
    assert result.left_out == [(1, "no number of a fax machine")]


def test_a_first_row_whose_kind_is_fax_is_no_header(checked):
    result = checked("Name,Phone Type,Phone\nBob,Fax,\nAl,Fax,3125550101\n")

    assert result.numbers == [B]
    assert result.table.columns == ("Name", "Phone Type", "Phone")
