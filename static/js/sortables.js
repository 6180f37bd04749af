// data-sortable: rows dragged by their handle, or moved with the arrow keys while it has the focus.
import Sortable from "../vendor/sortablejs/sortable.esm.js";
import { words } from "./toasts.js";

const live = document.createElement("div");
live.className = "visually-hidden";
live.setAttribute("aria-live", "assertive");
document.body.append(live);

const itemsOf = (list) => [...list.querySelectorAll(":scope > [data-sortable-item]")];

function settle(list) {
  for (const [index, item] of itemsOf(list).entries()) {
    const order = item.querySelector("[data-sort-order]");
    if (order) order.value = index + 1;
  }
  list.dispatchEvent(new CustomEvent("sorted", { bubbles: true }));
}

// One place up (-1) or down (1); the focus stays where it is.
export function move(item, step) {
  const list = item.parentElement;
  const items = itemsOf(list);
  const to = items.indexOf(item) + step;
  if (!items[to]) return;
  const focused = document.activeElement;
  if (step < 0) items[to].before(item);
  else items[to].after(item);
  focused?.focus();
  settle(list);
  live.textContent = words("moved").replace("{place}", to + 1).replace("{count}", items.length);
}

document.addEventListener("keydown", (event) => {
  const handle = event.target.closest?.("[data-sortable-handle]");
  if (!handle || event.defaultPrevented || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  move(handle.closest("[data-sortable-item]"), event.key === "ArrowUp" ? -1 : 1);
});

const made = new WeakSet();

function enhance(root) {
  const lists = root.matches?.("[data-sortable]") ? [root] : root.querySelectorAll("[data-sortable]");
  for (const list of lists) {
    if (made.has(list)) continue;
    made.add(list);
    Sortable.create(list, {
      draggable: "[data-sortable-item]",
      handle: "[data-sortable-handle]",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      onEnd: (event) => event.oldIndex !== event.newIndex && settle(list),
    });
  }
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
