// The lines of a draft or a quotation: they come, go and move, sums follow from the server, and the
// place one was at is kept over saving.
import { ask } from "./confirm.js";
import { move } from "./sortables.js";

const WAIT_MS = 120;
const MEMORY = `draft-place:${location.pathname}`;
export const form = document.querySelector("[data-lines-form]");
export const totals = document.getElementById("draft-totals");
const list = document.getElementById("draft-list");

// A draft of very many lines has no list of fields: its lines are opened one by one in a dialog.
export const lines = () => (list ? [...list.querySelectorAll(":scope > [data-draft-line]")] : []);
export const fieldOf = (line, name) => line.querySelector(`[data-field="${name}"]`);
export const byName = (name) => form.elements.namedItem(name);
const lineOf = (element) => element?.closest?.("[data-draft-line]");

// Sums ------------------------------------------------------------------------------------------

let timer;
export function recount() {
  if (!list) return;
  clearTimeout(timer);
  timer = setTimeout(() => window.htmx.trigger(totals, "draft:recount"), WAIT_MS);
}

function showSums() {
  const table = totals.querySelector("[data-line-figures]");
  if (!table) return;
  const figures = JSON.parse(table.dataset.lineFigures);
  for (const line of lines()) {
    const shown = figures[line.dataset.draftLine];
    if (!shown) continue;
    const net = line.querySelector("[data-net]");
    if (net) net.textContent = shown.net;
    const differs = line.querySelector("[data-differs]");
    if (differs) differs.textContent = shown.differs;
  }
  const { gross } = table.dataset;
  const sum = document.querySelector("[data-draft-gross]");
  if (sum) sum.textContent = gross;
  const post = form.querySelector("[data-draft-post]");
  if (post) post.dataset.confirm = post.dataset.confirmPattern.replace("{gross}", gross);
}

totals.addEventListener("htmx:afterSwap", showSums);
totals.addEventListener("htmx:oobAfterSwap", showSums);

// Lines -----------------------------------------------------------------------------------------

function unusedKey() {
  const used = lines().map((line) => Number(/^n(\d+)$/.exec(line.dataset.draftLine)?.[1] ?? 0));
  return `n${Math.max(0, ...used) + 1}`;
}

function makeLine(kind) {
  const pattern = form.querySelector(`template[data-line-pattern="${kind}"]`);
  const holder = document.createElement("template");
  holder.innerHTML = pattern.innerHTML.replaceAll("__key__", unusedKey()).trim();
  return holder.content.firstElementChild;
}

function addLine(kind, after = lines().at(-1)) {
  const line = makeLine(kind);
  const above = after && fieldOf(after, "unit");
  const unit = fieldOf(line, "unit");
  if (above && unit) unit.value = above.value;
  if (after) after.after(line);
  else list.append(line);
  fieldOf(line, "text").focus();
  return line;
}

function copyLine(line) {
  const copy = addLine(line.dataset.kind, line);
  for (const field of line.querySelectorAll("[data-field]")) {
    fieldOf(copy, field.dataset.field).value = field.value;
  }
  recount();
}

export function isUntouched(line) {
  if (!/^n/.test(line.dataset.draftLine)) return false;
  return !fieldOf(line, "text").value.trim() && !fieldOf(line, "unit_price")?.value.trim();
}

async function deleteLine(line) {
  const { hours, draftLine: key } = line.dataset;
  let freed;
  if (hours) {
    const { freeTitle, freeText, freeButton } = form.dataset;
    const answer = await ask({
      title: freeTitle,
      text: freeText.replace("{hours}", hours),
      button: freeButton,
      tone: "danger",
    });
    if (!answer) return;
    freed = document.createElement("input");
    Object.assign(freed, { type: "hidden", name: "freed", value: key });
    form.append(freed);
  }
  const next = line.nextElementSibling;
  const neighbour = next ?? line.previousElementSibling;
  const plain = isUntouched(line);
  line.remove();
  if (neighbour) fieldOf(neighbour, "text").focus();
  else addLine("item");
  recount();
  if (!plain) offerUndo(line, next, freed);
}

