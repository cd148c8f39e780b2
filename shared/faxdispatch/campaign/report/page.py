"""The report of a campaign as one self-contained HTML page: no network, no script, everything from lists is escaped."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from faxdispatch.campaign.causes import in_words, pause_in_words
from faxdispatch.campaign.report.charts import bar, columns, stacked_bar
from faxdispatch.campaign.report.html import Html, join, style, tag
from faxdispatch.campaign.report.totals import RESULTS, SHOWN, Totals
from faxdispatch.ledger import Campaign
from faxdispatch.ledger.campaign import CANCELLED, DELIVERED, FAILED, OPENED, PENDING, SUPPRESSED
from faxdispatch.states import CampaignState
from faxdispatch.text.wording import are, counted

_COLOURS = {
    DELIVERED: "#1b7f5c", FAILED: "#c0392b", CANCELLED: "#7a7f87", SUPPRESSED: "#8e6bbf", OPENED: "#2f6fb0",
    PENDING: "#c9ccd1",
}  # fmt: skip
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.2rem; }
.about, .note { color: #6b7078; }
.chart { width: 100%; height: auto; font-size: 13px; fill: currentColor; }
.key { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; border-radius: 2px; }
table { border-collapse: collapse; } .wide { display: block; overflow-x: auto; }
td, th { padding: .25rem .9rem .25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #8884; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
@media print {
  :root { color-scheme: light; }
  body { max-width: none; margin: 0; font-size: 10pt; }
  .wide { display: table; overflow: visible; width: 100%; }
  tr, .chart { break-inside: avoid; } h2 { break-after: avoid; } thead { display: table-header-group; }
  .key { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(campaign: Campaign, names: Sequence[str], totals: Totals, now: datetime) -> str:
    """Return the whole page; `names` are the columns of the list, `now` is when the rows were read."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"Fax campaign {campaign.name}"),
        style(_STYLE),
    )
    body = tag(
        "body",
        tag("h1", campaign.name),
        tag("p", _standing(campaign, now), class_="about"),
        _recipients(totals),
        _sending(campaign),
        _outcomes(totals),
        _causes(totals),
        _deliveries(totals),
        _costs(campaign, totals),
        _retries(totals),
        _first(names, totals),
    )
    return "<!doctype html>\n" + tag("html", head, body, lang="en")


def _standing(campaign: Campaign, now: datetime) -> str:
    words = [f"Campaign {campaign.id} is {campaign.state}"]
    if campaign.state is CampaignState.PAUSED:
        words.append(f"because {pause_in_words(campaign.reason)}")
    if campaign.generation > 1:
        words.append(f"in generation {campaign.generation}")
    return f"{' '.join(words)}. As of {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC."


def _recipients(totals: Totals) -> Html:
    """Show first who was sent a fax and who was not, since auditors ask for that."""
    left = totals.left_out.total()
    rows = totals.rows + left
    sent = f"{totals.rows:,} {are(totals.rows)} included"
    words = f"Of {counted(rows, 'row')} of the list, {sent} and {left:,} {are(left)} not."
    if not left:
        return _section("Who was left out", tag("p", words))
    reasons = [
        tag("tr", _figure(f"{count:,}"), tag("td", kind[:1].upper() + kind[1:]))
        for kind, count in totals.left_out.most_common()
    ]
    note = "The file of left-out rows, beside this page, has each of these rows with its reason."
    return _section("Who was left out", tag("p", words), tag("table", *reasons), tag("p", note, class_="note"))


def _sending(campaign: Campaign) -> Html:
    asked = campaign.options
    facts = [
        ("document", _document(asked)),
        ("sender", asked.get("from") or campaign.sender or "not known yet"),
        ("made", f"{campaign.created_at:%Y-%m-%d %H:%M} UTC"),
        ("first started", f"{campaign.started_at:%Y-%m-%d %H:%M} UTC" if campaign.started_at else "not yet"),
        ("started by", campaign.started_by or "not recorded"),
    ]
    return _section(
        "What was sent", tag("table", *(tag("tr", tag("td", name), tag("td", said)) for name, said in facts))
    )


