// The paper beside the form of a draft: made anew whenever typing pauses. Whether it is open is
// remembered on this device.
const WAIT_MS = 900;
const MEMORY = "draft-paper";
const form = document.getElementById("draft-form");
const paper = document.getElementById("draft-paper");
const toggle = document.querySelector("[data-paper-toggle]");

let timer;
const ask = () => window.htmx.trigger(paper, "paper");

function soon() {
  if (paper.hidden) return;
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT_MS);
}

function show(open) {
  paper.hidden = !open;
  toggle.setAttribute("aria-expanded", String(open));
  toggle.classList.toggle("active", open);
  localStorage.setItem(MEMORY, open ? "open" : "");
  if (open) ask();
}

if (paper && toggle) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => show(paper.hidden));
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  // Lines that come, go or move are followed by their sums.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "draft-totals") soon();
  });
  if (localStorage.getItem(MEMORY)) window.addEventListener("load", () => show(true));
}
