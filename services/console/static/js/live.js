// Parts with data-live are fetched again when the server says that something was posted.
// <section id="board" data-live="/console/live">: one stream a page; the same page is asked for and the parts
// with the same ids are put in place of the old ones.

const PAUSE = 1000;

export function startLive(root) {
  const parts = root.querySelectorAll("[data-live][id]");
  if (parts.length === 0) return;
  const stream = new EventSource(parts[0].dataset.live);
  let waiting = null;
  stream.addEventListener("moved", () => {
    if (waiting === null) {
      waiting = window.setTimeout(async () => {
        await refresh();
        waiting = null;
      }, PAUSE);
    }
  });
  stream.addEventListener("ended", () => stream.close());
  window.addEventListener("pagehide", () => stream.close());
}

async function refresh() {
  const answer = await fetch(window.location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live][id]")) {
    const part = fresh.getElementById(old.id);
    if (part && !old.contains(document.activeElement) && part.innerHTML !== old.innerHTML) {
      old.replaceChildren(...part.childNodes);
    }
  }
}
