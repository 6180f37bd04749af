// <details class="dropdown-panel">: a panel under a button. Escape or a click elsewhere closes it.

const open = () => document.querySelectorAll("details.dropdown-panel[open]");

document.addEventListener("click", (event) => {
  for (const panel of open()) if (!panel.contains(event.target)) panel.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const panel of open()) {
    panel.open = false;
    if (panel.contains(document.activeElement)) panel.querySelector("summary").focus();
  }
});
