#!/usr/bin/env bash
# fpdf2 2.8.9: the groups of a telephone number or date after an Arabic word are printed in reverse order; after a
# Hebrew word they are not.
#
# Behaviour: fpdf2 orders text by Unicode's bidirectional algorithm (UAX #9, rules W2, W4 and W6). Digits after an
# Arabic letter are Arabic numbers, which a hyphen separates: each group of digits goes to the left of the one before.
# After a Hebrew letter a hyphen joins them. A `+` moves to the other end in both scripts. A number with a left-to-right
# mark (U+200E) before it stays unchanged.
# Output: the order in which the characters of each line are printed, from left to right, without the word.
# Why it matters: the cover page of a referral says whom to call back. `312-555-0100` becomes `0100-555-312`, and trying
# the same template in Hebrew or English does not reveal the problem.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check fpdf2==2.8.9
cd "$folder"
venv/bin/python - <<'PYTHON'
from fpdf.bidi import BidiParagraph

WORDS = {"Arabic": "هاتف", "Hebrew": "טלפון", "English": "Phone"}
NUMBERS = ("312-555-0100", "2026-03-09", "+13125550100")
MARK = "\u200e"


def printed(word, number):
    line = "".join(each.character for each in BidiParagraph(text=f"{word} {number}").get_reordered_characters())
    return "".join(character for character in line if character in "+-0123456789")


found = {language: [printed(word, number) for number in NUMBERS] for language, word in WORDS.items()}
for language, numbers in found.items():
    print(f"{language:<8}", *numbers)
marked = [printed(WORDS["Arabic"], MARK + number) for number in NUMBERS]
print("marked  ", *marked)
assert found == {
    "Arabic": ["0100-555-312", "09-03-2026", "13125550100+"],
    "Hebrew": ["312-555-0100", "2026-03-09", "13125550100+"],
    "English": list(NUMBERS),
}
assert marked == list(NUMBERS)
PYTHON
