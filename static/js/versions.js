// The form of a head whose lines are saved by themselves: one made from the version before such a
// saving is now one of the version after it. Made from any other it stays as old as it is.
import { isDirty, markSaved } from "./unsaved.js";

function follow(event) {
  const form = document.querySelector("form[data-versioned]");
  const version = form?.elements.namedItem("version");
  if (!version || version.value !== String(event.detail.from)) return;
  const wasDirty = isDirty(form);
  version.value = event.detail.to;
  if (!wasDirty) markSaved(form);
}

for (const name of ["draft:line", "credit:line"]) document.addEventListener(name, follow);
