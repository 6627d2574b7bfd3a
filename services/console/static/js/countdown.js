// <span data-due="ISO instant" data-late="late by {}" data-left="{} left" data-units="d,h,min,s">: counted down.

const SECOND = 1000;
const DAY = 86400;

export function startCountdowns(root) {
  const clocks = root.querySelectorAll("[data-due]");
  if (clocks.length === 0) return;
  const tick = () => document.querySelectorAll("[data-due]").forEach(show);
  tick();
  window.setInterval(tick, SECOND);
}

function show(clock) {
  const seconds = Math.round((Date.parse(clock.dataset.due) - now()) / SECOND);
  const text = seconds < 0 ? clock.dataset.late : clock.dataset.left;
  clock.textContent = text.replace("{}", inWords(Math.abs(seconds), clock.dataset.units.split(",")));
}

// The system's clock, not the reader's: the page says what it is now there.
const offset = Date.parse(document.documentElement.dataset.now ?? "") - Date.now() || 0;

function now() {
  return Date.now() + offset;
}

function inWords(seconds, [day, hour, minute, second]) {
  const days = Math.floor(seconds / DAY);
  const hours = Math.floor((seconds % DAY) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days > 1) return `${days} ${day} ${hours} ${hour}`;
  if (days + hours > 0) return `${days * 24 + hours} ${hour} ${minutes} ${minute}`;
  return `${minutes} ${minute} ${seconds % 60} ${second}`;
}
