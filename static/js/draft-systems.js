// Fields of accounting systems that stand for one of the draft's own: chosen there, written here,
// so that both say the same.

const form = document.getElementById("draft-form");
const own = (name) => form?.elements.namedItem(name);
const DAY = 24 * 60 * 60 * 1000;

const dayOf = (text) => Date.parse(`${text}T00:00:00Z`);

const term = {
  read() {
    const days = (dayOf(own("due_date").value) - dayOf(own("issue_date").value)) / DAY;
    return Number.isNaN(days) ? "" : String(days);
  },
  write(days) {
    const issued = dayOf(own("issue_date").value);
    if (Number.isNaN(issued)) return;
    put("due_date", new Date(issued + Number(days) * DAY).toISOString().slice(0, 10));
  },
};

function put(name, value) {
  const field = own(name);
  if (!field || field.value === value) return;
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("change", (event) => {
  const { fills } = event.target.dataset ?? {};
  if (!fills || !form) return;
  // What the draft itself keeps is not sent to the system's choices.
  event.stopPropagation();
  if (!event.target.value) return;
  if (fills === "payment_term_days") term.write(event.target.value);
  else put(fills, event.target.value);
}, true);

document.addEventListener("htmx:afterSettle", (event) => {
  if (!form) return;
  const scope = event.target.parentElement ?? document;
  for (const field of scope.querySelectorAll("[data-fills]")) {
    const value = field.dataset.fills === "payment_term_days" ? term.read() : own(field.dataset.fills)?.value;
    if (field.tagName === "SELECT" && [...field.options].some((one) => one.value === value)) field.value = value;
  }
});
