// Small things: copy buttons, text areas that grow, the first wrong field, htmx and CSRF.
import { csrfToken } from "./csrf.js";
import { toast, words } from "./toasts.js";

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  toast(words("copied"), "success");
});

const fits = (area) => {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
};
document.addEventListener("input", (event) => {
  if (event.target.matches("textarea[data-autosize]")) fits(event.target);
});

function onLoad(root) {
  for (const area of root.querySelectorAll("textarea[data-autosize]")) fits(area);
  if (root.querySelector("[data-focus-first-error]")) {
    const wrong = root.querySelector("[aria-invalid='true']");
    (wrong?.matches("select.visually-hidden") ? wrong.nextElementSibling.firstElementChild : wrong)?.focus();
  }
}

onLoad(document);
document.addEventListener("htmx:load", (event) => onLoad(event.detail.elt));
