// The form of a draft around its lines: dates follow one another until changed by hand, parties
// follow the customer, and hours taken off in a dialog are brought into the form.
import { ask } from "./confirm.js";
import { byName, fieldOf, form, isUntouched, lines, recount, remember, totals } from "./document-lines.js";
import { isDirty, markSaved } from "./unsaved.js";

// Dates -----------------------------------------------------------------------------------------

function plusDays(day, days) {
  if (!day) return "";
  const date = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9000) return "";
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

const termDays = () => Number(document.getElementById("draft-parties").dataset.termDays);
const followers = {
  due_date: () => plusDays(byName("issue_date").value, termDays()),
  tax_point: () => byName("service_end_date").value || byName("issue_date").value,
};
const follows = {};
for (const [name, wanted] of Object.entries(followers)) {
  const field = byName(name);
  follows[name] = !field.value || field.value === wanted();
  field.addEventListener("change", () => {
    follows[name] = !field.value || field.value === wanted();
  });
}

function followDates() {
  for (const [name, wanted] of Object.entries(followers)) {
    if (follows[name] && wanted()) byName(name).value = wanted();
  }
}

for (const name of ["issue_date", "service_end_date"]) {
  byName(name).addEventListener("input", followDates);
}

// Another customer ------------------------------------------------------------------------------

form.addEventListener("change", (event) => {
  if (event.target.name !== "customer" || !event.target.value) return;
  const query = new URLSearchParams({ customer: event.target.value });
  window.htmx.ajax("GET", `${form.dataset.partiesUrl}?${query}`, {
    source: totals,
    target: "#draft-parties",
    swap: "outerHTML",
  });
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "draft-parties") return;
  const { currency, defaultRate, defaultAccount } = document.getElementById("draft-parties").dataset;
  byName("currency").value = currency;
  const untouched = lines().filter(isUntouched);
  const pattern = form.querySelector("template[data-line-pattern='item']")?.content.firstElementChild;
  for (const line of [...untouched, ...(pattern ? [pattern] : [])]) {
    const rate = fieldOf(line, "tax_rate");
    if (!rate || !defaultRate) continue;
    for (const option of rate.options) option.toggleAttribute("selected", option.value === defaultRate);
    rate.value = defaultRate;
    fieldOf(line, "account").setAttribute("value", defaultAccount);
    fieldOf(line, "account").value = defaultAccount;
  }
  followDates();
  recount();
  byName("project").focus();
});

// Hours taken off or put on in the dialog ---------------------------------------------------------

let hoursChanged = false;
document.addEventListener("draft:changed", () => {
  hoursChanged = true;
});
document.getElementById("dialog").addEventListener("close", () => {
  if (!hoursChanged) return;
  hoursChanged = false;
  remember();
  if (!isDirty(form)) return location.assign(form.dataset.editUrl);
  // What is typed comes back together with what the hours made of the lines.
  const merge = document.createElement("input");
  Object.assign(merge, { type: "hidden", name: "do", value: "merge" });
  form.append(merge);
  form.requestSubmit(form.querySelector("[data-submit]"));
});

// Leaving for what somebody else saved ------------------------------------------------------------

document.querySelector("[data-discard-typed]")?.addEventListener("click", async (event) => {
  event.preventDefault();
  const link = event.currentTarget;
  const { title, text, button } = link.dataset;
  if (!(await ask({ title, text, button, tone: "danger" }))) return;
  markSaved(form);
  location.assign(link.href);
});