function offerUndo(line, next, freed) {
  const place = form.querySelector("[data-undo-place]");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn btn-sm btn-link-plain" });
  button.textContent = form.dataset.undo;
  button.addEventListener("click", () => {
    if (next?.isConnected) next.before(line);
    else list.append(line);
    freed?.remove();
    place.replaceChildren();
    fieldOf(line, "text").focus();
    recount();
  });
  place.replaceChildren(`${form.dataset.deleted} `, button);
}

function enter(line, field) {
  const below = line.nextElementSibling;
  if (below) {
    const wanted = fieldOf(below, field.dataset.field) ?? fieldOf(below, "text");
    wanted.focus();
    wanted.select?.();
  } else if (!isUntouched(line)) {
    addLine("item");
  }
}

form.addEventListener("click", (event) => {
  const adder = event.target.closest("[data-add-line]");
  const remover = event.target.closest("[data-delete-line]");
  if (!adder && !remover) return;
  event.preventDefault();
  if (adder) addLine(adder.dataset.addLine);
  else deleteLine(lineOf(remover));
});

list?.addEventListener("input", (event) => {
  const field = event.target.closest("[data-field]");
  if (!field) return;
  if (field.getAttribute("aria-invalid")) {
    field.removeAttribute("aria-invalid");
    lineOf(field).querySelector(`[data-error-of="${field.dataset.field}"]`)?.remove();
  }
  if (field.dataset.field === "tax_rate") followRate(field);
  if (field.dataset.field !== "text" && field.dataset.field !== "account") recount();
});

byName("currency").addEventListener("change", recount);

// The account goes with the rate, unless somebody chose another one.
function followRate(select) {
  const account = fieldOf(lineOf(select), "account");
  const usual = [...select.options].map((option) => option.dataset.account);
  const wanted = select.selectedOptions[0]?.dataset.account;
  if (wanted && (!account.value || usual.includes(account.value))) account.value = wanted;
}

// Keys ------------------------------------------------------------------------------------------

function submitWith(button) {
  if (button) form.requestSubmit(button);
}

function lineKey(event, line) {
  if (event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    move(line, event.key === "ArrowUp" ? -1 : 1);
    return true;
  }
  const withCtrl = event.ctrlKey || event.metaKey;
  if (withCtrl && event.key.toLowerCase() === "d") {
    copyLine(line);
    return true;
  }
  if (withCtrl && event.key === "Delete") {
    deleteLine(line);
    return true;
  }
  const field = event.target.closest("[data-field]");
  if (event.key === "Enter" && field && !withCtrl && !event.shiftKey && !event.isComposing) {
    enter(line, field);
    return true;
  }
  return false;
}

document.addEventListener(
  "keydown",
  (event) => {
    if (document.querySelector("dialog[open]") || form.querySelector(".draft-fieldset:disabled")) return;
    const line = lineOf(event.target);
    if (line && lineKey(event, line)) return event.preventDefault();
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      submitWith(form.querySelector(event.shiftKey ? "[data-draft-post]" : "[data-submit]"));
    }
  },
  { capture: true },
);

// The place one was at, over the reload that follows saving ---------------------------------------

export function remember() {
  const { activeElement } = document;
  const line = lineOf(activeElement);
  const place = {
    y: scrollY,
    name: activeElement?.name ?? "",
    line: line ? lines().indexOf(line) : -1,
    field: activeElement?.dataset?.field ?? "",
  };
  try {
    sessionStorage.setItem(MEMORY, JSON.stringify(place));
  } catch {
    // Without storage the page begins at its top.
  }
}

function recall() {
  const stored = sessionStorage.getItem(MEMORY);
  if (!stored) return false;
  sessionStorage.removeItem(MEMORY);
  const { y, name, line, field } = JSON.parse(stored);
  if (document.querySelector("[data-focus-first-error]")) return true;
  const wanted = line >= 0 ? lines()[line] && fieldOf(lines()[line], field) : name && byName(name);
  wanted?.focus?.({ preventScroll: true });
  scrollTo({ top: y, behavior: "instant" });
  return true;
}

form.addEventListener("submit", remember);

const hurt = document.querySelector(".draft-conflict, #draft-lines-error");
if (hurt) {
  hurt.focus();
} else if (!recall() && lines().length === 1 && isUntouched(lines()[0])) {
  fieldOf(lines()[0], "text").focus();
}
