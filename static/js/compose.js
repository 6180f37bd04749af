// Hours to invoice: rows half ticked, entries that follow their row, keys.

// A row's box says what its figures say: all, some or none of its entries.
function tally() {
  for (const cell of document.querySelectorAll("[data-compose] [data-ticked]")) {
    const ticked = Number(cell.dataset.ticked);
    const row = cell.closest("tr");
    const box = row.querySelector("input[type='checkbox']");
    box.checked = ticked > 0 && ticked === Number(cell.dataset.all);
    box.indeterminate = ticked > 0 && !box.checked;
    row.classList.toggle("compose-out", ticked === 0);
  }
  const all = document.getElementById("tick-all");
  const boxes = [...document.querySelectorAll("[data-tick-group]")];
  if (!all) return;
  all.checked = boxes.every((box) => box.checked);
  all.indeterminate = !all.checked && boxes.some((box) => box.checked || box.indeterminate);
}
tally();
document.addEventListener("htmx:load", tally);
document.addEventListener("htmx:oobAfterSwap", tally);

// An opened row's entries follow its box; the server does the same to those not shown.
document.addEventListener("change", (event) => {
  const group = event.target.dataset?.tickGroup;
  if (!group) return;
  for (const box of document.getElementById(group).querySelectorAll("[data-tick-entry]")) {
    box.checked = event.target.checked;
  }
});

const rowOf = (target) => target.closest?.("[data-compose-keys] .compose-group > tr:first-child");

document.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const row = rowOf(event.target);
    if (!row || event.target.closest("form, input")) return;
    const toggle = row.querySelector("[data-expand]");
    const isOpen = toggle.getAttribute("aria-expanded") === "true";
    if (event.key === " ") {
      event.preventDefault();
      row.querySelector("input[type='checkbox']")?.click();
    } else if (event.key === "ArrowRight" ? !isOpen : event.key === "ArrowLeft" && isOpen) {
      event.preventDefault();
      toggle.click();
    }
  },
  { capture: true },
);
// Firefox presses a button when the space bar comes up again.
document.addEventListener("keyup", (event) => {
  if (event.key === " " && rowOf(event.target) && event.target.matches("[data-expand]")) event.preventDefault();
});
