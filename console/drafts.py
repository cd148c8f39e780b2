"""A new campaign: upload, understand and correct the list, check the document, plan, make."""

import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from console import drafting
from console.access import looked, operators_only, you
from console.acting import act
from console.background import Task
from console.desk import desk
from console.draft import Draft
from console.leftover import rows
from console.uploads import kept, safe_name
from console.words import LEFT_OUT
from faxdispatch.calling.numbers import read_country
from faxdispatch.calling.windows import parse_window, window_words
from faxdispatch.campaign.looking_up import covers_of
from faxdispatch.campaign.requests import options_for_all
from faxdispatch.documents.composition.composing import WEB_PAGES, web_page
from faxdispatch.documents.local import checked, document_title
from faxdispatch.documents.preflight.report import Finding, merged
from faxdispatch.documents.preview.pages import Lines, can_draw, draw
from faxdispatch.errors import BadInput, FaxError
from faxdispatch.jobs import Priority
from faxdispatch.lists.headers import FIELDS
from faxdispatch.text.privacy import scrub

pages = Blueprint("drafts", __name__, url_prefix="/drafts")

SHOWN = 50
DRAWN = 20
"""Maximum number of pages of a document that are shown."""
DELIMITERS = ("comma", "semicolon", "tab", "pipe", "none")
QUALITIES = ("normal", "high", "very_high", "ultra_light", "ultra_dark")


@pages.get("/")
@operators_only
def page() -> str:
    """Show the form for a list, and the drafts."""
    return render_template("drafts/new.html", drafts=desk().drafts.all())


@pages.post("/")
def begin() -> AnyResponse:
    """Accept a list."""
    file = request.files.get("list")
    if not file or not file.filename:
        flash("Choose the file with the list.", "bad")
        return redirect(url_for(".page"), 303)
    name = safe_name(file.filename, "list")
    draft = desk().drafts.new(name, you().name)
    kept(file, draft.list.parent, name=name)
    _take_archive(draft)
    title = Path(document_title(file.filename) or name)
    draft.name = " ".join(title.stem.replace("_", " ").split()) or "campaign"
    draft.save()
    return redirect(url_for(".one", token=draft.token), 303)


@pages.get("/<token>")
@operators_only
def one(token: str) -> str:
    """Show how the list was understood, and every row that is left out."""
    draft = desk().drafts.get(token)
    task = _work(draft, "check")
    found = draft.result("check")
    first = max(0, request.args.get("from", 0, type=int))
    kind, group = request.args.get("kind") or None, request.args.get("group", type=int)
    wrong = draft.folder / f"{draft.key('check')}.jsonl"
    return render_template(
        "drafts/list.html",
        draft=draft,
        found=found,
        task=task,
        problems=list(rows(wrong, first=first, count=SHOWN, kind=kind, group=group)) if found else [],
        left_out=LEFT_OUT,
        group=group,
        every=request.args.get("every") == "1",
        no_country=_no_country(draft, found),
        first=first,
        kind=kind,
        shown=SHOWN,
        fields=FIELDS,
        delimiters=DELIMITERS,
        region=desk().settings.fax_default_region,
    )


@pages.post("/<token>/reading")
def reading(token: str) -> AnyResponse:
    """Correct how the list is read."""
    draft = desk().drafts.get(token)

    def do() -> str:
        form = request.form
        fields: dict[str, str | int | None] = {}
        for name in FIELDS:
            said = form.get(f"field.{name}", "").strip()
            if said:
                fields[name] = None if said == "-" else said
        given: dict[str, Any] = {
            "column": form.get("column", "").strip() or None,
            "region": read_country(form.get("region", "").strip() or None),
            "delimiter": form.get("delimiter", "").strip() or None,
            "encoding": form.get("encoding", "").strip() or None,
            "sheet": form.get("sheet", "").strip() or None,
            "fields": fields or None,
            "personalised": form.get("personalised") == "yes" or None,
            "drop_extension": form.get("drop_extension") == "yes" or None,
            "include_hidden": form.get("include_hidden") == "yes" or None,
        }
        draft.reading = {name: value for name, value in given.items() if value is not None}
        draft.save()
        return "The list is now read in this way."

    return act("reading a list", draft.token, do, back=url_for(".one", token=token))


