// The filter bar above a list: keeps the address short, and follows it when the list is sorted.

document.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters, verb } = event.detail;
  if (verb !== "get" || !elt.matches("[data-filter-bar]")) return;
  for (const [name, value] of [...parameters.entries()]) if (value === "") parameters.delete(name);
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
    const reset = bar.querySelector("[data-filter-reset]");
    if (reset) reset.hidden = ![...query.keys()].some((key) => !QUIET.has(key));
  }
}

document.addEventListener("htmx:pushedIntoHistory", follow);

// Ctrl-click, Shift-click and the like open a new tab or window also on links that htmx serves.
document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest("a[href][hx-get]");
    if (link && (event.ctrlKey || event.metaKey || event.shiftKey)) event.stopImmediatePropagation();
  },
  { capture: true },
);
