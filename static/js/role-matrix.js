// Roles × permissions: what differs from what is stored, arrow keys between the ticks, and on a
// telephone one role at a time. Without this module the table scrolls sideways and saves as well.
const form = document.querySelector("[data-role-matrix]");
const shown = form?.querySelector("[data-role-shown]");
const told = document.querySelector("[data-role-changes]");
const boxes = () => [...form.querySelectorAll("tbody input[type='checkbox']")];

function count() {
  let changed = 0;
  for (const box of boxes()) {
    const differs = box.checked !== (box.dataset.stored === "1");
    box.closest("td").classList.toggle("is-changed", differs);
    if (differs) changed += 1;
  }
  if (!told) return;
  const words = { 0: told.dataset.none, 1: told.dataset.one }[changed] ?? told.dataset.many;
  told.textContent = words.replace("{count}", changed);
}

function show(role) {
  for (const cell of form.querySelectorAll("[data-role]")) {
    cell.classList.toggle("is-aside", cell.dataset.role !== role);
  }
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// The next tick in that direction that can be changed; what cannot is passed over.
function neighbour(box, [down, right]) {
  const rows = [...form.querySelectorAll("tbody tr:has(input)")];
  let row = rows.indexOf(box.closest("tr"));
  let column = [...box.closest("tr").children].indexOf(box.closest("td"));
  for (;;) {
    row += down;
    column += right;
    const cell = rows[row]?.children[column];
    if (!cell || column < 1) return null;
    const found = cell.querySelector("input:not(:disabled)");
    if (found?.checkVisibility()) return found;
  }
}

if (form) {
  count();
  // What is being changed, what the address names, or the first role below the owner.
  const changed = form.querySelector("td.is-changed");
  shown.value = changed?.dataset.role ?? new URLSearchParams(location.search).get("role");
  if (!shown.value) shown.selectedIndex = 1;
  show(shown.value);
  shown.addEventListener("change", () => show(shown.value));
  form.classList.add("shows-one");
  form.addEventListener("change", count);
  form.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!event.target.matches("input[type='checkbox']")) return;
    event.preventDefault();
    neighbour(event.target, step)?.focus();
  });
  // The browser restores ticks after "back" without telling.
  addEventListener("pageshow", count);
}
