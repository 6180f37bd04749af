// Runs before the first paint: Tabler has rules for [data-bs-theme=dark] beside color-scheme,
// so "as the device" needs the attribute, too. Not a module, because modules run after parsing.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const choice = root.dataset.themeChoice;
    root.dataset.bsTheme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
  };
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("theme:change", apply);
})();
