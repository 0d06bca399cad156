// Bulk work: what is filled in is ticked, and long work says that it goes on.

for (const item of document.querySelectorAll("[data-bulk-field]")) {
  const tick = item.querySelector("[type=checkbox]");
  const show = () => item.classList.toggle("is-off", !tick.checked);
  item.addEventListener("input", (event) => {
    if (event.target !== tick) tick.checked = true;
    show();
  });
  tick.addEventListener("change", show);
  show();
}

document.addEventListener("submit", (event) => {
  const state = event.target.querySelector("[data-bulk-state]");
  if (!state || !event.target.dataset.sent) return;
  const began = Date.now();
  const tell = () => {
    const seconds = Math.round((Date.now() - began) / 1000);
    state.textContent = `正在处理${seconds ? `，已 ${seconds} 秒` : ""}。请不要关闭这一页`;
  };
  tell();
  setInterval(tell, 1000);
});
