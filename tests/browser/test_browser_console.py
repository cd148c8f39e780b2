"""The console as people use it, in a real browser on real processes."""

import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from faxdispatch import State
from faxdispatch.ledger import Limits, Scripts, connect
from faxdispatch.ledger.rules import Rules
from faxdispatch.states import CampaignState
from tests.documents.blank import blank_pdf
from tests.flow.harness import TOKEN, fresh_number

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
PAGES = (
    "/", "/faxes/", "/campaigns/", "/holds/", "/numbers/", "/suppressions/", "/dead-letters/", "/inbound/",
    "/drafts/",
)  # fmt: skip


def messy(path, count, name="Clinic"):
    rows = [f'"{name} {n} {HOSTILE.replace(chr(34), chr(34) * 2)}";{fresh_number()[2:]};R{n}' for n in range(count)]
    text = "\n".join(["Recall of May;;", "Name;Fax No.;Ref", *rows, "Again;nothing;X", "Short;555-01;Y", "None;;Z"])
    path.write_text(text + "\n", encoding="cp1252")
    return path


def campaign(page, path, name, *, document=None):
    """Make a campaign that waits for its start from a list, page by page."""
    page.goto("/drafts/")
    page.get_by_label("List (CSV").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("are included and").wait_for()
    page.get_by_role("link", name="On to the document").click()
    page.get_by_label("Name of the campaign").fill(name)
    page.locator("[name=document]").set_input_files(
        {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": document or blank_pdf(2)}
    )
    page.get_by_role("button", name="Save and look at the pages").click()
    expect(page.get_by_alt_text("Page 2 of 2")).to_be_visible()
    page.get_by_role("link", name="On to the plan").click()
    page.get_by_role("button", name="Create the campaign").click()
    page.get_by_role("heading", name=name).wait_for()


def act(page, title, reason, button=None):
    """Open an action, give the reason, do it."""
    form = page.locator("details.act", has=page.locator("summary", has_text=re.compile(f"^{title}$")))
    form.locator("summary").click()
    form.get_by_label("Reason").fill(reason)
    form.get_by_role("button", name=button or title).click()


def test_did_our_fax_arrive_is_answered_from_the_first_page(flow, sign_in):
    number = fresh_number()
    job = flow.send(to=number)
    assert flow.wait_for(job).state is State.DELIVERED
    page = sign_in("vera")
    page.get_by_label("Did our fax arrive?").fill(f"({number[2:5]}) {number[5:8]}-{number[8:]}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Faxes found")).to_contain_text("Delivered")
    page.locator(f'a[href="/faxes/{job}"]').click()
    expect(page.locator(".verdict")).to_contain_text("Delivered")
    expect(page.locator(".verdict")).to_contain_text("Telnyx confirmed it")
    assert number not in page.content()


def test_why_it_did_not_arrive_is_answered_too(flow, sign_in):
    number = fresh_number(2)
    job = flow.send(to=number)
    view = flow.wait_for(job)
    page = sign_in("vera")
    page.goto(f"/faxes/?q={number[2:]}")
    page.locator(f'a[href="/faxes/{job}"]').click()
    assert view.state is State.FAILED
    expect(page.locator(".verdict")).to_contain_text("Not delivered: The line was busy.")


def test_a_campaign_from_upload_to_report(flow, sign_in, tmp_path):
    page = sign_in()
    campaign(page, messy(tmp_path / "clinics.csv", 4), "Upload to report")
    act(page, "Start", "agreed with the clinics")
    expect(page.get_by_text("It is started, with 4 recipients.")).to_be_visible()
    flow.until(lambda: flow.client.campaigns.get("upload-to-report").state is CampaignState.FINISHED)
    # The page keeps itself up to date.
    expect(page.locator("h1 .badge")).to_have_text("finished")
    expect(page.get_by_text("Of 7 rows, 4 are included and 3 are not:")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Report as files").click()
    packed = zipfile.ZipFile(download.value.path())
    assert "upload-to-report-delivered.csv" in packed.namelist()
    events = [event for event in flow.events() if event.type == "campaign.started"]
    assert (events[-1].data["operator"], events[-1].data["reason"]) == ("olga", "agreed with the clinics")


def test_what_is_wrong_with_a_list_is_shown_and_hostile_cells_stay_text(flow, sign_in, tmp_path):
    page = sign_in()
    page.goto("/drafts/")
    page.get_by_label("List (CSV").set_input_files(messy(tmp_path / "bad.csv", 3))
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("table").first).to_contain_text(HOSTILE)
    problems = page.get_by_role("region", name="Rows that are left out")
    expect(problems).to_contain_text("has no area code")
    expect(problems).to_contain_text("no number")
    assert page.locator("img").count() == 0
    page.locator("summary", has_text="Correct how it is read").click()
    page.get_by_label("Column of the fax numbers").select_option("3")
    page.get_by_role("button", name="Read it this way").click()
    expect(page.locator("main")).to_contain_text("Fax numbers are in")
    expect(page.locator(".facts").first).to_contain_text("Ref")


