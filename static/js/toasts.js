// Messages: those the server printed into the page, those it sent with an htmx answer
// (HX-Trigger: toasts), and our own for requests that failed.
const region = document.getElementById("toasts");
const STAYS = new Set(["error", "warning"]);
const SECONDS = 6;

export function words(name) {
  return region?.dataset[name] ?? "";
}

function dress(note, tone) {
  const icon = document
    .querySelector("[data-toast-icons]")
    ?.content.querySelector(`[data-tone="${tone}"]`);
  if (icon) note.prepend(icon.firstElementChild.cloneNode(true));
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.setAttribute("aria-label", words("closeLabel"));
  close.addEventListener("click", () => note.remove());
  note.append(close);
  if (STAYS.has(tone)) return;
  let timer = setTimeout(() => note.remove(), SECONDS * 1000);
  note.addEventListener("pointerenter", () => clearTimeout(timer));
  note.addEventListener("pointerleave", () => {
    timer = setTimeout(() => note.remove(), SECONDS * 1000);
  });
}

export function toast(text, tone = "info") {
  if (!region || !text) return;
  for (const shown of region.querySelectorAll("[data-toast]")) {
    if (shown.dataset.text === text) shown.remove();
  }
  const note = document.createElement("div");
  note.className = `toast-note toast-${tone}`;
  note.dataset.toast = "";
  note.dataset.text = text;
  note.setAttribute("role", tone === "error" ? "alert" : "status");
  const span = document.createElement("span");
  span.textContent = text;
  note.append(span);
  dress(note, tone);
  region.append(note);
  // A modal dialog covers everything outside it, messages included.
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  (dialog ?? document.body).append(region);
}

function tell({ toasts }) {
  for (const { tone, text } of toasts) toast(text, tone);
}

for (const note of region?.querySelectorAll("[data-toast]") ?? []) {
  const tone = [...note.classList].find((name) => name !== "toast-note")?.slice("toast-".length);
  const span = document.createElement("span");
  span.append(...note.childNodes);
  note.append(span);
  dress(note, tone);
}

document.addEventListener("toasts", (event) => tell(event.detail));

const FAILURES = { 403: "forbidden", 404: "missing", 429: "busy" };
document.addEventListener("htmx:responseError", (event) => {
  toast(words(FAILURES[event.detail.xhr.status] ?? "broken"), "error");
});
document.addEventListener("htmx:sendError", () => toast(words("offline"), "error"));
document.addEventListener("htmx:timeout", () => toast(words("offline"), "error"));
