// The window that comes back from a server: what was taken goes out of its address and history, and
// a fragment, which never reaches a server by itself, is handed on.
const main = document.getElementById("main");
const brought = location.hash.slice(1);

function say(news) {
  for (const part of main.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== news;
  // What nobody waited for stays: it can still be copied into the page of a flow.
  if (news === "taken") history.replaceState(null, "", location.pathname);
}

if (main.dataset.news !== "fragment") {
  say(main.dataset.news);
} else if (brought) {
  fetch(location.pathname, { method: "POST", body: new URLSearchParams(brought) })
    .then((answer) => say(answer.ok ? "taken" : "nobody"))
    .catch(() => say("nobody"));
} else {
  say("nobody");
}
