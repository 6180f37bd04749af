// select[data-combobox]: type to find. The select stays in the form and keeps the value; what is
// shown is an ARIA combobox. With data-combobox-url the server is asked: {"results": [{id, text, hint}]}.
import { words } from "./toasts.js";

const WAIT_MS = 180;
const MOST = 60;
let counter = 0;

export const fold = (text) =>
  text
    .toLowerCase()
    .normalize("NFD")
    .replace(/\p{M}/gu, "");

export class Combobox {
  constructor(select) {
    this.select = select;
    this.url = select.dataset.comboboxUrl;
    this.build();
    this.show();
    select.addEventListener("change", () => this.show());
    select.form?.addEventListener("reset", () => setTimeout(() => this.show()));
    select.addEventListener("focus", () => this.input.focus());
    if (select.autofocus) this.input.focus();
  }

  build() {
    const { select } = this;
    const id = select.id || `combobox-${++counter}`;
    this.box = document.createElement("div");
    this.box.className = "combobox";
    this.input = document.createElement("input");
    Object.assign(this.input, {
      className: "form-control",
      id: `${id}-search`,
      type: "text",
      autocomplete: "off",
      spellcheck: false,
      disabled: select.disabled,
    });
    this.list = document.createElement("ul");
    Object.assign(this.list, { className: "combobox-list", id: `${id}-list`, hidden: true });
    this.list.setAttribute("role", "listbox");
    const attributes = {
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
      "aria-describedby": select.getAttribute("aria-describedby"),
      "aria-invalid": select.getAttribute("aria-invalid"),
      "aria-required": select.required ? "true" : null,
      placeholder: select.dataset.placeholder,
    };
    for (const [name, value] of Object.entries(attributes)) if (value) this.input.setAttribute(name, value);
    for (const label of select.labels ?? []) label.htmlFor = this.input.id;
    if (select.getAttribute("aria-label")) {
      this.input.setAttribute("aria-label", select.getAttribute("aria-label"));
    }
    this.box.append(this.input, this.list);
    select.after(this.box);
    // Not display: none, so that the browser can point at it when a required value is missing.
    select.classList.add("visually-hidden");
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");
    this.listen();
  }

  listen() {
    this.input.addEventListener("input", () => this.search(this.input.value));
    this.input.addEventListener("click", () => this.list.hidden && this.search(""));
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => {
      // An emptied field means "none", anything half typed means "as before".
      if (this.input.value === "" && this.emptyOption) this.choose("", "");
      this.close();
      this.show();
    });
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest("li[role='option']");
      if (item) this.choose(item.dataset.value, item.dataset.text);
    });
  }

  get emptyOption() {
    return [...this.select.options].find((option) => option.value === "");
  }

  show() {
    const option = this.select.selectedOptions[0];
    this.input.value = option && option.value !== "" ? option.textContent.trim() : "";
    if (option?.value === "" && !this.select.dataset.placeholder) {
      this.input.placeholder = option.textContent.trim();
    }
  }

  async search(text) {
    clearTimeout(this.timer);
    if (!this.url) return this.offer(this.local(text));
    this.timer = setTimeout(async () => {
      const asked = (this.asked = Symbol());
      const query = new URL(this.url, location.href);
      query.searchParams.set("q", text);
      const answer = await fetch(query, { headers: { Accept: "application/json" } }).catch(() => null);
      if (this.asked !== asked) return;
      this.offer(answer?.ok ? (await answer.json()).results : []);
    }, WAIT_MS);
  }

  local(text) {
    const parts = fold(text).split(/\s+/).filter(Boolean);
    return [...this.select.options]
      .filter((option) => {
        const words = fold(`${option.textContent} ${option.dataset.hint ?? ""}`);
        return parts.every((part) => words.includes(part)) && !(parts.length && option.value === "");
      })
      .map((option) => ({
        id: option.value,
        text: option.textContent.trim(),
        hint: option.dataset.hint,
        group: option.parentElement.label,
      }));
  }

  offer(results) {
    const items = [];
    let group;
    for (const result of results.slice(0, MOST)) {
      if (result.group && result.group !== group) {
        group = result.group;
        const head = document.createElement("li");
        head.className = "combobox-group";
        head.textContent = group;
        items.push(head);
      }
      const item = document.createElement("li");
      item.id = `${this.list.id}-${items.length}`;
      item.setAttribute("role", "option");
      Object.assign(item.dataset, { value: result.id, text: result.text });
      item.textContent = result.text;
      if (result.hint) {
        const hint = document.createElement("span");
        hint.className = "combobox-hint";
        hint.textContent = result.hint;
        item.append(hint);
      }
      items.push(item);
    }
    if (!items.length) {
      const none = document.createElement("li");
      none.className = "combobox-none";
      none.textContent = words("nothingFound");
      items.push(none);
    }
    this.list.replaceChildren(...items);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    const current = this.items.findIndex((item) => item.dataset.value === this.select.value);
    this.mark(this.input.value && !this.url ? Math.max(current, 0) : 0);
  }

  get items() {
    return [...this.list.querySelectorAll("[role='option']")];
  }

  mark(index) {
    const { items } = this;
    this.at = items.length ? (index + items.length) % items.length : -1;
    for (const [i, item] of items.entries()) item.setAttribute("aria-selected", String(i === this.at));
    const item = items[this.at];
    if (!item) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  onKey(event) {
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) this.search("");
      else this.mark(this.at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      const item = this.items[this.at];
      if (item) this.choose(item.dataset.value, item.dataset.text);
    } else if (event.key === "Tab" && open && this.input.value && this.input.value !== this.shownText) {
      const item = this.items[this.at];
      if (item) this.choose(item.dataset.value, item.dataset.text);
    } else if (event.key === "Escape" && open) {
      // The dialog around it stays.
      event.preventDefault();
      event.stopPropagation();
      this.close();
      this.show();
    }
  }

  get shownText() {
    return this.select.selectedOptions[0]?.textContent.trim();
  }

  choose(value, text) {
    const { select } = this;
    if (![...select.options].some((option) => option.value === value)) {
      select.append(new Option(text, value));
    }
    const changed = select.value !== value;
    select.value = value;
    this.close();
    this.show();
    if (!changed) return;
    select.dispatchEvent(new Event("input", { bubbles: true }));
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

const made = new WeakSet();

function enhance(root) {
  const found = root.matches?.("select[data-combobox], select[data-combobox-url]")
    ? [root]
    : root.querySelectorAll("select[data-combobox], select[data-combobox-url]");
  for (const select of found) {
    if (made.has(select) || select.multiple) continue;
    made.add(select);
    new Combobox(select);
  }
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
