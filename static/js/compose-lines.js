// Hours to invoice, the lines: placeholders by click.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-placeholder-text]");
  if (!button) return;
  const field = document.getElementById(button.dataset.placeholderInto);
  field.setRangeText(button.dataset.placeholderText, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
