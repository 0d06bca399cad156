// The dispatch desk by keyboard: j/k walk the tray, 1–9 take a suggestion, a submits; Ctrl+Enter is in keys.js.

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
    if (way.href) {
      way.click();
      return;
    }
    const { title, unit, unitDisplay, worker, workerDisplay, assist, assistDisplay, dueOn, demand } = way.dataset;
    fill("unit", unit, unitDisplay);
    fill("worker", worker, workerDisplay);
    fill("assist", assist, assistDisplay);
    fill("due_on", dueOn);
    const words = form.querySelector('[name="demand"]');
    // What somebody has written stays; only the words of another suggestion are replaced.
    if (!words.value || words.value === words.dataset.suggested) words.value = words.dataset.suggested = demand;
    if (assist) desk.querySelector("[data-desk-more]").open = true;
    for (const other of ways) other.setAttribute("aria-pressed", String(other === way));
    state.textContent = `已填入：${title}${assist ? `，${assistDisplay}协办` : ""}${dueOn ? `，${dueOn}前反馈` : ""}。核对后按 A 提交`;
    form.querySelector('[type="submit"]').focus();
  };

  // A taken suggestion, else the first one: one key fills it in, the next one sends it.
  const accept = () => {
    const first = ways.find((way) => !way.href);
    const isEmpty = form.querySelector('[name="unit"]') && !["unit", "worker"].some((name) => form.querySelector(`[name="${name}"]`).value);
    if (isEmpty && first) take(first);
    else form.requestSubmit();
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
    } else if (event.key === "a" && form) {
      event.preventDefault();
      accept();
    }
  });

  for (const way of ways) if (!way.href) way.addEventListener("click", () => take(way));
  if (current >= 0) items[current].scrollIntoView({ block: "nearest" });
  if (current >= 0 && matchMedia("(max-width: 900px)").matches) tray.open = false;

  // Others see who has this matter open, and we see them; a sign fades after some minutes.
  const watching = desk.querySelector("[data-desk-watching]");
  const sign = async () => {
    const body = new URLSearchParams({ case: desk.dataset.case, csrf_token: desk.dataset.token });
    try {
      const answer = await fetch(desk.dataset.presence, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const { others } = await answer.json();
      const words = others.length ? `${others.join("、")} 也在看这一件` : "";
      if (watching.textContent !== words) watching.textContent = words;
    } catch {
      // No line, no sign: the order itself is checked when it is sent.
    }
  };
  if (watching) {
    sign();
    setInterval(() => document.hidden || sign(), 60_000);
  }
}
