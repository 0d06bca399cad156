// Light or dark: as chosen on this machine, else as the system says.
// A classic script in the head, so that the first paint already has its colours.
(() => {
  const KEY = "theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  let choice = "system";

  const apply = () => {
    root.dataset.theme = choice === "system" ? (system.matches ? "dark" : "light") : choice;
    for (const box of document.querySelectorAll("[data-theme-choice]")) box.checked = box.value === choice;
  };

  const recall = () => {
    try {
      choice = localStorage.getItem(KEY) || "system";
    } catch {
      // a browser that keeps nothing: the choice lasts for this page
    }
    apply();
  };

  const choose = (value) => {
    choice = value;
    try {
      localStorage.setItem(KEY, value);
    } catch {
      // as above
    }
    apply();
  };

  recall();
  system.addEventListener("change", apply);
  addEventListener("storage", (event) => event.key === KEY && recall());
  document.addEventListener("DOMContentLoaded", () => {
    for (const group of document.querySelectorAll("[data-theme-choices]")) {
      group.hidden = false;
      group.addEventListener("change", (event) => choose(event.target.value));
    }
    apply();
  });
})();
