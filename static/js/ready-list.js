// "Ready to invoice": names of a status on hover or tap, keys, and a filter bar that follows links.

// Names ---------------------------------------------------------------------------------------

const bubble = document.createElement("div");
bubble.className = "who-bubble";
bubble.popover = "manual";
document.body.append(bubble);
let shownFor = null;

function show(button) {
  if (shownFor === button) return;
  shownFor = button;
  bubble.replaceChildren(button.nextElementSibling.content.cloneNode(true));
  bubble.showPopover();
  const at = button.getBoundingClientRect();
  const { width, height } = bubble.getBoundingClientRect();
  const below = at.bottom + 6 + height < innerHeight || at.top < height;
  bubble.style.top = `${below ? at.bottom + 6 : at.top - height - 6}px`;
  bubble.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
}

function hide() {
  if (!shownFor) return;
  shownFor = null;
  bubble.hidePopover();
}

const whoOf = (target) => target.closest?.("[data-who]");

document.addEventListener("pointerover", (event) => {
  if (event.pointerType !== "mouse") return;
  const button = whoOf(event.target);
  if (button) show(button);
  else if (!bubble.contains(event.target)) hide();
});
document.addEventListener("focusin", (event) => {
  const button = whoOf(event.target);
  if (button?.matches(":focus-visible")) show(button);
  else hide();
});
document.addEventListener("click", (event) => {
  const button = whoOf(event.target);
  if (button) show(button);
  else hide();
});
document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
addEventListener("scroll", hide, { passive: true, capture: true });

// Keys: rows.js walks with j and k; here Space ticks, + drafts, and the arrows open and close. ----

function rowOf(target) {
  return target.closest?.("[data-ready-keys] .ready-row > tr:first-child");
}

document.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const row = rowOf(event.target);
    if (!row || event.target.matches("[data-ready-draft], [data-who], a")) return;
    const toggle = row.querySelector("[data-expand]");
    const isOpen = toggle.getAttribute("aria-expanded") === "true";
    if (event.key === " " && event.target === toggle) {
      event.preventDefault();
      row.querySelector("input[type='checkbox']")?.click();
    } else if (event.key === "+") {
      event.preventDefault();
      row.querySelector("[data-ready-draft]")?.click();
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

// A row that was swapped keeps the reader's place.
document.addEventListener("htmx:afterSwap", (event) => {
  const { elt } = event.detail;
  if (!elt.matches?.(".ready-row") || (document.activeElement !== document.body && document.activeElement)) return;
  elt.querySelector(".row-link")?.focus({ preventScroll: true });
});
