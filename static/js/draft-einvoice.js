// What is wrong with the draft's e-invoice stands above the form, and at the field that causes it.

const findings = document.querySelector("[data-einvoice]");

const place = (found) => {
  const field = document.getElementById(found.dataset.saidAt);
  if (!field) return;
  const note = document.createElement("p");
  note.id = `${field.id}_einvoice`;
  note.className = found.dataset.tone === "error" ? "refusal" : "form-hint";
  note.textContent = found.querySelector("[data-said]").textContent;
  document.getElementById(note.id)?.remove();
  (field.closest(".field") ?? field.parentElement).append(note);
  const described = field.getAttribute("aria-describedby")?.split(" ") ?? [];
  field.setAttribute("aria-describedby", [...new Set([...described, note.id])].join(" "));
  for (let box = field.closest("details"); box; box = box.parentElement.closest("details")) {
    box.open = true;
  }
  // Typed anew it may be right; saving the draft tells.
  field.addEventListener("input", () => note.remove(), { once: true });
};

findings?.addEventListener("htmx:afterSettle", () => {
  for (const found of findings.querySelectorAll("[data-said-at]")) place(found);
});
