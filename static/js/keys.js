// Work without the mouse. Letters do nothing while somebody types.

const KEYS = [
  ["/", "到搜索框"],
  ["Ctrl K", "到全局搜索"],
  ["j　k", "下一行，上一行（也可用 ↓ ↑）；分流调度台上换一件"],
  ["Enter", "打开这一行"],
  ["e", "修改"],
  ["x", "勾选这一行"],
  ["n", "新增"],
  ["1　—　9", "分流调度台上采用第几条建议"],
  ["a", "分流调度台上受理或提交；还没选人的，先填入第一条建议"],
  ["Ctrl Enter", "提交表单（也可用 Ctrl S）"],
  ["Esc", "关闭窗口和下拉"],
  ["?", "显示这些按键"],
];

const find = (selector) => document.querySelector(selector);
const TYPED_IN = "input:not([type=checkbox]), textarea, select, [contenteditable]";
const isTyping = (target) => target.closest(TYPED_IN);

function focusOn(box) {
  if (!box) return false;
  box.focus();
  box.select();
  return true;
}

const toTopSearch = () => focusOn(find("[data-top-search]")) || focusOn(find("[data-list-search]"));
const toListSearch = () => focusOn(find("[data-list-search]")) || focusOn(find("[data-top-search]"));

function rowNow() {
  return document.activeElement.closest("[data-keys] tbody tr");
}

function move(by) {
  const rows = [...document.querySelectorAll("[data-keys] tbody tr")];
  if (!rows.length) return false;
  const at = rows.indexOf(rowNow());
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
  const link = next?.querySelector("a[href]");
  if (!link) return at >= 0;
  link.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function press(element) {
  element?.click();
  return Boolean(element);
}

function submit() {
  const form = document.activeElement.closest("form[method=post]") || find("form.form");
  form?.requestSubmit();
  return Boolean(form);
}

const LETTERS = {
  "/": toListSearch,
  j: () => move(1),
  k: () => move(-1),
  e: () => press(rowNow()?.querySelector("[data-edit]") || find(".tools [data-edit]")),
  x: () => press(rowNow()?.querySelector("[data-pick]")),
  n: () => press(find("[data-new]")),
  "?": explain,
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey || find("dialog[open]")) return;
  let isDone = false;
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "k") isDone = toTopSearch();
    if (event.key === "Enter" || event.key === "s") isDone = submit();
  } else if (!isTyping(event.target)) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      isDone = rowNow() && move(event.key === "ArrowDown" ? 1 : -1);
    } else {
      isDone = LETTERS[event.key]?.();
    }
  }
  if (isDone) event.preventDefault();
});

let sheet = null;

function explain() {
  sheet ||= makeSheet();
  const before = document.activeElement;
  sheet.addEventListener("close", () => before.focus(), { once: true });
  sheet.showModal();
  return true;
}

function makeSheet() {
  const lines = KEYS.map(([keys, what]) => `<dt>${marked(keys)}</dt><dd>${what}</dd>`);
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "keys-title");
  dialog.innerHTML = `
    <h2 id="keys-title">键盘操作</h2>
    <dl class="key-list">${lines.join("")}</dl>
    <form class="form-end" method="dialog"><button class="button primary">知道了</button></form>`;
  document.body.append(dialog);
  return dialog;
}

const marked = (keys) => keys.split(/[ 　]/).map((key) => (key === "—" ? "至" : `<kbd>${key}</kbd>`)).join(" ");

const opener = find("[data-keys-open]");
if (opener) {
  opener.hidden = false;
  opener.addEventListener("click", () => {
    // The panel closes, so the focus has to come back to what opened it.
    const panel = opener.closest("details");
    panel.open = false;
    panel.querySelector("summary").focus();
    explain();
  });
}
