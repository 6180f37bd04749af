// [data-rate-form]: only what the chosen level names is asked for; the other fields stay away.
function refresh(form) {
  const level = form.querySelector("[data-rate-level]")?.value;
  if (level === undefined) return;
  for (const part of form.querySelectorAll("[data-for-level]")) {
    part.hidden = !part.dataset.forLevel.split(" ").includes(level);
  }
}

document.addEventListener("change", (event) => {
  const select = event.target.closest("[data-rate-level]");
  if (select) refresh(select.form);
});

function refreshAll() {
  for (const form of document.querySelectorAll("[data-rate-form]")) refresh(form);
}
document.addEventListener("htmx:load", refreshAll);
refreshAll();
