// #dialog shows what htmx swaps into it; any <dialog> opens by data-open-dialog and closes by
// data-dialog-close, Escape, or a click on its backdrop.
import { mayLeave } from "./unsaved.js";

const dialog = document.getElementById("dialog");

async function close(element) {
  if (await mayLeave(element)) element.close();
}

// The list behind has filters of the same names, and a label leads to the first field of its id.
function tellApart(content) {
  for (const element of content.querySelectorAll("[id^='id_']")) {
    const { id } = element;
    if (document.getElementById(id) === element) continue;
    element.id = `dialog_${id}`;
    for (const name of ["for", "aria-describedby", "aria-labelledby", "aria-controls", "list"]) {
      for (const other of content.querySelectorAll(`[${name}~='${id}']`)) {
        const ids = other.getAttribute(name).split(/\s+/);
        other.setAttribute(name, ids.map((one) => (one === id ? element.id : one)).join(" "));
      }
    }
  }
}

// Before htmx:load, with which fields get their behaviour.
document.addEventListener("htmx:afterSwap", (event) => {
  if (dialog?.contains(event.detail.target)) tellApart(dialog);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== dialog || !dialog.childElementCount) return;
  if (!dialog.open) dialog.showModal();
  const wanted = dialog.querySelector(
    "[autofocus], [aria-invalid='true'], .dialog-body :is(input:not([type='hidden']), select, textarea)",
  );
  wanted?.focus();
});

document.addEventListener("dialog:close", () => dialog.open && dialog.close());

dialog?.addEventListener("close", () => {
  // Closing is also how the messages' region leaves a dialog it was moved into.
  const region = dialog.querySelector("#toasts");
  if (region) document.body.append(region);
  dialog.replaceChildren();
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) return document.getElementById(opener.dataset.openDialog)?.showModal();
  const closer = event.target.closest("[data-dialog-close]");
  const around = closer?.closest("dialog");
  if (around) {
    event.preventDefault();
    return close(around);
  }
});

// The press has to begin on the backdrop: selecting text and letting go outside is no wish to close.
let pressedOn = null;
document.addEventListener("pointerdown", (event) => {
  pressedOn = event.target;
});
for (const element of document.querySelectorAll("dialog")) {
  element.addEventListener("click", (event) => {
    if (event.target !== element || pressedOn !== element || event.detail === 0) return;
    const box = element.getBoundingClientRect();
    const inside =
      event.clientX >= box.left &&
      event.clientX <= box.right &&
      event.clientY >= box.top &&
      event.clientY <= box.bottom;
    if (!inside) close(element);
  });
  element.addEventListener("cancel", (event) => {
    if (event.target !== element) return;
    event.preventDefault();
    close(element);
  });
}
