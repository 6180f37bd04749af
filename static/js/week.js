// The week grid: moves as in a spreadsheet, adds up while typing, saves as one goes.
import { readMinutes, showMinutes } from "./durations.js";
import { toast, words as say } from "./toasts.js";
import { Saver } from "./week-saving.js";

const grid = () => document.getElementById("week");
const words = (name) => grid().dataset[`words${name[0].toUpperCase()}${name.slice(1)}`];
const cellsIn = (root) => [...root.querySelectorAll("[data-cell]")];
const isShown = (element) => element.getClientRects().length > 0;
const rowOf = (element) => element.closest("tr");
const boxOf = (cell) => cell.closest("td");
const undone = [];

// Sums -----------------------------------------------------------------------------------------

function minutesOf(cell) {
  if (!("editable" in cell.dataset)) return Number(cell.dataset.minutes);
  return readMinutes(cell.value) ?? 0;
}

function show(place, minutes) {
  place.textContent = minutes ? showMinutes(minutes) : "–";
}

function addUp() {
  const days = [0, 0, 0, 0, 0, 0, 0];
  for (const row of grid().querySelectorAll(".week-row")) {
    let sum = 0;
    for (const cell of cellsIn(row)) {
      const minutes = minutesOf(cell);
      sum += minutes;
      days[Number(boxOf(cell).dataset.column)] += minutes;
    }
    show(row.querySelector("[data-row-sum]"), sum);
    row.querySelector("[data-remove-row]").hidden = sum > 0 || hasText(row);
  }
  for (const place of grid().querySelectorAll("[data-day-sum]")) {
    const minutes = days[Number(place.dataset.daySum)];
    show(place, minutes);
    place.classList.toggle("is-too-much", minutes > 1440);
  }
  const whole = grid().querySelector("[data-week-sum]");
  whole.textContent = showMinutes(days.reduce((sum, minutes) => sum + minutes, 0));
}

const hasText = (row) => cellsIn(row).some((cell) => cell.value?.trim());

// Saving ---------------------------------------------------------------------------------------

const keyOf = (cell) => cell.name;
const cellOf = (key) => grid().querySelector(`input[name="${key}"]`);

const saver = new Saver({
  onState({ isBusy, failed, trouble }) {
    const state = grid().querySelector("[data-week-state]");
    const parts = [];
    if (trouble) parts.push(words(trouble));
    else if (isBusy) parts.push(words("saving"));
    if (failed) {
      // Enter has left the cell by now, and its own sentence with it.
      const why = grid().querySelector(".week-cell.is-failed .week-error")?.textContent;
      parts.push(words("failed").replace("{count}", failed) + (why ? `: ${why}` : ""));
    }
    state.textContent = parts.join(" ") || words("saved");
    state.classList.toggle("is-failed", Boolean(failed || trouble));
    state.classList.toggle("is-saved", !parts.length);
  },
  onSaved(key, answer) {
    if (key.startsWith("billable-")) return paintBillable(rowByPlace(key.slice(9)), answer.billable);
    const cell = cellOf(key);
    if (!cell) return;
    const isAsSent = cell.dataset.sent === cell.value;
    accept(cell, answer);
    if (isAsSent) {
      cell.value = cell.dataset.sent = answer.text;
      // A new value loses the selection, and typing would add to it instead of replacing it.
      if (document.activeElement === cell && isUntouched(cell)) cell.select();
    }
    refuse(cell, "");
    flash(cell);
    addUp();
    // Typed over while the answer was on its way.
    if (!isAsSent && document.activeElement !== cell && isChanged(cell)) save(cell);
  },
  onRefused(key, answer, status) {
    const sentence = answer.error || say(status === 403 ? "forbidden" : "missing");
    if (key.startsWith("billable-")) {
      saver.failed.delete(key);
      saver.tell();
      return toast(sentence, "error");
    }
    const cell = cellOf(key);
    if (!cell) return;
    if (status === 409) accept(cell, answer);
    refuse(cell, sentence);
  },
});

function accept(cell, answer) {
  Object.assign(cell.dataset, {
    saved: answer.text,
    minutes: answer.minutes,
    entry: answer.entry ?? "",
    note: answer.note || (answer.entry ? "" : cell.dataset.note),
  });
  const shown = grid().querySelector(`input[name="${cell.name.replace("hours-", "shown-")}"]`);
  if (shown) shown.value = `${cell.dataset.entry}/${answer.minutes}`;
  paintNote(cell);
}

function paintNote(cell) {
  const note = cell.dataset.entry ? cell.dataset.note : "";
  boxOf(cell).classList.toggle("has-note", Boolean(note));
  if (note) cell.title = note;
  else cell.removeAttribute("title");
}

