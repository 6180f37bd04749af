// The form of a quotation: lines come, go and move; sums follow from the server.
const WAIT_MS = 150;
const form = document.querySelector("[data-quotation]");
const list = document.getElementById("quotation-list");
const totals = document.getElementById("draft-totals");

const lines = () => [...list.querySelectorAll(":scope > [data-draft-line]")];
const fieldOf = (line, name) => line.querySelector(`[data-field="${name}"]`);

let timer;
function recount() {
  clearTimeout(timer);
  timer = setTimeout(() => window.htmx.trigger(totals, "quotation:recount"), WAIT_MS);
}

totals.addEventListener("htmx:afterSwap", () => {
  const table = totals.querySelector("[data-line-figures]");
  const figures = table ? JSON.parse(table.dataset.lineFigures) : {};
  for (const line of lines()) {
    const net = line.querySelector("[data-net]");
    if (net && figures[line.dataset.draftLine]) net.textContent = figures[line.dataset.draftLine].net;
  }
});

function addLine(kind) {
  const used = lines().map((line) => Number(/^n(\d+)$/.exec(line.dataset.draftLine)?.[1] ?? 0));
  const pattern = form.querySelector(`template[data-line-pattern="${kind}"]`);
  const holder = document.createElement("template");
  holder.innerHTML = pattern.innerHTML.replaceAll("__key__", `n${Math.max(0, ...used) + 1}`).trim();
  const line = holder.content.firstElementChild;
  list.append(line);
  fieldOf(line, "text").focus();
}

form.addEventListener("click", (event) => {
  const adder = event.target.closest("[data-add-line]");
  const remover = event.target.closest("[data-delete-line]");
  if (!adder && !remover) return;
  event.preventDefault();
  if (adder) return addLine(adder.dataset.addLine);
  const line = remover.closest("[data-draft-line]");
  const neighbour = line.nextElementSibling ?? line.previousElementSibling;
  line.remove();
  if (neighbour) fieldOf(neighbour, "text").focus();
  else addLine("item");
  recount();
});

list.addEventListener("input", (event) => {
  const field = event.target.closest("[data-field]");
  if (!field) return;
  field.removeAttribute("aria-invalid");
  if (!["text", "account", "product"].includes(field.dataset.field)) recount();
});
form.elements.namedItem("currency")?.addEventListener("change", recount);

// Enter goes to the next line, and writes a new one after the last.
list.addEventListener("keydown", (event) => {
  const field = event.target.closest("[data-field]");
  if (event.key !== "Enter" || !field || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const below = field.closest("[data-draft-line]").nextElementSibling;
  if (below) (fieldOf(below, field.dataset.field) ?? fieldOf(below, "text")).focus();
  else addLine("item");
});
