// Why an event stream was refused: its browser knows that it was, and not in which words.
export const AGAIN = 10_000;
const SILENT = "Nightlatch does not answer.";

// In words; "" where it would be let in by now, and null where the server says no such thing: what
// was followed is gone, or the session has ended.
export async function refusal(address) {
  const leave = new AbortController();
  try {
    const answer = await fetch(address, { signal: leave.signal });
    if (answer.ok) return "";
    const words = answer.headers.get("content-type")?.startsWith("text/plain");
    if (words) return await answer.text();
    return answer.status < 500 ? null : SILENT;
  } catch {
    return SILENT;
  } finally {
    leave.abort();
  }
}
