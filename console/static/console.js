// Two improvements of pages, which also work without them: times in the reader's own zone, and parts that stay
// up to date. The script never acts for the user.
"use strict";

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime()) || time.title) continue;
    time.title = time.textContent;
    time.textContent = moment.toLocaleString("sv-SE");
  }
}

function busy(part) {
  const active = document.activeElement;
  return document.hidden || (active && active !== document.body && part.contains(active)) || part.querySelector("details[open]");
}

function live() {
  return [...document.querySelectorAll("[data-live][id]")];
}

// All parts of a page are brought up to date by one request.
async function renew() {
  const due = live().filter((part) => !busy(part));
  if (!due.length) return;
  const answer = await fetch(location.href, { headers: { "X-Live": "1" }, redirect: "manual" });
  if (answer.type === "opaqueredirect") return location.reload();
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of due) {
    const found = page.getElementById(part.id);
    if (!found || busy(part)) continue;
    localise(found);
    if (found.innerHTML !== part.innerHTML) part.replaceChildren(...found.childNodes);
    if (!found.dataset.live) delete part.dataset.live;
  }
}

function keep() {
  const waits = live().map((part) => Number(part.dataset.live));
  if (waits.length) setTimeout(() => renew().catch(() => {}).finally(keep), 1000 * Math.min(...waits));
}

// A search that has found nothing yet continues by itself.
const further = document.querySelector("a[data-further]");
if (further) location.replace(further.href);

localise(document);
for (const note of document.querySelectorAll("[data-zone]")) {
  note.textContent = `Times are ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`;
}
keep();
