// The batch plan: what each person would have in hand follows the rows as they are changed.

const form = document.querySelector("[data-plan]");
if (form) {
  const loads = new Map([...form.querySelectorAll("[data-load]")].map((row) => [row.dataset.load, row]));
  const state = form.querySelector("[data-plan-count]");
  const count = () => {
    const given = new Map();
    let total = 0;
    for (const select of form.querySelectorAll("select[name=row]")) {
      const taker = select.selectedOptions[0]?.dataset.taker;
      if (!taker) continue;
      total += 1;
      given.set(taker, (given.get(taker) || 0) + 1);
    }
    for (const [taker, row] of loads) {
      const after = Number(row.dataset.before) + (given.get(taker) || 0);
      row.querySelector("[data-after]").textContent = after > Number(row.dataset.capacity) ? `${after}（超过${row.dataset.capacity}）` : after;
    }
    state.textContent = `${total} 件`;
  };
  form.addEventListener("change", count);
}
