// The form of a credit note: quantity and amount follow each other, the server reckons; what
// becomes of a line's hours follows until it is chosen by hand.
const form = document.querySelector("[data-credit]");
const sums = document.getElementById("credit-sums");
const chosen = new Set();

const rows = () => [...form.querySelectorAll("[data-credit-row]")];
const inRow = (row, name) => row.querySelector(`[data-credit-${name}]`);

function list(row) {
  const button = row.querySelector("[data-credit-list]");
  if (!button) return;
  // Of a part nobody knows which hours it is: they are ticked by hand.
  const quantity = inRow(row, "quantity");
  const part = quantity.value !== quantity.dataset.left;
  button.setAttribute("hx-vals", JSON.stringify(part ? { part: 1 } : {}));
  window.htmx.trigger(button, "credit:list");
}

function showList(row) {
  const work = inRow(row, "work");
  const button = row.querySelector("[data-credit-list]");
  if (!work || !button) return;
  const detail = document.getElementById(`credit-hours-${row.dataset.creditRow}`);
  const open = work.value === "chosen";
  if (open) list(row);
  detail.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
}

function follow() {
  const holder = sums.querySelector("[data-credit-figures]");
  if (!holder) return;
  const figures = JSON.parse(holder.dataset.creditFigures);
  for (const row of rows()) {
    const found = figures[row.dataset.creditRow];
    if (!found) continue;
    const error = row.querySelector("[data-credit-error]");
    error.textContent = found.error;
    error.hidden = !found.error;
    const quantity = inRow(row, "quantity");
    const amount = inRow(row, "amount");
    for (const input of [quantity, amount]) input.classList.toggle("is-invalid", Boolean(found.error));
    if (found.error) continue;
    if (quantity !== document.activeElement) quantity.value = found.quantity;
    if (amount !== document.activeElement) amount.value = found.amount;
    const work = inRow(row, "work");
    if (work && !chosen.has(row.dataset.creditRow)) {
      work.value = found.whole ? "free" : "keep";
      showList(row);
    }
  }
}

form.addEventListener("change", (event) => {
  if (!event.target.matches("[data-credit-work]")) return;
  const row = event.target.closest("[data-credit-row]");
  chosen.add(row.dataset.creditRow);
  showList(row);
});

form.addEventListener("click", (event) => {
  const more = event.target.closest("[data-credit-list]");
  if (more) {
    const row = more.closest("[data-credit-row]");
    const work = inRow(row, "work");
    work.value = work.value === "chosen" ? "keep" : "chosen";
    chosen.add(row.dataset.creditRow);
    showList(row);
    return;
  }
  const all = event.target.closest("[data-credit-all]");
  const none = event.target.closest("[data-credit-none]");
  if (!all && !none) return;
  for (const row of rows()) {
    const name = row.dataset.creditRow;
    const quantity = inRow(row, "quantity");
    quantity.value = all ? quantity.dataset.left : "0";
    inRow(row, "amount").value = all ? inRow(row, "amount").dataset.left : "0";
    chosen.delete(name);
  }
  const first = inRow(rows()[0], "quantity");
  first.dispatchEvent(new Event("input", { bubbles: true }));
});

sums.addEventListener("htmx:afterSwap", follow);
for (const row of rows()) {
  const work = inRow(row, "work");
  if (work?.value === "chosen") {
    chosen.add(row.dataset.creditRow);
    showList(row);
  }
}
