// The request list as it happens: rows come rendered, are shown on top, and can be held.
import { AGAIN, refusal } from "/static/refusal.js";

const MOST_ROWS = 100;
const MOST_HELD = 100;

const bar = document.getElementById("live");
const word = bar.querySelector("[data-word]");
const button = bar.querySelector("[data-pause]");
let source = null;
let held = [];
let paused = false;
let passed = 0;
let lost = 0;
let again = 0;
let why = "";

function connect() {
  source?.close();
  clearTimeout(again);
  const results = document.getElementById("results");
  held = [];
  passed = lost = 0;
  tell();
  if ("off" in bar.dataset) return;
  source = new EventSource(results.dataset.stream);
  source.addEventListener("open", () => {
    why = "";
    tell();
    state(paused ? "paused" : "live");
  });
  source.addEventListener("error", (event) => interrupted(event.target));
  source.addEventListener("request", (event) => (paused ? hold(event.data) : show([event.data])));
  source.addEventListener("passed", (event) => count(JSON.parse(event.data)));
  button.hidden = false;
}

// A browser tries again by itself, unless it was refused.
async function interrupted(gone) {
  if (gone.readyState !== EventSource.CLOSED) {
    state("lost");
    return;
  }
  const found = await refusal(gone.url);
  if (gone !== source) return;
  why = found ?? "The session has ended: reload the page.";
  tell();
  state("refused");
  if (found !== null) again = setTimeout(connect, AGAIN);
}

function hold(row) {
  held.push(row);
  if (held.length > MOST_HELD) {
    held.shift();
    passed += 1;
  }
  tell();
}

function show(rows) {
  const list = document.getElementById("rows");
  if (list.closest("[hidden]")) {
    // The list was empty when the page was made: fetch it with its headings.
    document.querySelector("form.filters").requestSubmit();
    return;
  }
  for (const row of rows) list.insertAdjacentHTML("afterbegin", row);
  while (list.rows.length > MOST_ROWS) list.lastElementChild.remove();
}

function count([more, gone]) {
  passed += more;
  lost += gone;
  tell();
}

function tell() {
  const place = document.getElementById("passed");
  if (!place) return;
  const words = why ? [why] : [];
  if (held.length) words.push(`${held.length} waiting`);
  if (passed) words.push(`${passed.toLocaleString("en")} more, too quick to show`);
  if (lost) words.push(`${lost.toLocaleString("en")} missed by the feed`);
  const text = words.join(" · ");
  // What is said once more would be read out once more.
  if (place.textContent !== text) place.textContent = text;
}

function state(name) {
  bar.dataset.state = name;
  word.textContent = {
    live: "Live", paused: "Paused", lost: "Reconnecting", refused: "Not live",
  }[name];
}

button.addEventListener("click", () => {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  button.querySelector("span").textContent = paused ? "Resume" : "Pause";
  button.querySelector("use").setAttribute(
    "href", `/static/vendor/icons.svg#player-${paused ? "play" : "pause"}`,
  );
  if (!paused) show(held.splice(0));
  state(paused ? "paused" : "live");
  tell();
});

// A changed filter swaps the results: the stream follows them.
document.addEventListener("htmx:after:swap", connect);
connect();