def _outcomes(totals: Totals) -> Html:
    counts = [(code, totals.results[code]) for code in RESULTS]
    rows = [
        tag(
            "tr",
            tag("td", tag("span", class_="key", style=f"background:{_COLOURS[code]}"), RESULTS[code]),
            _figure(f"{count:,}"),
            _figure(_share(count, totals.rows)),
        )
        for code, count in counts
        if count
    ]
    sum_of_all = tag("tr", tag("th", "recipients"), _figure(f"{totals.rows:,}"), _figure(""))
    bars = stacked_bar([(RESULTS[code], count, _COLOURS[code]) for code, count in counts])
    return _section("Outcomes", bars, tag("table", *rows, sum_of_all))


def _causes(totals: Totals) -> Html:
    if not totals.causes:
        return _section("Why faxes did not arrive", tag("p", "No fax has ended without delivery."))
    most = max(totals.causes.values())
    rows = [
        tag(
            "tr",
            tag("td", bar(count, most, _COLOURS[code])),
            _figure(f"{count:,}"),
            tag("td", in_words(cause, code) or RESULTS[code].capitalize()),
            tag("td", cause, class_="note"),
        )
        for (code, cause), count in totals.causes.most_common()
    ]
    return _section("Why faxes did not arrive", tag("table", *rows))


def _deliveries(totals: Totals) -> Html:
    spans = totals.deliveries.spans()
    if not spans:
        return _section("Deliveries over time", tag("p", "Nothing has been delivered yet."))
    seconds = totals.deliveries.seconds
    chart = columns(spans, seconds, _COLOURS[DELIVERED])
    return _section("Deliveries over time", chart, tag("p", f"One column is {_span(seconds)}; UTC.", class_="note"))


def _costs(campaign: Campaign, totals: Totals) -> Html:
    delivered = totals.results[DELIVERED]
    facts = [
        ("pages delivered", f"{totals.pages:,}"),
        ("minutes of calls, as far as known", f"{totals.seconds / 60:,.0f}"),
        ("cost of the rows that have ended", f"{totals.cost:,.2f}"),
        ("cost for each delivered fax", f"{totals.cost / delivered:,.4f}" if delivered else "none"),
        ("spent in total, including earlier generations and calls under way", f"{campaign.spent:,.2f}"),
        ("cap", f"{campaign.cap:,.2f}" if campaign.cap is not None else "none"),
    ]
    rows = [tag("tr", tag("td", name), _figure(figure)) for name, figure in facts]
    said = "Estimated with the prices in your settings and in their currency: only Telnyx's bill is exact."
    return _section("Pages and cost", tag("table", *rows), tag("p", said, class_="note"))


def _retries(totals: Totals) -> Html:
    if not totals.attempts:
        return _section("Tries", tag("p", "No fax that was dialled has ended yet."))
    most = max(totals.attempts.values())
    rows = [
        tag(
            "tr",
            tag("td", bar(count, most, _COLOURS[OPENED])),
            _figure(f"{tries:,}"),
            _figure(f"{count:,}"),
            _figure(f"{totals.delivered_after[tries]:,}"),
        )
        for tries, count in sorted(totals.attempts.items())
    ]
    head = tag("tr", tag("th", ""), _heading("tries"), _heading("recipients"), _heading("delivered"))
    return _section("Tries", tag("table", head, *rows))


def _first(names: Sequence[str], totals: Totals) -> Html:
    ended = sum(totals.results[code] for code in (FAILED, CANCELLED, SUPPRESSED))
    if not ended:
        return Html("")
    head = tag("tr", *(tag("th", name) for name in ("row", "result", "why", "tries", *names)))
    rows = [
        tag(
            "tr",
            _figure(f"{result.row}"),
            tag("td", RESULTS[result.code]),
            tag("td", in_words(result.cause, result.code)),
            _figure(f"{result.attempts}"),
            *(tag("td", cell) for cell in cells),
        )
        for result, cells in totals.shown
    ]
    title = f"The first {SHOWN} of {ended:,} that were not delivered" if ended > SHOWN else "Not delivered"
    return _section(title, tag("div", tag("table", head, *rows), class_="wide"))


def _section(title: str, *children: Html) -> Html:
    return join([tag("h2", title), *children])


def _figure(text: str) -> Html:
    return tag("td", text, class_="n")


def _heading(text: str) -> Html:
    return tag("th", text, class_="n")


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %" if total else ""


def _document(asked: Mapping[str, Any]) -> str:
    """Show the document that was sent: its name for people, and how it can be proved."""
    sent = asked.get("media_name") or asked.get("media_url")
    name = asked.get("document_name")
    return f"{name} ({sent})" if name and sent else sent or "each row's own"


def _span(seconds: int) -> str:
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return counted(count, name)
    return f"{seconds} seconds"
