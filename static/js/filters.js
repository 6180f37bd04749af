// The filter bar above a list: keeps the address short, and follows it when the list is sorted.

document.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters, verb } = event.detail;
  if (verb !== "get" || !elt.matches("[data-filter-bar], [data-tidy]")) return;
  for (const name of new Set([...parameters.keys()])) {
    const told = parameters.getAll(name).filter((value) => value !== "");
    parameters.delete(name);
    for (const value of told) parameters.append(name, value);
  }
});

const QUIET = new Set(["sort", "page"]);

function follow() {
  const query = new URLSearchParams(location.search);
  for (const bar of document.querySelectorAll("[data-filter-bar]")) {
    let sort = bar.querySelector("input[name='sort']");
    if (query.has("sort")) {
      if (!sort) {
        sort = document.createElement("input");
        sort.type = "hidden";
        sort.name = "sort";
        bar.append(sort);
      }
      sort.value = query.get("sort");
    } else sort?.remove();
    if (!bar.querySelector("select[name='group']")) {
      for (const kept of bar.querySelectorAll("[data-kept]")) kept.remove();
      for (const value of query.getAll("group")) {
        const kept = Object.assign(document.createElement("input"), { type: "hidden", name: "group", value });
        kept.dataset.kept = "";
        bar.append(kept);
      }
    }
    const reset = bar.querySelector("[data-filter-reset]");
    if (reset) reset.hidden = ![...query.keys()].some((key) => !QUIET.has(key));
  }
}

document.addEventListener("htmx:pushedIntoHistory", follow);

function followSeveral(field, values) {
  for (const option of field.options) option.selected = values.includes(option.value);
  field.dispatchEvent(new Event("follow"));
}

// Links above the list (its period, its shares) change what the bar says as well.
function followAddress() {
  const query = new URLSearchParams(location.search);
  for (const field of document.querySelector("[data-filter-bar]")?.elements ?? []) {
    let value = query.get(field.name) ?? "";
    // A choice that is never empty: what is not asked for is its first.
    if (!value && field.options?.length && ![...field.options].some((option) => !option.value)) {
      value = field.options[0].value;
    }
    if (!field.name || field === document.activeElement) continue;
    if (field.multiple) {
      followSeveral(field, query.getAll(field.name));
      continue;
    }
    if (field.value === value) continue;
    // Without a day the server has filled in the usual period.
    if (field.type === "date" && !value) continue;
    field.value = value;
  }
}
document.addEventListener("htmx:pushedIntoHistory", followAddress);

// On a telephone the bar would fill the screen before the first row: a button with data-fold opens it.
const folder = document.querySelector("[data-fold]");

function fold(folded) {
  document.querySelector("main").classList.toggle(folder.dataset.fold, folded);
  folder.setAttribute("aria-expanded", String(!folded));
}

if (folder) fold(true);
folder?.addEventListener("click", () => fold(folder.getAttribute("aria-expanded") === "true"));

// Ctrl-click, Shift-click and the like open a new tab or window also on links that htmx serves.
document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest("a[href][hx-get]");
    if (link && (event.ctrlKey || event.metaKey || event.shiftKey)) event.stopImmediatePropagation();
  },
  { capture: true },
);
