// Leaving a half-filled form asks first. `data-dirty`: the server sent it back unsaved.
// What was sent is kept in this tab until a page comes that is not an error: should the session
// have ended meanwhile, the form is filled again after signing in.

const content = (form) =>
  JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));

const before = new Map();
for (const form of document.querySelectorAll("form[data-guard]")) before.set(form, content(form));

let isSending = false;

const DRAFT = "draft";
const SECRET = "[type=password], [type=file], [name=csrf_token], [name=lock_version]";

const keep = (form) => {
  const secret = new Set([...form.querySelectorAll(SECRET)].map((box) => box.name));
  const values = [...new FormData(form)].filter(([name, value]) => !secret.has(name) && typeof value === "string");
  sessionStorage.setItem(DRAFT, JSON.stringify({ address: location.pathname + location.search, values }));
};

const refill = (form, values) => {
  for (const box of form.querySelectorAll("[type=checkbox], [type=radio]")) {
    box.checked = values.some(([name, value]) => name === box.name && value === box.value);
  }
  for (const [name, value] of values) {
    const box = form.querySelector(`[name="${CSS.escape(name)}"]:not([type=checkbox]):not([type=radio])`);
    if (!box || box.matches(SECRET)) continue;
    box.value = value;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
  form.dataset.dirty = "";
};

const draft = JSON.parse(sessionStorage.getItem(DRAFT) ?? "null");
const first = [...before.keys()][0];
// An error has the text already; after a success on the same page it is where it belongs.
const isAnswered = document.querySelector("[data-summary], .alert.success");
if (draft && first && draft.address === location.pathname + location.search && !isAnswered) {
  refill(first, draft.values);
  const note = document.createElement("div");
  note.className = "alert info";
  note.setAttribute("role", "status");
  note.innerHTML = "<div><p></p></div>";
  note.querySelector("p").textContent = "登录中断前填的内容已经填回，核对后请再保存一次。";
  first.before(note);
}
sessionStorage.removeItem(DRAFT);

// ask.js listens earlier and stops what it holds back.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !before.has(event.target)) return;
  isSending = true;
  keep(event.target);
});

window.addEventListener("pageshow", () => {
  isSending = false;
});

window.addEventListener("beforeunload", (event) => {
  if (isSending) return;
  const isChanged = [...before].some(([form, was]) => form.matches("[data-dirty]") || content(form) !== was);
  if (!isChanged) return;
  event.preventDefault();
  event.returnValue = "";
});