function refuse(cell, sentence) {
  const place = boxOf(cell).querySelector(".week-error");
  boxOf(cell).classList.toggle("is-failed", Boolean(sentence));
  place.textContent = sentence;
  place.hidden = !sentence;
  if (sentence) {
    cell.setAttribute("aria-invalid", "true");
    cell.setAttribute("aria-describedby", place.id);
  } else {
    cell.removeAttribute("aria-invalid");
    cell.removeAttribute("aria-describedby");
  }
}

function flash(cell) {
  boxOf(cell).classList.add("was-saved");
  setTimeout(() => boxOf(cell)?.classList.remove("was-saved"), 900);
}

function save(cell, more = {}) {
  const { place, billable } = rowOf(cell).dataset;
  cell.dataset.sent = cell.value;
  saver.add(keyOf(cell), grid().dataset.cellUrl, {
    ...more,
    person: grid().dataset.person,
    place,
    day: boxOf(cell).dataset.day,
    hours: cell.value,
    // Looked up when it is sent: the answer before this one may have changed it.
    build({ build, ...fields }) {
      const now = cellOf(keyOf(cell)) ?? cell;
      const isNew = !now.dataset.entry;
      return {
        ...fields,
        shown: `${now.dataset.entry}/${now.dataset.minutes}`,
        note: fields.note ?? (isNew && now.dataset.note ? now.dataset.note : undefined),
        billable: isNew && billable !== "mixed" ? billable : undefined,
      };
    },
  });
}

const isChanged = (cell) => cell.value.trim() !== cell.dataset.saved;

function leave(cell) {
  const minutes = readMinutes(cell.value);
  if (minutes !== null && minutes > 0 && showMinutes(minutes) === cell.dataset.saved) {
    cell.value = cell.dataset.saved;
    if (!saver.waiting.has(keyOf(cell))) saver.forget(keyOf(cell));
    return refuse(cell, "");
  }
  if (!isChanged(cell)) {
    if (cell.getAttribute("aria-invalid")) {
      saver.forget(keyOf(cell));
      refuse(cell, "");
    }
    return;
  }
  if (cell.value === cell.dataset.sent && (cell.getAttribute("aria-invalid") || saver.isBusy)) return;
  undone.push({ key: keyOf(cell), text: cell.dataset.saved });
  save(cell);
}

function undo() {
  const step = undone.pop();
  const cell = step && cellOf(step.key);
  if (!cell) return;
  cell.value = step.text;
  cell.focus();
  cell.select();
  addUp();
  if (isChanged(cell) || cell.getAttribute("aria-invalid")) save(cell);
}

// Moving ---------------------------------------------------------------------------------------

function go(cell, down, right) {
  const rows = [...grid().querySelectorAll(".week-row")];
  const columns = cellsIn(rowOf(cell)).filter(isShown);
  const at = [rows.indexOf(rowOf(cell)) + down, columns.indexOf(cell) + right];
  const row = rows[at[0]];
  if (!row) {
    if (down > 0) grid().querySelector("[data-week-add] input")?.focus();
    return;
  }
  focusOn(cellsIn(row).filter(isShown)[at[1]]);
}

function focusOn(cell) {
  if (!cell) return;
  cell.focus();
  cell.select?.();
}

// As in a spreadsheet: arrows leave the cell, unless a second click has put the caret into its text.
const holdsCaret = (cell) => cell.dataset.caret === "true";

const isUntouched = (cell) => !("editable" in cell.dataset) || cell.dataset.typing !== "true";

const KEYS = {
  ArrowUp: (cell) => go(cell, -1, 0),
  ArrowDown: (cell) => go(cell, 1, 0),
  ArrowLeft: (cell) => !holdsCaret(cell) && go(cell, 0, -1),
  ArrowRight: (cell) => !holdsCaret(cell) && go(cell, 0, 1),
  PageUp: (cell) => turnTo("[data-week-before]", cell),
  PageDown: (cell) => turnTo("[data-week-after]", cell),
  F2: (cell) => openNote(cell),
  Escape: (cell) => restore(cell),
};

function turnTo(link, cell) {
  cell.blur();
  grid().querySelector(link).click();
}

function restore(cell) {
  if (!("editable" in cell.dataset)) return false;
  if (!isChanged(cell) && !cell.getAttribute("aria-invalid")) return false;
  cell.value = cell.dataset.saved;
  cell.dataset.typing = "";
  saver.forget(keyOf(cell));
  refuse(cell, "");
  cell.select();
  addUp();
}

