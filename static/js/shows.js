// data-shows on a select: of what names values in data-shown-for, only the chosen one's is there.
function settle(select) {
  for (const part of select.form.querySelectorAll("[data-shown-for]")) {
    part.hidden = !part.dataset.shownFor.split(" ").includes(select.value);
  }
}

const settleAll = (root) => root.querySelectorAll("select[data-shows]").forEach(settle);

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-shows]")) settle(event.target);
});
settleAll(document);
document.addEventListener("htmx:load", (event) => settleAll(event.detail.elt));
