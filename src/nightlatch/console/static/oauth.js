// A flow on its way: its panel is drawn anew as it goes on; its buttons send without leaving it.
import { AGAIN, refusal } from "/static/refusal.js";

const panel = document.getElementById("panel");

function follow() {
  const source = new EventSource(panel.dataset.stream);
  source.addEventListener("panel", (event) => draw(event.data));
  source.addEventListener("end", () => source.close());
  source.addEventListener("open", () => complain("full", false));
  source.addEventListener("error", () => {
    // It tries again by itself, unless it was refused.
    if (source.readyState === EventSource.CLOSED) refused(source.url);
  });
}

async function refused(address) {
  const why = await refusal(address);
  if (why === null) {
    // The flow or the session is gone.
    complain("full", false);
    complain("lost", true);
    return;
  }
  const full = document.getElementById("full");
  if (full.textContent !== why) full.textContent = why;
  complain("full", Boolean(why));
  setTimeout(follow, AGAIN);
}

function complain(id, shown) {
  document.getElementById(id).hidden = !shown;
}

function draw(html) {
  const held = panel.contains(document.activeElement);
  const open = [...panel.querySelectorAll("details[open][data-key]")].map((one) => one.dataset.key);
  panel.innerHTML = html;
  // For those who hear the page: the panel itself is new each time.
  document.getElementById("news").textContent = document.getElementById("now-title").textContent;
  for (const key of open) panel.querySelector(`details[data-key="${key}"]`)?.setAttribute("open", "");
  for (const button of panel.querySelectorAll("[data-copy]")) button.hidden = false;
  // Whoever works by keyboard stays where the work is.
  if (held) panel.querySelector("[data-next]")?.focus();
}

async function post(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  const complaint = form.querySelector("[data-complaint]");
  button?.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(button?.getAttribute("formaction") ?? form.getAttribute("action"), {
      method: "POST", body: fields, headers: { "x-piece": "1" },
    });
    if (answer.ok || !complaint) return;
    complaint.textContent = answer.status === 422 ? await answer.text() : "This did not work: reload the page.";
    complaint.hidden = false;
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-live]")) return;
  event.preventDefault();
  post(event.target, event.submitter);
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const word = button.querySelector("span");
  word.textContent = "Copied";
  setTimeout(() => { word.textContent = "Copy"; }, 1500);
});

// The address that the browser is sent to can be changed before it goes.
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-address]")) return;
  const address = event.target.value.trim();
  if (/^https?:\/\//.test(address)) panel.querySelector("[data-go]").href = address;
});

if (panel) {
  for (const button of panel.querySelectorAll("[data-copy]")) button.hidden = false;
  follow();
}