function onKey(event) {
  const cell = event.target.closest("[data-cell]");
  if (!cell || event.isComposing) return;
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && (event.key.toLowerCase() === "s" || event.key === "Enter")) {
    event.preventDefault();
    if ("editable" in cell.dataset) leave(cell);
    return saver.flush();
  }
  if (isCommand && event.key.toLowerCase() === "z" && isUntouched(cell)) {
    event.preventDefault();
    return undo();
  }
  if (isCommand || event.altKey) return;
  if (event.key === "Enter") {
    // A link opens what is behind it.
    if (cell.matches("a")) return;
    event.preventDefault();
    return go(cell, event.shiftKey ? -1 : 1, 0);
  }
  if (isUntouched(cell) && event.key === "n") {
    event.preventDefault();
    return openNote(cell);
  }
  if (isUntouched(cell) && event.key === "a") {
    event.preventDefault();
    return grid().querySelector("[data-week-add] input")?.focus();
  }
  const move = KEYS[event.key];
  if (move && !(event.shiftKey && event.key.startsWith("Arrow")) && move(cell) !== false) event.preventDefault();
}

// Notes ----------------------------------------------------------------------------------------

const dialog = document.getElementById("week-note");
let noted = null;

function openNote(cell) {
  if (!("editable" in cell.dataset)) return void cell.click();
  noted = keyOf(cell);
  dialog.querySelector("#week-note-title").textContent = cell.getAttribute("aria-label");
  dialog.querySelector("[data-note-place]").textContent = cell.value || "–";
  dialog.querySelector("textarea").value = cell.dataset.note;
  const more = dialog.querySelector("[data-note-more]");
  more.hidden = !cell.dataset.entry;
  more.href = boxOf(cell).dataset.openUrl;
  dialog.showModal();
  dialog.querySelector("textarea").focus();
}

dialog?.querySelector("[data-week-note]").addEventListener("submit", () => {
  const cell = cellOf(noted);
  const note = dialog.querySelector("textarea").value.trim();
  if (!cell || note === cell.dataset.note) return;
  cell.dataset.note = note;
  // Without hours there is nothing yet to note it on; it goes along with them.
  if (readMinutes(cell.value)) save(cell, { note });
  else boxOf(cell).classList.toggle("has-note", Boolean(note));
});
dialog?.addEventListener("close", () => focusOn(cellOf(noted)));
dialog?.querySelector("[data-note-more]").addEventListener("click", async (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const { href } = event.currentTarget;
  dialog.close();
  await saver.flush();
  window.htmx.ajax("GET", href, { target: "#dialog", swap: "innerHTML" });
});

// Rows -----------------------------------------------------------------------------------------

const rowByPlace = (place) => grid().querySelector(`.week-row[data-place="${place}"]`);

function remember(change) {
  const here = new URL(location.href);
  const rows = change(here.searchParams.getAll("row"));
  here.searchParams.delete("row");
  for (const row of new Set(rows)) here.searchParams.append("row", row);
  history.replaceState(history.state, "", here);
  grid().setAttribute("hx-get", `${here.pathname}${here.search}`);
  for (const link of grid().querySelectorAll("[data-show-day]")) {
    const other = new URL(link.href);
    other.search = here.search;
    link.href = other.href;
  }
}

async function addRow(place) {
  let row = rowByPlace(place);
  if (!row) {
    const query = new URLSearchParams({ person: grid().dataset.person, week: grid().dataset.week, place });
    const answer = await fetch(`${grid().dataset.rowUrl}?${query}`).catch(() => null);
    if (!answer?.ok || answer.redirected) return toast(say(answer ? "missing" : "offline"), "error");
    const body = document.createElement("tbody");
    body.innerHTML = await answer.text();
    row = body.querySelector("tr");
    grid().querySelector("[data-week-rows]").append(row);
    window.htmx.process(row);
    remember((rows) => [...rows, place]);
  }
  const today = grid().querySelector("th.is-today");
  const open = cellsIn(row).filter((cell) => isShown(cell) && "editable" in cell.dataset);
  const index = today ? [...today.parentElement.querySelectorAll(".week-head")].indexOf(today) : 0;
  focusOn(open.find((cell) => Number(boxOf(cell).dataset.column) === index) ?? open[0]);
}

function removeRow(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  for (const cell of cellsIn(row)) saver.forget(keyOf(cell));
  row.remove();
  remember((rows) => rows.filter((place) => place !== row.dataset.place));
  addUp();
  focusOn(next && cellsIn(next).find(isShown));
}

function paintBillable(row, billable) {
  const button = row?.querySelector("[data-row-billable]");
  if (!button) return;
  row.dataset.billable = billable;
  button.setAttribute("aria-pressed", { yes: "true", no: "false", mixed: "mixed" }[billable]);
  button.title = words({ yes: "billable", no: "notBillable", mixed: "mixed" }[billable]);
}