def test_a_campaign_is_paused_in_mid_run_and_resumed(flow, sign_in, tmp_path):
    page = sign_in()
    campaign(page, messy(tmp_path / "long.csv", 60), "Paused in mid run")
    act(page, "Start", "agreed")
    service = flow.client.campaigns
    flow.until(lambda: service.get("paused-in-mid-run").ended)
    page.reload()
    act(page, "Pause", "wrong page 2")
    expect(page.get_by_text("It is paused: wrong page 2.")).to_be_visible()
    paused = service.get("paused-in-mid-run")
    assert paused.state is CampaignState.PAUSED
    assert paused.pending + paused.opened > 0
    expect(page.locator("#end")).to_contain_text("does not end while it is paused")
    flow.until(lambda: service.get("paused-in-mid-run").opened == service.get("paused-in-mid-run").parked)
    still = service.get("paused-in-mid-run")
    assert still.delivered < 60
    page.reload()
    act(page, "Resume", "fixed")
    flow.until(lambda: service.get("paused-in-mid-run").state is CampaignState.FINISHED)
    assert service.get("paused-in-mid-run").delivered == 60


def test_an_opt_out_by_page_command_or_python_stops_the_rows_of_a_running_campaign(flow, sign_in, tmp_path):
    page = sign_in()
    numbers = [fresh_number() for _ in range(200)]
    lines = [f"Clinic {n},{number}" for n, number in enumerate(numbers)]
    (tmp_path / "opt-out.csv").write_text("Name,Fax\n" + "\n".join(lines) + "\n", encoding="utf-8")
    service = flow.client.campaigns
    name = service.create(tmp_path / "opt-out.csv", media_name=TOKEN).campaign.id
    page.goto("/suppressions/")
    service.start(name)
    flow.until(lambda: service.get(name).ended)

    # Whether they wait for a channel already or not, their turn is far away.
    last = [found.to for found in flow.client.find(campaign_id=name)][-3:]
    assert flow.client.suppressions.add(last[0], reason="asked by telephone") == "added"
    form = page.locator("details.act", has_text="Put a number on the list")
    form.locator("summary").click()
    form.get_by_label("Number").fill(last[2])
    form.get_by_label("Reason").fill("asked by letter")
    form.get_by_role("button").click()
    expect(page.get_by_text("gets no more campaigns")).to_be_visible()
    command = [sys.executable, "-m", "faxdispatch.cli", "suppress", "add", last[1], "--reason", "asked by fax"]
    subprocess.run(command, check=True, env=os.environ | {"REDIS_URL": flow.redis_url}, capture_output=True)

    limits = Limits(Scripts(connect(flow.redis_url), Rules()))
    limits.change({"channels": 100}, reason="the rest may go fast")
    flow.until(lambda: service.get(name).state is CampaignState.FINISHED)
    limits.change({"channels": "default"}, reason="as before")
    stopped = {found.to: found for found in flow.client.find(campaign_id=name, state="suppressed")}
    assert stopped.keys() == {*last}
    assert [flow.sim.accepted(found.job_id) for found in stopped.values()] == [0, 0, 0]
    assert service.get(name).delivered == service.get(name).rows - 3
    # No attempt began after the opt-out was recorded.
    jobs = {found.job_id for found in stopped.values()}
    assert not [event for event in flow.events() if event.type == "job.submitted" and event.job_id in jobs]


