// The window that comes back from a server: what it brought goes out of its address and history,
// and a fragment, which never reaches a server by itself, is handed on.
const main = document.getElementById("main");
const brought = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

function say(news) {
  for (const part of main.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== news;
}

if (main.dataset.news === "fragment") {
  if (brought) {
    fetch(location.pathname, { method: "POST", body: new URLSearchParams(brought) })
      .then((answer) => say(answer.ok ? "taken" : "nobody"))
      .catch(() => say("nobody"));
  } else {
    say("nobody");
  }
}
