// What the top search finds is offered while one types; Enter without a choice opens the whole page.

const WAIT = 220;
const input = document.querySelector("[data-top-search]");

if (input) {
  const form = input.form;
  const list = document.createElement("div");
  list.id = "top-found";
  list.className = "top-found";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "搜索结果");
  list.hidden = true;
  form.append(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);

  let asked = null;
  let timer = 0;
  let active = -1;
  const options = () => [...list.querySelectorAll("[role=option]")];

  const open = (is) => {
    list.hidden = !is;
    input.setAttribute("aria-expanded", String(is));
    if (!is) move(-1);
  };

  const move = (to) => {
    const all = options();
    active = all.length ? (to + all.length) % all.length : -1;
    if (to < 0 && list.hidden) active = -1;
    all.forEach((one, i) => one.setAttribute("aria-selected", String(i === active)));
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  };

  const show = (groups) => {
    let number = 0;
    list.replaceChildren(
      ...groups.map((group) => {
        const box = document.createElement("div");
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", group.label);
        const head = document.createElement("p");
        head.setAttribute("aria-hidden", "true");
        head.textContent = group.label;
        const rows = group.rows.map((row) => {
          const link = document.createElement("a");
          link.href = row.url;
          link.id = `top-found-${(number += 1)}`;
          link.tabIndex = -1;
          link.setAttribute("role", "option");
          link.append(row.label);
          if (row.hint) {
            const hint = document.createElement("span");
            hint.textContent = row.hint;
            link.append(hint);
          }
          return link;
        });
        box.append(head, ...rows);
        return box;
      }),
    );
    active = -1;
    open(number > 0 && document.activeElement === input);
  };

  const ask = async () => {
    const url = new URL(form.action, location.href);
    url.searchParams.set("query", input.value.trim());
    asked?.abort();
    const mine = (asked = new AbortController());
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: mine.signal });
      if (answer.ok) show((await answer.json()).groups);
    } catch {
      open(false); // Enter still opens the page, which says what is wrong
    }
  };

  const typed = () => {
    clearTimeout(timer);
    asked?.abort();
    if (input.value.trim().length < 2) open(false);
    else timer = setTimeout(ask, WAIT);
  };

  input.addEventListener("input", (event) => event.isComposing || typed());
  input.addEventListener("compositionend", typed);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? active + 1 : active <= 0 ? options().length - 1 : active - 1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      location.assign(options()[active].href);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      open(false);
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  input.addEventListener("blur", () => open(false));
}
