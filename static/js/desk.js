// The dispatch desk by keyboard: j/k walk the tray, 1–9 take a suggestion; Ctrl+Enter is in keys.js.

const desk = document.querySelector("[data-desk]");
if (desk) {
  const form = desk.querySelector("[data-desk-form]");
  const state = desk.querySelector("[data-desk-state]");
  const tray = desk.querySelector("[data-desk-tray]");
  const items = [...desk.querySelectorAll("[data-desk-item]")];
  const ways = [...desk.querySelectorAll("[data-desk-way]")];
  const current = items.findIndex((item) => item.hasAttribute("aria-current"));

  const fill = (name, value, words) => {
    const box = form.querySelector(`[name="${name}"]`);
    if (!box) return;
    box.value = value;
    const combo = box.closest("[data-combo]");
    if (combo) combo.querySelector('[role="combobox"]').value = words;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const take = (way) => {
    const { title, unit, unitDisplay, worker, workerDisplay, dueOn } = way.dataset;
    fill("unit", unit, unitDisplay);
    fill("worker", worker, workerDisplay);
    fill("due_on", dueOn);
    for (const other of ways) other.setAttribute("aria-pressed", String(other === way));
    state.textContent = `已填入：${title}${dueOn ? `，${dueOn}前反馈` : ""}。核对后提交`;
    form.querySelector('[type="submit"]').focus();
  };

  const walk = (by) => {
    const focused = items.indexOf(document.activeElement);
    const from = focused >= 0 ? focused : current;
    const next = items[Math.min(Math.max(from + by, 0), items.length - 1)];
    if (!next) return;
    tray.open = true;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    // Arrows scroll the pane that has the focus; they walk only where nothing else wants them.
    const isArrow = event.key.startsWith("Arrow");
    if (event.key in STEPS && !(isArrow && event.target !== document.body && !tray.contains(event.target))) {
      event.preventDefault();
      walk(STEPS[event.key]);
    } else if (/^[1-9]$/.test(event.key)) {
      const way = ways.find((one) => one.dataset.deskWay === event.key);
      if (way) take(way);
    }
  });

  for (const way of ways) way.addEventListener("click", () => take(way));
  if (current >= 0) items[current].scrollIntoView({ block: "nearest" });
  if (current >= 0 && matchMedia("(max-width: 900px)").matches) tray.open = false;
}
