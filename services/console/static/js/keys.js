// Keys: "/" goes to the search; in a table with data-rows, up and down move between the rows' first links.

export function startKeys(root) {
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input, select, textarea");
    const field = root.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (field && !typing) {
      event.preventDefault();
      field.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      move(event, event.key === "ArrowDown" ? 1 : -1);
    }
  });
}

function move(event, step) {
  const table = event.target.closest("table[data-rows]");
  if (!table) return;
  const links = [...table.querySelectorAll("tbody tr > :first-child a")];
  const next = links[links.indexOf(event.target) + step];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}
