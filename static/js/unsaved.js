// data-guard-unsaved on a form: leaving the page, or closing its dialog, asks when something in it
// was changed. data-guard-unsaved="dirty" says that it was changed already (a refused form).
// Requests of what is inside data-guard-ignore save nothing of the form.
import { ask } from "./confirm.js";
import { words } from "./toasts.js";

const GUARDED = "form[data-guard-unsaved]";
const states = new WeakMap();
let leaving = false;

function snapshot(form) {
  const values = [];
  for (const [name, value] of new FormData(form)) {
    if (name === "csrfmiddlewaretoken") continue;
    values.push([name, value instanceof File ? `${value.name}/${value.size}` : value]);
  }
  return JSON.stringify(values);
}

export function isDirty(form) {
  if (form.dataset.guardUnsaved === "dirty") return true;
  const state = states.get(form);
  return state !== undefined && state !== snapshot(form);
}

export function markSaved(form) {
  form.dataset.guardUnsaved = "";
  states.set(form, snapshot(form));
}

export async function mayLeave(root) {
  const dirty = [...root.querySelectorAll(GUARDED)].some(isDirty);
  if (!dirty) return true;
  return Boolean(
    await ask({
      title: words("leave"),
      text: words("leaveText"),
      button: words("leaveButton"),
      tone: "danger",
    }),
  );
}

function watch(root) {
  const forms = root.matches?.(GUARDED) ? [root] : root.querySelectorAll(GUARDED);
  for (const form of forms) if (!states.has(form)) states.set(form, snapshot(form));
}

watch(document);
document.addEventListener("htmx:load", (event) => watch(event.detail.elt));

document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) leaving = true;
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest?.(GUARDED);
  if (event.detail.elt.closest?.("[data-guard-ignore]")) return;
  if (form && event.detail.successful && event.detail.requestConfig.verb !== "get") markSaved(form);
});
// Back from the browser's cache: what was submitted then is not what is submitted now.
addEventListener("pageshow", () => {
  leaving = false;
});
addEventListener("beforeunload", (event) => {
  if (leaving) return;
  if ([...document.querySelectorAll(GUARDED)].some(isDirty)) event.preventDefault();
});
