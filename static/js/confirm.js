// data-confirm on htmx elements, submit buttons, forms and links: asks in a dialog of the page.
const dialog = document.getElementById("confirm");
const sentInputs = new WeakMap();

export function ask({ title, text = "", button = "", tone = "primary", inputLabel = "" }) {
  const [no, yes] = dialog.querySelectorAll(".dialog-foot button");
  const field = dialog.querySelector("[data-confirm-field]");
  const input = field.querySelector("input");
  dialog.querySelector("#confirm-title").textContent = title;
  dialog.querySelector("#confirm-text").textContent = text;
  yes.textContent = button || yes.dataset.defaultLabel;
  yes.className = `btn btn-${tone}`;
  field.hidden = !inputLabel;
  field.querySelector("label").textContent = inputLabel;
  input.value = "";
  input.required = Boolean(inputLabel);
  const before = document.activeElement;
  dialog.returnValue = "";
  dialog.showModal();
  (inputLabel ? input : tone === "danger" ? no : yes).focus();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        before?.focus?.();
        resolve(dialog.returnValue === "yes" ? { input: input.value.trim() } : null);
      },
      { once: true },
    );
  });
}

// Enter in the reason's field would press the first button, which is Cancel.
dialog?.querySelector("form").addEventListener("submit", (event) => {
  const input = dialog.querySelector("#confirm-input");
  const typed = document.activeElement === input;
  if (event.submitter?.value !== "yes" && !typed) return;
  if (input.required && !input.value.trim()) {
    event.preventDefault();
    input.setAttribute("aria-invalid", "true");
    input.focus();
    return;
  }
  input.removeAttribute("aria-invalid");
  if (typed && event.submitter?.value !== "yes") {
    event.preventDefault();
    dialog.close("yes");
  }
});

function question(element) {
  const { confirm, confirmText, confirmButton, confirmTone, confirmInputLabel } = element.dataset;
  return {
    title: confirm,
    text: confirmText,
    button: confirmButton,
    tone: confirmTone,
    inputLabel: confirmInputLabel,
  };
}

function asker(...elements) {
  return elements.find((element) => element?.dataset?.confirm);
}

const usesHtmx = (element) =>
  Boolean(element?.closest("[hx-get],[hx-post],[hx-put],[hx-patch],[hx-delete]"));

document.addEventListener("htmx:confirm", async (event) => {
  const element = asker(event.detail.triggeringEvent?.submitter, event.detail.elt);
  if (!element) return;
  event.preventDefault();
  const answer = await ask(question(element));
  if (!answer) return;
  if (element.dataset.confirmInput) {
    sentInputs.set(event.detail.elt, [element.dataset.confirmInput, answer.input]);
  }
  event.detail.issueRequest(true);
});

document.addEventListener("htmx:configRequest", (event) => {
  const extra = sentInputs.get(event.detail.elt);
  if (!extra) return;
  event.detail.parameters[extra[0]] = extra[1];
  sentInputs.delete(event.detail.elt);
});

let agreed = null;

document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    const element = asker(event.submitter, form);
    if (!element || usesHtmx(event.submitter) || usesHtmx(form) || agreed === form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    const answer = await ask(question(element));
    if (!answer) return;
    if (element.dataset.confirmInput) {
      const hidden = document.createElement("input");
      hidden.type = "hidden";
      hidden.name = element.dataset.confirmInput;
      hidden.value = answer.input;
      form.append(hidden);
    }
    agreed = form;
    form.requestSubmit(submitter);
    agreed = null;
  },
  { capture: true },
);

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-confirm]");
  if (!link || usesHtmx(link)) return;
  event.preventDefault();
  if (await ask(question(link))) location.assign(link.href);
});
