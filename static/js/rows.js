// Tables: rows that open (data-expand), ticking many (data-bulk), walking with j and k (data-row-nav).

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-expand]");
  if (!button) return;
  const detail = document.getElementById(button.dataset.expand);
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  if (detail) detail.hidden = !open;
});

// All groups of a list at once: closed when the first one is open.
document.addEventListener("click", (event) => {
  const all = event.target.closest("[data-expand-all]");
  if (!all) return;
  const buttons = [...document.querySelectorAll(all.dataset.expandAll)];
  const state = buttons[0]?.getAttribute("aria-expanded");
  for (const button of buttons) if (button.getAttribute("aria-expanded") === state) button.click();
});

const boxesOf = (form) => [
  ...form.querySelectorAll("tbody input[type='checkbox'][name]:not(:disabled)"),
];

function refresh(form) {
  const boxes = boxesOf(form);
  const ticked = boxes.filter((box) => box.checked);
  for (const box of boxes) box.closest("tr").classList.toggle("selected", box.checked);
  const all = form.querySelector("[data-select-all]");
  if (all) {
    all.checked = ticked.length > 0 && ticked.length === boxes.length;
    all.indeterminate = ticked.length > 0 && ticked.length < boxes.length;
  }
  const bar = form.querySelector("[data-bulk-bar]");
  if (!bar) return;
  bar.hidden = ticked.length === 0;
  // Grouped by tags, one may stand there more than once.
  const count = new Set(ticked.map((box) => `${box.name}=${box.value}`)).size;
  for (const place of bar.querySelectorAll("[data-bulk-count]")) place.textContent = count;
  for (const place of bar.querySelectorAll("[data-bulk-sum]")) {
    const sum = ticked.reduce(
      (total, box) => total + Math.round(Number(box.closest("tr").dataset[place.dataset.bulkSum] ?? 0) * 100),
      0,
    );
    place.textContent = (sum / 100).toLocaleString(document.documentElement.lang, {
      minimumFractionDigits: 2,
      maximumFractionDigits: 2,
    });
  }
}

// A button that leads to a page of its own: htmx does not see the form being sent.
document.addEventListener(
  "submit",
  (event) => {
    if (event.submitter?.matches("[data-plain]")) event.stopImmediatePropagation();
  },
  { capture: true },
);

let lastTicked = null;

document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-bulk] tbody input[type='checkbox'][name]");
  if (!box) return;
  const boxes = boxesOf(box.closest("[data-bulk]"));
  if (event.shiftKey && boxes.includes(lastTicked)) {
    const [from, to] = [boxes.indexOf(lastTicked), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
  }
  lastTicked = box;
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-bulk]");
  if (!form) return;
  if (event.target.matches("[data-select-all]")) {
    for (const box of boxesOf(form)) box.checked = event.target.checked;
  }
  refresh(form);
});

function refreshAll() {
  for (const form of document.querySelectorAll("[data-bulk]")) refresh(form);
}
document.addEventListener("htmx:load", refreshAll);
// The browser restores ticks after "back" without telling.
addEventListener("pageshow", refreshAll);

const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  const target = event.target;
  if (target.matches("input:not([type='checkbox']), select, textarea, [role='menuitem'], .dropdown-item")) return;
  const table = target.closest("[data-row-nav]") ?? document.querySelector("main [data-row-nav]");
  if (!table) return;
  const inTable = table.contains(target);
  if (event.key === "x" && inTable) {
    const box = target.closest("tr")?.querySelector("input[type='checkbox']");
    if (box && box !== target) box.click();
    return;
  }
  const step = STEPS[event.key];
  // Arrow keys scroll the page until the reader has entered the table.
  if (!step || (event.key.startsWith("Arrow") && !inTable)) return;
  const rows = [...table.querySelectorAll("tbody tr")].filter((row) => row.checkVisibility() && entry(row));
  const at = rows.indexOf(target.closest("tr"));
  const next = rows[at === -1 ? (step > 0 ? 0 : rows.length - 1) : at + step];
  if (!next) return;
  event.preventDefault();
  entry(next).focus();
});

function entry(row) {
  return row.querySelector("[data-row-entry], .row-link") ?? row.querySelector("a[href], button, input");
}
