// Lines of bank statements: after a deed the next line has the focus; keys for the others; and what
// is left of the money while somebody spreads it over invoices.

import { amountIn, written } from "./amounts.js";

// Rows ----------------------------------------------------------------------------------------

const entryOf = (row) => row?.querySelector("[data-row-entry]");
let answered = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const row = event.detail.target?.closest?.("[data-bank-row]");
  if (!row || event.detail.xhr.status !== 200) return;
  const rows = [...row.parentElement.children];
  answered = rows.slice(rows.indexOf(row) + 1).find(entryOf)?.id ?? rows.find((one) => one !== row && entryOf(one))?.id;
});

document.addEventListener("htmx:afterSettle", () => {
  if (!answered) return;
  entryOf(document.getElementById(answered))?.focus();
  answered = null;
});

const KEYS = { c: "[data-bank-choose]", u: "[data-bank-aside]" };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = event.target.closest?.("[data-bank-row]");
  if (!row || document.querySelector("dialog[open]") || !KEYS[event.key]) return;
  const wanted = row.querySelector(KEYS[event.key]);
  if (!wanted) return;
  event.preventDefault();
  wanted.click();
});

// What is left --------------------------------------------------------------------------------

const shareOf = (field) => (field.value.trim() ? amountIn(field.value) : 0);

function left(form) {
  const shares = [...form.querySelectorAll("[data-bank-share]")].map(shareOf);
  return Number(form.dataset.bankBook) - shares.reduce((sum, share) => sum + share, 0);
}

function tell(form) {
  const place = form.querySelector("[data-bank-rest]");
  const rest = left(form);
  if (!Number.isFinite(rest)) return;
  place.textContent = written(Math.abs(rest) < 0.0005 ? 0 : rest, form.dataset.currency);
  place.classList.toggle("text-danger", rest < -0.0005);
}

const tellAll = (root) => {
  for (const form of root.querySelectorAll("form[data-bank-book]")) tell(form);
  const form = root.closest?.("form[data-bank-book]");
  if (form) tell(form);
};

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-bank-book]");
  if (form && event.target.matches("[data-bank-share]")) tell(form);
});

// As much as is open, or as is left of the money; once more takes it away.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-bank-fill]");
  if (!button) return;
  const form = button.closest("form");
  const field = form.elements[button.dataset.bankFill];
  if (field.value) {
    field.value = "";
  } else {
    const amount = Math.min(Number(button.dataset.open), Math.max(left(form), 0));
    if (amount > 0) {
      const places = Math.max(2, (String(amount).split(".")[1] ?? "").length > 2 ? 3 : 2);
      field.value = document.documentElement.lang.startsWith("en")
        ? amount.toFixed(places)
        : amount.toFixed(places).replace(".", ",");
    }
  }
  field.focus();
  tell(form);
});
tellAll(document);
document.addEventListener("htmx:load", (event) => tellAll(event.detail.elt));
