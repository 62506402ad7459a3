// The token bench answers as one types. What is typed goes into the body of a request to the house
// itself and nowhere else: no address, no storage, no history of forms.
const WAIT = 180;
const PART = { headers: { "x-bench-part": "1" } };
const COMPACT = /e[yw][\w-]{8,}(?:\.[\w-]*){2,4}/;
const NAMES = {
  3: ["header", "payload", "signature"],
  5: ["header", "encrypted-key", "nonce", "ciphertext", "tag"],
};
const bench = document.getElementById("bench");
const said = document.querySelector("#said a");
let waiting = 0;
let again = 0;
let running = null;

// Asking ---------------------------------------------------------------------------------------

async function ask(form, button, path) {
  clearTimeout(waiting);
  running?.abort();
  const mine = (running = new AbortController());
  const fields = new URLSearchParams(new FormData(form, button));
  bench.firstElementChild.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(path, {
      method: "POST", body: fields, signal: mine.signal, cache: "no-store",
      headers: { ...PART.headers, "x-csrf-token": fields.get("csrf_token") },
    });
    if (answer.status === 401) location.assign("/tokens");
    return answer.ok ? parse(await answer.text()) : refused(answer.status);
  } catch (error) {
    if (error.name === "AbortError") return null;
    return refused(0);
  } finally {
    if (running === mine) bench.firstElementChild.removeAttribute("aria-busy");
  }
}

function parse(text) {
  return new DOMParser().parseFromString(text, "text/html").body;
}

function refused(status) {
  const words = {
    0: "Nightlatch does not answer. Is it running?",
    403: "The page is out of date. Reload it.",
    413: "That is more than this bench takes.",
  };
  const body = document.createElement("body");
  body.innerHTML = '<div id="answer" class="stack"><p class="complaint" data-say></p></div>';
  body.querySelector("p").textContent = words[status] ?? `It was answered with ${status}.`;
  return body;
}

async function follow(form) {
  const found = await ask(form, undefined, form.action);
  if (!found) return;
  swap(document.getElementById("answer"), found.querySelector("#answer"));
  for (const place of form.querySelectorAll("[data-follow]")) {
    const fresh = found.querySelector(`#${place.id}`);
    if (fresh && !place.contains(document.activeElement)) swap(place, fresh);
  }
  tell();
}

async function press(form, button) {
  const path = new URL(form.action).pathname;
  const found = await ask(form, button, path);
  if (!found) return;
  if (!found.querySelector("form")) {
    swap(document.getElementById("answer"), found.querySelector("#answer"));
  } else {
    const focused = document.activeElement?.id;
    bench.replaceChildren(...found.childNodes);
    if (path !== location.pathname) turn(path);
    document.getElementById(focused)?.focus();
    begin();
  }
  tell();
}

function turn(path) {
  history.pushState({}, "", path);
  for (const tab of document.querySelectorAll(".tabs a")) {
    if (tab.getAttribute("href") === path) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
}

function swap(place, fresh) {
  if (place && fresh) place.replaceChildren(...fresh.childNodes);
}

function tell() {
  const text = bench.querySelector("#answer [data-say]")?.textContent.trim() ?? "";
  if (said.textContent !== text) said.textContent = text;
  reveal();
  repeat();
}

// What only a script can do ---------------------------------------------------------------------

function reveal() {
  for (const one of bench.querySelectorAll("[data-copy], [data-inserts], [data-clear]")) {
    one.hidden = false;
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const field of bench.querySelectorAll("[data-zone]")) field.value = zone;
}

function paint() {
  for (const canvas of bench.querySelectorAll("[data-paint]")) {
    const field = document.getElementById(canvas.dataset.paint);
    const text = field.value;
    const found = text.length < 70_000 ? COMPACT.exec(text) : null;
    const parts = found?.[0].split(".");
    canvas.parentElement.classList.toggle("is-painted", Boolean(parts && NAMES[parts.length]));
    canvas.replaceChildren();
    if (!parts || !NAMES[parts.length]) continue;
    canvas.append(text.slice(0, found.index));
    parts.forEach((part, number) => {
      if (number) canvas.append(colour("end", "."));
      canvas.append(colour(NAMES[parts.length][number], part));
    });
    canvas.append(`${text.slice(found.index + found[0].length)}\n`);
    canvas.scrollTop = field.scrollTop;
  }
}

function colour(name, text) {
  const span = document.createElement("span");
  span.className = `part-${name}`;
  span.textContent = text;
  return span;
}

async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  const word = button.querySelector("span");
  try {
    await navigator.clipboard.writeText(field.value);
    word.textContent = "Copied";
  } catch {
    field.focus();
    field.select();
    word.textContent = "Press Ctrl+C";
  }
  setTimeout(() => (word.textContent = "Copy"), 2000);
}

function insert(button) {
  const field = document.getElementById(button.closest("[data-inserts]").dataset.inserts);
  const now = Math.floor(Date.now() / 1000);
  const values = {
    iss: "https://id.example", sub: "ada", aud: "https://api.example", exp: now + 3600, nbf: now,
    iat: now, jti: crypto.getRandomValues(new Uint32Array(3)).join("-"), scope: "read",
    roles: ["reader"], email: "ada@example.com", typ: "at+jwt", cty: "JWT", kid: "key-1",
  };
  try {
    const document = JSON.parse(field.value || "{}");
    document[button.dataset.insert] = values[button.dataset.insert];
    field.value = JSON.stringify(document, null, 2);
  } catch {
    said.textContent = "That is no JSON yet: mend it first.";
    field.focus();
    return;
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// A one-time code is good for a while: then the next one is asked for.
function repeat() {
  clearTimeout(again);
  const place = bench.querySelector("[data-again]");
  if (!place) return;
  const end = performance.now() + Number(place.dataset.again);
  const tick = () => {
    const left = (end - performance.now()) / 1000;
    if (!place.isConnected) return;
    if (left <= 0) {
      if (document.hidden) again = setTimeout(tick, 1000);
      else follow(document.getElementById("codes"));
      return;
    }
    place.querySelector("[data-left]").textContent = Math.ceil(left);
    place.querySelector("progress").value = left;
    again = setTimeout(tick, 250);
  };
  tick();
}

// Ears ------------------------------------------------------------------------------------------

bench.addEventListener("input", (event) => {
  const form = event.target.form;
  paint();
  if (!form || !("live" in form.dataset)) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => follow(form), WAIT);
});

bench.addEventListener("submit", (event) => {
  event.preventDefault();
  press(event.target, event.submitter);
});

bench.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.copy) copy(button);
  if (button.dataset.insert) insert(button);
  if (button.dataset.clear) {
    const field = document.getElementById(button.dataset.clear);
    field.value = "";
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

bench.addEventListener("scroll", paintAfterScroll, true);
function paintAfterScroll(event) {
  const canvas = bench.querySelector(`[data-paint="${event.target.id}"]`);
  if (canvas) canvas.scrollTop = event.target.scrollTop;
}

addEventListener("popstate", () => location.reload());

// In a narrow window the answer is below what one types: a word of it stays in sight until then.
const watch = new IntersectionObserver(([entry]) => {
  said.parentElement.classList.toggle("is-read", entry.isIntersecting);
}, { rootMargin: "0px 0px -120px" });

function begin() {
  reveal();
  paint();
  repeat();
  watch.disconnect();
  watch.observe(document.getElementById("answer"));
}
begin();
