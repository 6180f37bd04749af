// [data-product-search] on the field of a text: what is typed there is looked for among the
// products, and choosing one fills in the fields beside it. Their names share its beginning:
// lines-5-text goes with lines-5-unit_price. `data-product-search` is the address asked; what the
// form says of customer, project, language and currency is added to it.
import { words } from "./toasts.js";

const WAIT_MS = 180;
const LEAST_LETTERS = 2;
const FOR_WHOM = ["customer", "project", "language", "currency"];

const list = document.createElement("ul");
list.className = "combobox-list product-list";
list.id = "product-list";
list.hidden = true;
list.setAttribute("role", "listbox");

let field;
let results = [];
let at = -1;
let timer;
let asked;

const beside = (text, name) => {
  const prefix = text.name.slice(0, -"text".length);
  return text.form?.elements.namedItem(prefix + name) ?? null;
};
const holderOf = (text) => text.closest("[data-product-line]") ?? text.form;

function close() {
  clearTimeout(timer);
  asked = undefined;
  list.hidden = true;
  at = -1;
  if (!field) return;
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
}

async function look(text) {
  const mine = (asked = Symbol());
  const url = new URL(text.dataset.productSearch, location.href);
  for (const name of FOR_WHOM) {
    const value = text.form?.elements.namedItem(name)?.value;
    if (value) url.searchParams.set(name, value);
  }
  url.searchParams.set("q", text.value.trim());
  const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (asked !== mine || document.activeElement !== text) return;
  results = answer?.ok ? (await answer.json()).results : [];
  if (asked === mine) offer(text);
}

function offer(text) {
  if (!results.length) return close();
  field = text;
  at = -1;
  list.replaceChildren(
    ...results.map((result, index) => {
      const item = document.createElement("li");
      item.id = `product-list-${index}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.textContent = result.text;
      const hint = document.createElement("span");
      hint.className = "combobox-hint";
      hint.textContent = result.hint;
      item.append(hint);
      return item;
    }),
  );
  (text.closest("dialog") ?? document.body).append(list);
  const place = text.getBoundingClientRect();
  list.hidden = false;
  const below = innerHeight - place.bottom;
  const top = below < list.offsetHeight + 8 && place.top > below ? place.top - list.offsetHeight - 4 : place.bottom + 4;
  Object.assign(list.style, { left: `${place.left}px`, top: `${top}px`, minWidth: `${place.width}px` });
  text.setAttribute("role", "combobox");
  text.setAttribute("aria-autocomplete", "list");
  text.setAttribute("aria-controls", list.id);
  text.setAttribute("aria-expanded", "true");
}

function mark(index) {
  const items = [...list.children];
  at = (index + items.length) % items.length;
  for (const [i, item] of items.entries()) item.setAttribute("aria-selected", String(i === at));
  field.setAttribute("aria-activedescendant", items[at].id);
  items[at].scrollIntoView({ block: "nearest" });
}

function set(input, value) {
  if (!input || input.value === String(value)) return;
  // What a product is booked on may be offered no more.
  const isOffered = ({ options }) => [...options].some((option) => option.value === String(value));
  if (input.options && !isOffered(input)) input.add(new Option(value, value));
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

// What a new line has: the rate of products that have none of their own.
function usualRate(form) {
  const pattern = form.querySelector("template[data-line-pattern='item']")?.content;
  return pattern?.querySelector("[data-field='tax_rate']")?.value ?? "";
}

function choose(result) {
  const text = field;
  const { values } = result;
  close();
  set(beside(text, "product"), result.id);
  text.value = values.text;
  text.dispatchEvent(new Event("change", { bubbles: true }));
  set(beside(text, "unit"), values.unit);
  set(beside(text, "unit_price"), values.unit_price);
  const rates = beside(text, "tax_rate");
  const rate = values.tax_rate || usualRate(text.form);
  if (rates && rate) set(rates, rate);
  const ofRate = rates?.selectedOptions?.[0]?.dataset.account ?? "";
  set(beside(text, "account"), values.account || ofRate);
  if (values.quantity) set(beside(text, "quantity"), values.quantity);
  if (values.start_date) {
    set(beside(text, "start_date"), values.start_date);
    set(beside(text, "end_date"), values.end_date);
    const days = holderOf(text).querySelector("[data-line-days]");
    if (days) days.open = true;
  }
  show(text, result.number);
  const next = beside(text, values.unit_price === "" ? "unit_price" : "quantity");
  next?.focus();
  next?.select?.();
}

// Which product it is, with a button that takes only this away.
function show(text, number) {
  const shown = holderOf(text).querySelector("[data-product-shown]");
  if (!shown) return;
  shown.hidden = !number;
  shown.querySelector("[data-product-number]").textContent = number;
}

function textOf(element) {
  return element?.closest?.("[data-product-search]");
}

document.addEventListener("input", (event) => {
  const text = textOf(event.target);
  if (!text || !event.isTrusted) return;
  clearTimeout(timer);
  if (text.value.trim().length < LEAST_LETTERS) return close();
  timer = setTimeout(() => look(text), WAIT_MS);
});

// Before the page's own keys, of which Enter goes to the next line.
window.addEventListener(
  "keydown",
  (event) => {
    if (list.hidden || event.target !== field || event.isComposing) return;
    const plain = !event.altKey && !event.ctrlKey && !event.metaKey;
    if (plain && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      mark(at < 0 && event.key === "ArrowUp" ? -1 : at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && plain && at >= 0) {
      choose(results[at]);
    } else if (event.key === "Escape") {
      close();
    } else {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  { capture: true },
);

list.addEventListener("pointerdown", (event) => event.preventDefault());
list.addEventListener("click", (event) => {
  const item = event.target.closest("[role='option']");
  if (item) choose(results[[...list.children].indexOf(item)]);
});

document.addEventListener("focusout", (event) => event.target === field && close());
document.addEventListener("scroll", (event) => event.target !== list && !list.hidden && close(), {
  capture: true,
  passive: true,
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-product-clear]");
  if (!button) return;
  event.preventDefault();
  const holder = button.closest("[data-product-line]") ?? button.form;
  const text = holder.querySelector("[data-product-search]");
  set(beside(text, "product"), "");
  show(text, "");
  text.focus();
});

// A live region says how many there are; `words` has the sentence.
const said = document.createElement("div");
said.className = "visually-hidden";
said.setAttribute("aria-live", "polite");
document.body.append(said);
new MutationObserver(() => {
  said.textContent = list.hidden ? "" : words("productsFound").replace("{count}", results.length);
}).observe(list, { attributes: true, attributeFilter: ["hidden"] });
