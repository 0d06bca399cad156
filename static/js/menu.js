// The menu on narrow screens, and panels that drop down. Without script the menu opens by its #target.

const button = document.querySelector("[data-menu-button]");
const menu = document.getElementById("menu");

function show(isOpen) {
  document.body.classList.toggle("menu-open", isOpen);
  button.setAttribute("aria-expanded", String(isOpen));
  if (isOpen) menu.querySelector("[data-menu-close]").focus({ preventScroll: true });
  else if (menu.contains(document.activeElement)) button.focus();
}

const isOpen = () => document.body.classList.contains("menu-open");

if (button && menu) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    show(!isOpen());
  });
  button.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    show(!isOpen());
  });
  menu.querySelector("[data-menu-close]").addEventListener("click", (event) => {
    event.preventDefault();
    show(false);
  });
  document.addEventListener("click", (event) => {
    if (isOpen() && !menu.contains(event.target) && !button.contains(event.target)) show(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isOpen()) show(false);
  });
}

// A long menu opens where one is.
const current = menu?.querySelector("[aria-current]");
if (current && current.offsetTop > menu.clientHeight * 0.85) {
  menu.scrollTop = current.offsetTop - menu.clientHeight / 2;
}

const DROPPED = "details[data-dropdown][open], details[data-filter-panel][open]";

// By the way the click took: an option is gone from its list once it is taken, and a dialog stands in front of its panel.
document.addEventListener("click", (event) => {
  const way = event.composedPath();
  if (way.some((part) => part.nodeName === "DIALOG")) return;
  for (const panel of document.querySelectorAll(DROPPED)) {
    if (!way.includes(panel)) panel.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  // The innermost goes first: a list of options stands inside the filter panel.
  const panel = [...document.querySelectorAll(DROPPED)].pop();
  if (!panel) return;
  event.preventDefault();
  panel.open = false;
  panel.querySelector("summary").focus();
});