function toggleBillable(row) {
  const billable = row.dataset.billable === "yes" ? "no" : "yes";
  paintBillable(row, billable);
  const { person, week, billableUrl } = grid().dataset;
  saver.add(`billable-${row.dataset.place}`, billableUrl, { person, week, place: row.dataset.place, billable });
}

// Everything that happens ----------------------------------------------------------------------

document.addEventListener("keydown", onKey);
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-editable]")) return;
  event.target.dataset.typing = "true";
  addUp();
});
document.addEventListener("focusin", (event) => {
  if (!event.target.matches("[data-cell]")) return;
  event.target.dataset.typing = "";
  event.target.select?.();
});
// A click puts the caret somewhere after focusin has selected everything; the second one means it.
document.addEventListener("pointerup", (event) => {
  const cell = event.target;
  if (!cell.matches?.("[data-editable]")) return;
  if (cell.dataset.pointed === "true") cell.dataset.caret = "true";
  else if (cell.selectionStart === cell.selectionEnd) cell.select();
  cell.dataset.pointed = "true";
});
document.addEventListener("focusout", (event) => {
  if (!event.target.matches("[data-editable]")) return;
  Object.assign(event.target.dataset, { pointed: "", typing: "", caret: "" });
  leave(event.target);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-week-form]")) return;
  event.preventDefault();
  saver.flush();
});
document.addEventListener("change", (event) => {
  const adder = event.target.closest("[data-week-add]");
  if (!adder || !event.target.matches("select") || !event.target.value) return;
  const place = event.target.value;
  event.target.value = "";
  event.target.dispatchEvent(new Event("change", { bubbles: true }));
  addRow(place);
});
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-row-billable], [data-remove-row], [data-show-day], [data-note-open]");
  if (!target || event.ctrlKey || event.metaKey) return;
  if (target.matches("[data-row-billable]")) toggleBillable(rowOf(target));
  if (target.matches("[data-note-open]")) openNote(boxOf(target).querySelector("[data-cell]"));
  if (target.matches("[data-remove-row]")) {
    event.preventDefault();
    removeRow(rowOf(target));
  }
  if (target.matches("[data-show-day]")) {
    event.preventDefault();
    showDay(target);
  }
});

function showDay(chip) {
  grid().querySelector("[data-week-table]").dataset.day = chip.dataset.showDay;
  for (const one of grid().querySelectorAll("[data-show-day]")) {
    one.classList.toggle("active", one === chip);
    if (one === chip) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
  const here = new URL(location.href);
  here.searchParams.set("day", new URL(chip.href).searchParams.get("day"));
  history.replaceState(history.state, "", here);
}

// Typing a date fires a change for every digit; only the picker and the Enter key mean it at once.
let typedAt = 0;
document.addEventListener("keydown", (event) => {
  if (event.target.matches("[data-submit-on-change] input")) typedAt = event.timeStamp;
});
for (const type of ["change", "focusout"]) {
  document.addEventListener(type, (event) => {
    const form = event.target.closest("[data-submit-on-change]");
    if (!form || !event.target.name) return;
    const isTyped = type === "change" && event.timeStamp - typedAt < 1500;
    if (isTyped || !event.target.value || event.target.value === event.target.defaultValue) return;
    if (!event.target.validity.valid || (type === "focusout" && !event.target.matches("input"))) return;
    saver.flush().then(() => form.requestSubmit());
  });
}

// What is being saved first, so that the page that comes shows it.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[href]:not([hx-get], [target])");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!saver.isBusy || saver.trouble) return;
  event.preventDefault();
  await saver.flush();
  location.assign(link.href);
});

addEventListener("beforeunload", (event) => {
  const cell = document.activeElement?.closest("[data-editable]");
  if (cell && isChanged(cell) && !cell.getAttribute("aria-invalid")) leave(cell);
  if (saver.hasLosses) event.preventDefault();
});

// The grid comes anew after a dialog has changed an entry; what is not saved yet stays.
let kept = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== grid()) return;
  kept = cellsIn(grid())
    .filter((cell) => "editable" in cell.dataset && isChanged(cell))
    .map((cell) => [keyOf(cell), cell.value, boxOf(cell).querySelector(".week-error").textContent]);
});
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.id !== "week") return;
  for (const [key, text, sentence] of kept) {
    const cell = cellOf(key);
    if (!cell) continue;
    cell.value = text;
    refuse(cell, sentence);
  }
  kept = [];
  addUp();
});

if (grid()) {
  document.documentElement.classList.add("has-week-keys");
  addUp();
}
