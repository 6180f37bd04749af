// Beside a typed payment: by how much it differs from what is open, and what becomes of that.
const read = (text) => {
  const plain = text.replace(/[\s'\u00a0\u202f]/gu, "");
  const mark = Math.max(plain.lastIndexOf(","), plain.lastIndexOf("."));
  if (mark < 0) return Number(plain || "NaN");
  return Number(`${plain.slice(0, mark).replace(/[.,]/g, "")}.${plain.slice(mark + 1)}`);
};

function tell(form) {
  const difference = read(form.elements.amount.value) - Number(form.dataset.pay);
  const known = Number.isFinite(difference);
  const more = form.querySelector("[data-pay-more]");
  const less = form.querySelector("[data-pay-less]");
  more.hidden = !(known && difference > 0.0001);
  less.hidden = known && difference > -0.0001;
  less.querySelector("[data-pay-rest]").hidden = less.hidden || !known;
  if (less.hidden) form.elements.closes.value = "";
  if (!known) return;
  const format = new Intl.NumberFormat(document.documentElement.lang || undefined, {
    style: "currency",
    currency: form.dataset.currency,
  });
  for (const place of form.querySelectorAll("[data-pay-amount]")) {
    place.textContent = format.format(Math.abs(difference));
  }
}

const tellAll = (root) => root.querySelectorAll("form[data-pay]").forEach(tell);

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-pay]");
  if (form && event.target.name === "amount") tell(form);
});
tellAll(document);
document.addEventListener("htmx:load", (event) => tellAll(event.detail.elt));