@pages.post("/<token>/archive")
def archive(token: str) -> AnyResponse:
    """Add the documents of rows, or remove them."""
    draft = desk().drafts.get(token)

    def do() -> str:
        if request.form.get("forget") == "yes":
            draft.archive_name = draft.archive_mark = None
        elif not _take_archive(draft):
            raise BadInput("archive: choose a ZIP file with the documents that the list names")
        draft.save()
        return "The documents are now looked up in this way."

    return act("the documents of a list", draft.token, do, back=url_for(".one", token=token))


@pages.get("/<token>/left-out.csv")
@operators_only
def left_out(token: str) -> Response:
    """Return every row that is left out, in the list's own columns, with the reason."""
    draft = desk().drafts.get(token)
    looked("the rows of a list that are left out")
    path = draft.folder / f"{draft.key('check')}.csv"
    if not path.exists():
        raise BadInput("every row of the list is included")
    return send_file(path.absolute(), "text/csv", as_attachment=True, download_name=f"{draft.list.stem}-left-out.csv")


@pages.get("/<token>/document")
@operators_only
def document(token: str) -> str:
    """Show the form for the document and the options, and the pages as they are printed."""
    draft = desk().drafts.get(token)
    row = request.args.get("row", 1, type=int)
    found = draft.result("check") or {}
    count, problem, findings = _look_at(draft, row)
    return render_template(
        "drafts/document.html",
        draft=draft,
        row=row,
        shown_rows=len(found.get("first", ())),
        columns=found.get("columns", ()),
        count=count,
        drawn=min(count, DRAWN),
        problem=problem,
        findings=findings,
        by_row="media" in found.get("fields", {}),
        qualities=QUALITIES,
        priorities=list(Priority),
        window=request.args.get("window") or (window_words(window) if (window := draft.options.get("window")) else ""),
        settings=desk().settings,
    )


@pages.post("/<token>/document")
def say(token: str) -> AnyResponse:
    """Accept the document and the options."""
    draft = desk().drafts.get(token)

    def do() -> str:
        draft.cover_typed = _cover(request.form)
        draft.save()
        file = request.files.get("document")
        if file and file.filename:
            name, title = safe_name(file.filename, "document"), document_title(file.filename)
            # A file that cannot be faxed must not take the place of an earlier one of the same name.
            if Path(name).suffix.lower() in WEB_PAGES:
                found, name = web_page(file.stream.read(), title or name), Path(name).with_suffix(".pdf").name
            else:
                found = checked(title or name, file.stream.read())
            (draft.folder / "document" / name).write_bytes(found.content)
            draft.document_name, draft.document_title = name, title
            draft.document_mark = secrets.token_hex(8)
        elif request.form.get("forget") == "yes":
            draft.document_name = draft.document_title = None
        draft.name = request.form.get("name", "").strip() or draft.name
        draft.cap = _amount(request.form.get("cap", ""))
        draft.options = _options(request.form)
        result = draft.result("check") or {}
        by_row = "media" in result.get("fields", {})
        if result:
            covers_of(draft.options.get("cover"), result["columns"], desk().settings.fax_cover_fonts)
        options_for_all(drafting.options(draft), region=desk().settings.fax_default_region, media_by_row=by_row)
        draft.cover_typed = None
        draft.save()
        return "Saved."

    further = ".plan" if request.form.get("then") == "plan" else ".document"
    return act("describing a campaign", draft.token, do, back=url_for(further, token=token))


@pages.get("/<token>/pages/<int:number>.png")
@operators_only
def sheet(token: str, number: int) -> Response:
    """Return a page of the document as a fax machine prints it."""
    draft = desk().drafts.get(token)
    content, _ = drafting.composed(desk(), draft, request.args.get("row", 1, type=int))
    lines = Lines.STANDARD if request.args.get("lines") == "98" else Lines.FINE
    return Response(draw(content.content, number, lines).png, mimetype="image/png")


@pages.get("/<token>/plan")
@operators_only
def plan(token: str) -> str | AnyResponse:
    """Show the estimated cost and end."""
    draft = desk().drafts.get(token)
    if draft.campaign_id:
        return redirect(url_for("campaigns.one", campaign_id=draft.campaign_id))
    making = desk().background.task(draft.key("create"))
    task = making if making and not making.done else _work(draft, "plan")
    return render_template(
        "drafts/plan.html",
        draft=draft,
        plan=draft.result("plan"),
        check=draft.result("check"),
        task=task,
        making=making,
        moment=datetime.fromisoformat,
    )


