// Keys: data-shortcut="g i" on links and buttons (pressed one after the other), "/" for the search,
// "?" for the help, which lists what the present page offers, with the rows of its
// <template data-shortcut-help> for keys that belong to no element.
import { toggleSidebar } from "./theme.js";

const PAUSE_MS = 900;
let typed = [];
let timer;

function isTyping(target) {
  return Boolean(
    target.closest?.("input:not([type='checkbox'], [type='radio']), textarea, select, [contenteditable]"),
  );
}

const isShown = (element) => element.getClientRects().length > 0;

function available() {
  const root = document.querySelector("dialog[open]") ?? document;
  // The menu's links count on a telephone as well, where they are out of sight.
  return [...root.querySelectorAll("[data-shortcut]")].filter(
    (element) => !element.disabled && (isShown(element) || element.closest(".sidebar")),
  );
}

function label(element) {
  return (
    element.dataset.shortcutLabel ||
    element.getAttribute("aria-label") ||
    element.textContent.trim().replace(/\s+/g, " ")
  );
}

function showHelp() {
  const list = document.querySelector("[data-shortcut-list]");
  list.replaceChildren(
    ...available().map((element) => {
      const row = document.createElement("div");
      const name = document.createElement("dt");
      const keys = document.createElement("dd");
      name.textContent = label(element);
      for (const key of element.dataset.shortcut.split(" ")) {
        const cap = document.createElement("kbd");
        cap.textContent = key;
        keys.append(cap, " ");
      }
      row.append(name, keys);
      return row;
    }),
    ...[...document.querySelectorAll("template[data-shortcut-help]")].map((template) =>
      template.content.cloneNode(true),
    ),
  );
  document.getElementById("shortcuts").showModal();
}

function press(element) {
  if (element.matches("input, select, textarea")) element.focus();
  else element.click();
}

function focusSearch() {
  const field = document.querySelector("[data-filter-bar] input, main input[type='search']");
  field?.focus();
  field?.select?.();
  return Boolean(field);
}

function saveForm(event) {
  const form = event.target.closest?.("form") ?? document.querySelector("main form[data-guard-unsaved]");
  if (!form || form.method === "get") return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-submit]"));
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") return saveForm(event);
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.matches("textarea")) {
    return saveForm(event);
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "?" && !document.querySelector("dialog[open]")) return showHelp();
  if (event.key === "[") return toggleSidebar();
  if (event.key === "/") {
    if (focusSearch()) event.preventDefault();
    return;
  }
  if (event.key.length !== 1) return;
  if (event.key === " ") {
    // It ticks and presses, and begins no sequence.
    typed = [];
    return;
  }
  clearTimeout(timer);
  timer = setTimeout(() => {
    typed = [];
  }, PAUSE_MS);
  typed.push(event.key);
  const sequence = typed.join(" ");
  const found =
    available().find((element) => element.dataset.shortcut === sequence) ??
    available().find((element) => element.dataset.shortcut === event.key);
  if (!found) return;
  // "i" alone must not fire while "g i" is being typed.
  if (found.dataset.shortcut === event.key && typed.length > 1) {
    const begun = available().some((el) => el.dataset.shortcut.startsWith(`${typed.at(-2)} `));
    if (begun) return;
  }
  typed = [];
  event.preventDefault();
  press(found);
});
