// Theme and width of the menu are kept in cookies, so that the server writes them into the page.
import { csrfToken } from "./csrf.js";

const YEAR = 60 * 60 * 24 * 365;

function remember(name, value) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
}

function showChoice() {
  const choice = document.documentElement.dataset.themeChoice;
  for (const button of document.querySelectorAll("[data-theme-set]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeSet === choice));
  }
}

export function toggleSidebar() {
  const root = document.documentElement;
  root.dataset.sidebar = root.dataset.sidebar === "narrow" ? "wide" : "narrow";
  remember("sidebar", root.dataset.sidebar);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-set]");
  if (!button) return;
  document.documentElement.dataset.themeChoice = button.dataset.themeSet;
  remember("theme", button.dataset.themeSet);
  document.dispatchEvent(new Event("theme:change"));
  const url = button.closest("[data-theme-url]")?.dataset.themeUrl;
  if (url) {
    const body = new URLSearchParams({ theme: button.dataset.themeSet });
    // Kept alive: whoever leaves the page at once has chosen all the same.
    fetch(url, { method: "POST", headers: { "X-CSRFToken": csrfToken() }, body, keepalive: true });
  }
  showChoice();
});

showChoice();