@pages.post("/<token>/create")
def create(token: str) -> AnyResponse:
    """Make the campaign; nothing is sent before it is started."""
    draft = desk().drafts.get(token)
    task = _work(draft, "create", wait=3)
    if task and task.problem:
        flash(task.problem, "bad")
    draft = desk().drafts.get(token)
    if draft.campaign_id:
        flash("The campaign is made. Nothing is sent before you start it; try it on your own numbers first.", "good")
    return redirect(url_for(".plan", token=token), 303)


@pages.post("/<token>/drop")
def drop(token: str) -> AnyResponse:
    """Forget a draft."""
    draft = desk().drafts.get(token)

    def do() -> str:
        desk().drafts.drop(draft)
        return "The draft is dropped."

    return act("dropping a draft", draft.token, do, back=url_for(".page"))


def _take_archive(draft: Draft) -> bool:
    """Store the archive that came with a form; return whether there was one."""
    file = request.files.get("archive")
    if file is None or not file.filename:
        return False
    name = safe_name(file.filename, "documents")
    kept(file, draft.folder / "archive", name=name)
    draft.archive_name, draft.archive_mark = name, secrets.token_hex(8)
    return True


def _no_country(draft: Draft, found: dict[str, Any] | None) -> bool:
    """Return whether rows are refused because the country of numbers without `+` is not set."""
    known = draft.reading.get("region") or desk().settings.fax_default_region
    return not known and any("FAX_DEFAULT_REGION" in one["reason"] for one in (found or {}).get("groups", ()))


def _work(draft: Draft, what: str, *, wait: float = 1.0) -> Task | None:
    """Start work that has not been done for the draft in its present state. Return None if it has."""
    if what != "create" and draft.result(what) is not None:
        return None
    here = desk()
    work = {"check": drafting.check_list, "plan": drafting.plan, "create": drafting.create}[what]
    return here.background.begin(draft.key(what), lambda task: work(here, draft, task), wait=wait)


def _look_at(draft: Draft, row: int) -> tuple[int, str | None, tuple[Finding, ...]]:
    """Return how many pages can be shown, or why none can, and the findings."""
    quality = draft.options.get("quality")
    try:
        if draft.document_name:
            found, report = drafting.composed(desk(), draft, row)
        elif link := draft.options.get("media_url"):
            return 0, None, merged(desk().client.preflight(media_url=link, quality=quality).findings)
        else:
            return 0, None, ()
    except FaxError as why:
        return 0, scrub(str(why).removeprefix("document: ")), ()
    if report.problem:
        return 0, "The document cannot be faxed.", merged((*report.errors, *report.warnings))
    if not can_draw(found.content):
        return 0, "Its pages cannot be shown here, since LibreOffice is not installed; Telnyx lays it out.", ()
    return report.pages or 0, None, merged(report.warnings)


def _options(form: Any) -> dict[str, Any]:
    """Read the options for every row. Raises `BadInput` if one is wrong."""
    media = form.get("media", "").strip()
    window = form.get("window", "").strip()
    cover = _cover(form)
    attempts = form.get("max_attempts", "").strip()
    if attempts and not attempts.isdigit():
        raise BadInput("attempts: write a whole number")
    given = {
        "media_url": media if "://" in media else None,
        "media_name": media if media and "://" not in media else None,
        "cover": cover,
        "from": form.get("from", "").strip() or None,
        "quality": form.get("quality", "").strip() or None,
        "window": parse_window(window) if window else None,
        "priority": form.get("priority", "").strip() or None,
        "max_attempts": int(attempts) if attempts else None,
        "tags": [tag.strip() for tag in form.get("tags", "").split(",") if tag.strip()] or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _cover(form: Any) -> str | None:
    return form.get("cover", "").replace("\r\n", "\n").strip() or None


def _amount(text: str) -> float | None:
    try:
        return float(text) if text.strip() else None
    except ValueError:
        raise BadInput(f"cap: {text!r} is not an amount; write it like 250 or 250.50, or leave it empty") from None
