// [data-number-format]: [data-insert-token] puts a token where its cursor is, [data-use-format] a repair.
const field = () => document.querySelector("[data-number-format]");

function changed(input) {
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const input = field();
  if (!input) return;
  const token = event.target.closest("[data-insert-token]");
  if (token) {
    // Without a cursor in it so far: at the end.
    const { selectionStart, selectionEnd } = input;
    input.setRangeText(token.dataset.insertToken, selectionStart, selectionEnd, "end");
    input.focus();
    changed(input);
  }
  const repair = event.target.closest("[data-use-format]");
  if (repair) {
    event.preventDefault();
    input.value = repair.value;
    input.focus();
    changed(input);
  }
});
