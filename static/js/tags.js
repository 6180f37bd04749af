// select[multiple][data-tags]: several of a list as chips; typed to find, Enter or a comma takes one,
// Backspace takes the last one off. With data-tags-new what is typed can be a new one.
import { Combobox, fold } from "./combobox.js";
import { words } from "./toasts.js";

const NEW = "new:";

class TagInput extends Combobox {
  build() {
    super.build();
    this.box.classList.add("tag-input");
    this.chips = document.createElement("span");
    this.chips.className = "tag-list";
    this.box.prepend(this.chips);
    // Leaving the field would draw the chips anew, under the pointer that presses one of them.
    this.box.addEventListener("pointerdown", (event) => {
      if (event.target === this.input) return;
      event.preventDefault();
      if (event.target === this.box || event.target === this.chips) this.input.focus();
    });
    this.chips.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.drop(button.dataset.value);
    });
    // The address has changed and the filter bar follows it: nobody chose anything.
    this.select.addEventListener("follow", () => this.show());
  }

  get chosen() {
    return [...this.select.selectedOptions];
  }

  show() {
    this.chips.replaceChildren(...this.chosen.map((option) => this.chip(option)));
    this.chips.hidden = !this.chosen.length;
    this.input.placeholder = this.chosen.length ? "" : (this.select.dataset.placeholder ?? "");
    this.input.value = "";
  }

  chip(option) {
    const name = option.textContent.trim();
    const chip = document.createElement("span");
    chip.className = `tag tag-chip ${option.dataset.colour ? `tag-${option.dataset.colour}` : ""}`;
    const text = document.createElement("span");
    text.textContent = name;
    const button = document.createElement("button");
    Object.assign(button, { type: "button", tabIndex: -1, textContent: "×" });
    button.dataset.value = option.value;
    button.setAttribute("aria-label", words("removeTag").replace("{name}", name));
    chip.append(text, button);
    return chip;
  }

  listen() {
    super.listen();
    // Whoever goes on has meant what is written out, or the new one.
    this.input.addEventListener("blur", () => {
      const typed = fold(this.typed ?? "");
      const item = this.items.find((one) => fold(one.dataset.text) === typed);
      if (typed && item) this.add(item.dataset.value, item.dataset.text);
      this.typed = "";
    }, { capture: true });
  }

  local(text) {
    const colours = new Map([...this.select.options].map((one) => [one.value, one.dataset.colour]));
    return super.local(text).map((result) => ({ ...result, colour: colours.get(result.id) }));
  }

  // At once among those of the page; where there are more, the server's follow.
  search(text) {
    this.typed = text.trim();
    this.offer(this.local(text));
    if (this.url) super.search(text);
  }

  offer(results) {
    const taken = new Set(this.chosen.map((option) => fold(option.textContent.trim())));
    const left = results.filter((result) => !taken.has(fold(result.text)));
    const label = this.select.dataset.tagsNew;
    const typed = this.typed ?? "";
    const known = taken.has(fold(typed)) || results.some((result) => fold(result.text) === fold(typed));
    this.colours = new Map(left.map((result) => [result.id, result.colour]));
    if (label && typed && !known) left.push({ id: NEW + typed, text: typed, hint: label });
    super.offer(left);
  }

  onKey(event) {
    const open = !this.list.hidden;
    const item = open ? this.items[this.at] : null;
    if (event.key === "Backspace" && !this.input.value && this.chosen.length) {
      this.drop(this.chosen.at(-1).value);
    } else if (event.key === "," && item && this.typed) {
      event.preventDefault();
      this.choose(item.dataset.value, item.dataset.text);
    } else if (event.key === "Tab") {
      if (item && this.typed) this.add(item.dataset.value, item.dataset.text);
    } else super.onKey(event);
  }

  choose(value, text) {
    this.add(value, text);
    this.input.focus();
  }

  add(value, text) {
    const { select } = this;
    let option = [...select.options].find((one) => one.value === value);
    if (!option) {
      option = new Option(text, value);
      const colour = this.colours?.get(value);
      if (colour) option.dataset.colour = colour;
      select.append(option);
    }
    option.selected = true;
    this.tell();
  }

  drop(value) {
    for (const option of this.chosen) if (option.value === value) option.selected = false;
    this.tell();
    this.input.focus();
  }

  tell() {
    this.typed = "";
    clearTimeout(this.timer);
    this.asked = null;
    this.close();
    this.select.dispatchEvent(new Event("input", { bubbles: true }));
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

const made = new WeakSet();

function enhance(root) {
  const found = root.matches?.("select[data-tags]") ? [root] : root.querySelectorAll("select[data-tags]");
  for (const select of found) {
    if (made.has(select)) continue;
    made.add(select);
    new TagInput(select);
  }
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
