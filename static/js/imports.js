// The page of an import: how far the work is, and the result as soon as it is there.

const panel = document.querySelector("[data-import-state]");

const look = async () => {
  const answer = await fetch(panel.dataset.importState, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const state = await answer.json();
  if (!state.is_open) {
    location.reload();
    return;
  }
  const words = panel.querySelector("[data-import-progress]");
  if (!state.total) {
    words.textContent = state.is_running ? "正在读取" : "正在排队";
    return;
  }
  const bar = panel.querySelector("[data-import-bar]");
  bar.max = state.total;
  bar.value = state.done;
  words.textContent = `${state.done.toLocaleString("zh-CN")} / ${state.total.toLocaleString("zh-CN")} 行`;
};

if (panel) {
  const again = async () => {
    try {
      await look();
    } catch {
      // The line is dead for now; the work goes on without being watched.
    }
    setTimeout(again, 700);
  };
  setTimeout(again, 300);
}
