// Saves cells of the week grid one after the other. A cell that was refused keeps what was typed
// and shows why; without a connection it waits and is tried again.
import { csrfToken } from "./csrf.js";

const TIMES_MS = [3000, 5000, 10000, 20000, 30000];

export class Saver {
  constructor({ onState, onSaved, onRefused }) {
    Object.assign(this, { onState, onSaved, onRefused });
    this.waiting = new Map();
    this.failed = new Set();
    this.trouble = "";
    this.attempt = 0;
    addEventListener("online", () => this.retry());
    document.addEventListener("visibilitychange", () => !document.hidden && this.trouble && this.retry());
  }

  // What is asked later for the same cell replaces what is asked now; a note is not lost by it.
  add(key, url, fields) {
    const before = this.waiting.get(key);
    this.waiting.set(key, { url, fields: { ...before?.fields, ...fields } });
    this.failed.delete(key);
    this.run();
  }

  get isBusy() {
    return this.waiting.size > 0 || Boolean(this.current);
  }

  // What is on its way arrives even when the page is left.
  get hasLosses() {
    return this.waiting.size > 0 || this.failed.size > 0;
  }

  forget(key) {
    this.waiting.delete(key);
    this.failed.delete(key);
    this.tell();
  }

  retry() {
    clearTimeout(this.timer);
    this.timer = null;
    this.run();
  }

  async flush() {
    if (this.trouble) this.retry();
    while (this.isBusy && !this.trouble) await (this.current ?? Promise.resolve());
  }

  async run() {
    if (this.current || this.timer) return this.tell();
    const [key, job] = this.waiting.entries().next().value ?? [];
    if (!job) return this.tell();
    this.waiting.delete(key);
    this.current = this.send(key, job);
    this.tell();
    const isDone = await this.current;
    this.current = null;
    if (isDone) {
      this.trouble = "";
      this.attempt = 0;
      return this.run();
    }
    // Unless something newer was typed into the same cell meanwhile.
    const newer = this.waiting.get(key);
    this.waiting.set(key, { ...job, ...newer, fields: { ...job.fields, ...newer?.fields } });
    const pause = TIMES_MS[Math.min(this.attempt, TIMES_MS.length - 1)];
    this.attempt += 1;
    this.timer = setTimeout(() => this.retry(), pause);
    this.tell();
  }

  async send(key, { url, fields }) {
    const data = typeof fields.build === "function" ? fields.build(fields) : fields;
    const body = new URLSearchParams(Object.entries(data).filter(([, value]) => value !== undefined));
    let response;
    let answer;
    try {
      response = await fetch(url, {
        method: "POST",
        body,
        headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
        redirect: "manual",
        keepalive: true,
      });
      if (response.type === "opaqueredirect") return this.stuck("signedOut");
      const isJson = response.headers.get("content-type")?.includes("json");
      if (response.status === 403 || response.status === 404) answer = { error: "" };
      else if (!isJson) return this.stuck("broken");
      answer ??= await response.json();
    } catch {
      return this.stuck("offline");
    }
    if (response.ok) this.onSaved(key, answer);
    else {
      this.failed.add(key);
      this.onRefused(key, answer, response.status);
    }
    return true;
  }

  stuck(trouble) {
    this.trouble = trouble;
    return false;
  }

  tell() {
    this.onState({ isBusy: this.isBusy, failed: this.failed.size, trouble: this.trouble });
  }
}
