// Beside a typed payment: by how much it differs from what is open, and what becomes of that.
import { amountIn, written } from "./amounts.js";

function tell(form) {
  const difference = amountIn(form.elements.amount.value) - Number(form.dataset.pay);
  const known = Number.isFinite(difference);
  const more = form.querySelector("[data-pay-more]");
  const less = form.querySelector("[data-pay-less]");
  more.hidden = !(known && difference > 0.0001);
  less.hidden = known && difference > -0.0001;
  less.querySelector("[data-pay-rest]").hidden = less.hidden || !known;
  if (less.hidden) form.elements.closes.value = "";
  if (!known) return;
  for (const place of form.querySelectorAll("[data-pay-amount]")) {
    place.textContent = written(Math.abs(difference), form.dataset.currency);
  }
}

const tellAll = (root) => root.querySelectorAll("form[data-pay]").forEach(tell);

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-pay]");
  if (form && event.target.name === "amount") tell(form);
});
tellAll(document);
document.addEventListener("htmx:load", (event) => tellAll(event.detail.elt));
