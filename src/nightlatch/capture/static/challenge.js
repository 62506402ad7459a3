// Solves the page's puzzle as soon as the widget is ready, and goes on with the pass it earns.
const form = document.getElementById("solve");
const note = document.getElementById("note");
const widget = form.querySelector("altcha-widget");

function tell(words) {
  note.textContent = words;
  note.hidden = false;
}

globalThis.$altcha.algorithms.set("SHA-256", () => new Worker(widget.dataset.worker));
widget.addEventListener("statechange", ({ detail }) => {
  if (detail.state === "verified") form.requestSubmit();
  if (detail.state === "error") tell("The puzzle could not be solved in this browser.");
  if (detail.state === "expired") location.reload();
});
await customElements.whenDefined("altcha-widget");
widget.configure({ hideFooter: true, hideLogo: true, minDuration: 0 });
await widget.verify();