class _Attacker(BaseHTTPRequestHandler):
    target = ""

    def do_GET(self):
        form = f'<form id=f method=post action="{self.target}"><input name=reason value=x></form>'
        page = f"{form}<script>f.submit()</script>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_another_site_cannot_act_in_the_name_of_who_is_signed_in(flow, context, sign_in, host):
    job = flow.send(media_name="x", send_at="2031-01-01T00:00:00Z")
    flow.wait_for(job, State.HELD)
    page = sign_in()
    server = HTTPServer(("127.0.0.1", 0), type("A", (_Attacker,), {"target": f"{flow.console}/faxes/{job}/cancel"}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        victim = page.context.new_page()
        with victim.expect_response(lambda answer: answer.url.endswith("/cancel")) as answered:
            victim.goto(f"http://{host}:{server.server_port}/")
        # A request from another site has no session cookie; one from the same site lacks the form's token.
        assert answered.value.status in {400, 401}
    finally:
        server.shutdown()
        server.server_close()
    assert flow.status(job).state is State.HELD


def test_a_viewer_sees_no_action_and_cannot_do_one(flow, sign_in):
    job = flow.send(media_name="x", send_at="2031-01-01T00:00:00Z")
    flow.wait_for(job, State.HELD)
    page = sign_in("vera")
    page.goto(f"/faxes/{job}")
    assert page.locator("form[method=post]").count() == 1, "signing out"
    status = page.evaluate(
        """async ([where, token]) => (await fetch(where, {method: "POST",
            body: new URLSearchParams({csrf_token: token, reason: "x"})})).status""",
        [f"/faxes/{job}/cancel", page.locator("[name=csrf_token]").first.input_value()],
    )
    assert status == 403
    assert flow.status(job).state is State.HELD
    assert page.request.get(f"/faxes/{job}?full=1").status == 403


def test_every_page_fits_a_telephone(flow, sign_in):
    job = flow.send()
    flow.wait_for(job)
    page = sign_in(viewport={"width": 360, "height": 700})
    for path in (*PAGES, f"/faxes/{job}"):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, (path, wide)


def test_a_page_prints_without_what_only_a_screen_needs(flow, sign_in):
    job = flow.send()
    flow.wait_for(job)
    page = sign_in()
    page.goto(f"/faxes/{job}")
    page.emulate_media(media="print")
    expect(page.locator("nav")).to_be_hidden()
    expect(page.locator(".verdict")).to_be_visible()
    assert page.pdf().startswith(b"%PDF-")


def test_everything_goes_with_the_keyboard_alone(flow, context):
    job = flow.send(media_name="x", send_at="2031-01-01T00:00:00Z")
    flow.wait_for(job, State.HELD)
    page = context().new_page()
    page.goto("/")
    # Text that is typed before its field has the focus is lost, and a busy browser sets the focus late.
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("olga")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Overview").wait_for()

    def tab_to(words, most=60):
        for _ in range(most):
            page.keyboard.press("Tab")
            focused = page.evaluate("(document.activeElement.innerText || '').trim()")
            if focused.startswith(words):
                return
        raise AssertionError(f"{words!r} is not reached by the keyboard")

    tab_to("Skip to the content")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Did our fax arrive?")).to_be_focused()
    page.keyboard.type(job)
    expect(page.get_by_label("Did our fax arrive?")).to_have_value(job)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("1 found by a job")
    tab_to("+1")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=re.compile("Fax to")).wait_for()
    tab_to("Cancel this fax")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    reason = page.locator("details[open]").get_by_label("Reason")
    expect(reason).to_be_focused()
    page.keyboard.type("not wanted any more")
    expect(reason).to_have_value("not wanted any more")
    page.keyboard.press("Enter")
    page.get_by_text("Cancelled: nothing had left.").wait_for()
    assert flow.status(job).state is State.CANCELLED


def test_a_person_who_reads_with_other_means_meets_no_serious_barrier(flow, sign_in, tmp_path):
    job = flow.send()
    flow.wait_for(job)
    page = sign_in()
    page.goto("/drafts/")
    page.get_by_label("List (CSV").set_input_files(messy(tmp_path / "axe.csv", 3))
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("are included and").wait_for()
    draft = page.url
    some = [one.id for one in flow.client.campaigns.list()[:1]]
    places = (*PAGES, f"/faxes/{job}", draft, f"{draft}/document", *(f"/campaigns/{name}" for name in some), "/nowhere")
    for path in places:
        page.goto(path)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        # In dark mode, axe checks the contrast again.
        for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options={"resultTypes": ["violations"]} | rules).response["violations"]
            grave = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}]
            assert grave == [], (scheme, path, json.dumps(grave, indent=1))


def test_pages_are_readable_without_javascript(flow, sign_in):
    number = fresh_number()
    job = flow.send(to=number)
    flow.wait_for(job)
    page = sign_in("vera", java_script_enabled=False)
    page.get_by_label("Did our fax arrive?").fill(number)
    page.get_by_role("button", name="Find").click()
    page.locator(f'a[href="/faxes/{job}"]').click()
    expect(page.locator(".verdict")).to_contain_text("Delivered")


def test_the_document_of_a_fax_is_shown_as_it_is_printed(flow, sign_in):
    job = flow.send()
    flow.wait_for(job)
    page = sign_in()
    page.goto(f"/faxes/{job}")
    page.get_by_role("link", name="See its pages").click()
    expect(page.get_by_alt_text("Page 1 of 1")).to_have_js_property("naturalWidth", 1728)
    viewer = sign_in("vera")
    assert viewer.request.get(f"/faxes/{job}/sheets").status == 403


def test_an_inbound_document_is_shown_as_a_picture(flow, sign_in):
    fax = flow.sim.receive()
    flow.wait_for_event("fax.stored", fax_id=fax["id"])
    page = sign_in()
    page.goto("/inbound/")
    page.locator(f'a[href="/inbound/{fax["id"]}"]').click()
    page.get_by_role("link", name="See its pages").click()
    picture = page.get_by_alt_text(re.compile("Page 1 of"))
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 1728)
    answer = page.request.get(f"/inbound/{fax['id']}/document")
    assert answer.headers["content-disposition"].startswith("attachment")
