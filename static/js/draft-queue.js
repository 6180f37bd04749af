// Making many drafts: the items of [data-draft-queue] ask for their drafts one after the other, each
// a request and a transaction of its own, so that stopping or leaving loses nothing that is done.

const QUEUE = "[data-draft-queue]";
const running = new Set();

// On other pages than these the form is sent as a whole.
const queues = (form) => form.closest("dialog") || "onPage" in form.dataset;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

class Queue {
  constructor(form, which) {
    this.form = form;
    this.items = [...form.querySelectorAll("[data-draft-item]")];
    if (which === "locked") {
      for (const item of this.items.filter((one) => one.dataset.needs)) item.remove();
      this.items = this.items.filter((one) => !one.dataset.needs);
    }
    this.total = this.items.length;
    this.done = 0;
    this.stopped = false;
  }

  find(name) {
    return this.form.querySelector(`[data-draft-${name}]`);
  }

  async run() {
    running.add(this);
    this.find("question").hidden = true;
    this.find("progress").hidden = false;
    this.find("cancel").hidden = true;
    for (const button of this.form.querySelectorAll("[data-draft-go]")) button.hidden = true;
    const stop = this.find("stop");
    stop.hidden = this.total < 3;
    stop.addEventListener("click", () => {
      this.stopped = true;
      stop.disabled = true;
    });
    this.tell();
    for (const item of this.items) {
      if (this.stopped || !this.form.isConnected) break;
      item.classList.add("draft-working");
      item.scrollIntoView({ block: "nearest" });
      if (!(await this.ask(item))) {
        item.classList.remove("draft-working");
        this.stopped = true;
        break;
      }
      this.done += 1;
      this.tell();
    }
    running.delete(this);
    this.finish();
  }

  // True once the server has answered, be it with a refusal.
  ask(item) {
    return new Promise((resolve) => {
      const answered = (event) => {
        if (event.detail.requestConfig?.elt !== item) return;
        document.removeEventListener("htmx:afterRequest", answered);
        document.removeEventListener("htmx:sendError", answered);
        const status = event.detail.xhr?.status ?? 0;
        resolve((status >= 200 && status < 300) || status === 422);
      };
      document.addEventListener("htmx:afterRequest", answered);
      document.addEventListener("htmx:sendError", answered);
      window.htmx.trigger(item, "draft");
    });
  }

  tell() {
    const { done, total } = this;
    const bar = this.form.querySelector("progress");
    bar.max = total || 1;
    bar.value = done;
    this.find("words").textContent = fill(this.form.dataset.wordDone, { done, total });
  }

  finish() {
    const count = (outcome) => this.form.querySelectorAll(`[data-draft-outcome="${outcome}"]`).length;
    const { wordStopped, wordFinished, wordRefused } = this.form.dataset;
    const [made, refused] = [count("made"), count("refused")];
    const words = [fill(wordFinished, { made })];
    if (refused) words.push(fill(wordRefused, { refused }));
    this.find("result").textContent = words.join(", ");
    if (this.done < this.total) {
      this.find("words").textContent = fill(wordStopped, { done: this.done, total: this.total });
    }
    this.form.querySelector("progress").classList.toggle("job-done", this.done === this.total);
    this.find("stop").hidden = true;
    const after = [...this.form.querySelectorAll("[data-draft-after]")];
    for (const button of after) button.hidden = false;
    after.at(-1)?.focus();
    if (document.querySelector("[data-ready]")) window.htmx.trigger(document.body, "ready:refresh");
  }
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target.closest(QUEUE);
    if (!form || !queues(form)) return;
    event.preventDefault();
    new Queue(form, event.submitter?.value).run();
  },
  { capture: true },
);

// Not earlier: until then htmx does not know the items.
document.addEventListener("htmx:afterSettle", (event) => {
  const form = event.detail.target.querySelector?.(`${QUEUE}[data-autostart]`);
  if (form?.closest("dialog")) new Queue(form, "all").run();
});
document.addEventListener("htmx:load", () => {
  const form = document.querySelector(`${QUEUE}[data-on-page][data-autostart]`);
  if (!form) return;
  delete form.dataset.autostart;
  new Queue(form, "all").run();
});

// Closing the dialog half-way stops after the present draft; leaving the page asks first.
document.getElementById("dialog")?.addEventListener("close", () => {
  for (const queue of running) queue.stopped = true;
});
addEventListener("beforeunload", (event) => {
  if (running.size) event.preventDefault();
});
