// Import and export pages: how far the upload is, choosing columns, the reason only where it is asked.

const upload = document.querySelector("[data-upload]");
if (upload) {
  const file = upload.querySelector('[type="file"]');
  const state = upload.querySelector("[data-upload-state]");
  const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`);

  file.addEventListener("change", () => {
    state.textContent = file.files.length ? `已选择 ${file.files[0].name}（${size(file.files[0].size)}）` : "";
  });
  // On the document, so that a form held back elsewhere is not said to be on its way.
  document.addEventListener("submit", () => {
    if (!file.files.length) return;
    const began = Date.now();
    const tell = () => {
      const seconds = Math.round((Date.now() - began) / 1000);
      state.textContent = `正在上传和检查 ${file.files[0].name}${seconds ? `，已 ${seconds} 秒` : ""}。请不要关闭这一页`;
    };
    tell();
    setInterval(tell, 5000);
  });
}

const form = document.querySelector("[data-export]");
if (form) {
  const boxes = [...form.querySelectorAll('input[name="columns"]')];  // a ledger has its columns by its design
  const tools = form.querySelector("[data-export-tools]");
  const state = form.querySelector("[data-export-state]");
  const clear = form.querySelector("[data-export-clear]");
  const reason = form.querySelector("[data-export-reason]");
  const isNeeded = reason !== null && "exportNeeded" in reason.dataset;

  const show = () => {
    if (tools) tools.querySelector("[data-export-count]").textContent = `已选 ${boxes.filter((box) => box.checked).length} 列，共 ${boxes.length} 列`;
    if (reason) reason.hidden = !isNeeded && !clear?.checked;
  };
  const choose = (isChosen) => () => {
    for (const box of boxes) box.checked = isChosen;
    show();
  };
  const refuse = (event, sentence, where) => {
    event.preventDefault();
    state.textContent = sentence;
    where.focus();
  };

  if (tools) {
    tools.hidden = false;
    tools.querySelector("[data-export-all]").addEventListener("click", choose(true));
    tools.querySelector("[data-export-none]").addEventListener("click", choose(false));
  }
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => {
    if (tools && !boxes.some((box) => box.checked)) refuse(event, "请至少选择一列再导出", boxes[0]);
    else if ((isNeeded || clear?.checked) && reason.querySelector("input").value.trim().length < 2)
      refuse(event, "请写明导出的事由，例如“上报浏阳市委政法委”", reason.querySelector("input"));
    else state.textContent = "exportLater" in form.dataset ? "正在提交" : "正在生成表格，好了会自动下载";
  });
  show();
}
