// Relative times stay true while a page is open.
const STEPS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function ago(seconds) {
  const distance = Math.abs(seconds);
  if (distance < 1) return "just now";
  const [step, unit] = STEPS.find(([size]) => distance >= size);
  const span = `${Math.floor(distance / step)} ${unit}`;
  return seconds >= 0 ? `${span} ago` : `in ${span}`;
}

function refresh() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const text = ago((Date.now() - Date.parse(time.dateTime)) / 1000);
    if (time.textContent !== text) time.textContent = text;
  }
}

setInterval(() => document.hidden || refresh(), 10_000);
