// Bulk work: what is filled in is ticked, and long work says that it goes on.

function isFilled(control) {
  if (control.matches("select")) return control.selectedIndex > 0 && !control.selectedOptions[0].defaultSelected;
  return control.value !== control.defaultValue || control.checked !== control.defaultChecked;
}

for (const item of document.querySelectorAll("[data-bulk-field]")) {
  const tick = item.querySelector("[type=checkbox]");
  const show = () => item.classList.toggle("is-off", !tick.checked);
  item.addEventListener("input", (event) => {
    if (event.target !== tick) tick.checked = true;
    show();
  });
  tick.addEventListener("change", show);
  // A quick hand, or a browser that keeps what was typed, may have filled it before this runs.
  if ([...item.querySelectorAll("input, select, textarea")].some((control) => control !== tick && isFilled(control))) tick.checked = true;
  show();
}

document.addEventListener("submit", (event) => {
  const state = event.target.querySelector("[data-bulk-state]");
  if (!state || !event.target.dataset.sent) return;
  const began = Date.now();
  const bar = event.target.querySelector("[data-bulk-bar]");
  let far = "";
  const tell = () => {
    const seconds = Math.round((Date.now() - began) / 1000);
    state.textContent = `正在处理${far}${seconds ? `，已 ${seconds} 秒` : ""}。离开这一页也会做完`;
  };
  const ask = async () => {
    try {
      const answer = await fetch(event.target.dataset.progress, { headers: { Accept: "application/json" } });
      const { done, count } = await answer.json();
      if (!count) return;
      far = ` ${done} / ${count} 条`;
      bar.hidden = false;
      bar.max = count;
      bar.value = done;
    } catch {
      // The work goes on without being watched.
    }
  };
  tell();
  setInterval(tell, 1000);
  if (event.target.dataset.progress) setInterval(ask, 700);
});
