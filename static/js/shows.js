// data-shows on a select: of what names values in data-shown-for, only the chosen one's is there. With
// several such selects in a form, data-shown-of names the one that is meant.
function settle(select) {
  for (const part of select.form.querySelectorAll("[data-shown-for]")) {
    if ((part.dataset.shownOf ?? select.name) !== select.name) continue;
    part.hidden = !part.dataset.shownFor.split(" ").includes(select.value);
    // What the server kept out of sight until here.
    part.removeAttribute("data-idle");
  }
}

const settleAll = (root) => root.querySelectorAll("select[data-shows]").forEach(settle);

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-shows]")) settle(event.target);
});
settleAll(document);
document.addEventListener("htmx:load", (event) => settleAll(event.detail.elt));
