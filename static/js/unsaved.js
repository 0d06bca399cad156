// Leaving a half-filled form asks first. `data-dirty`: the server sent it back unsaved.
//
// What was typed is kept as a draft until it is saved, given up or signed out of:
//   sent  on its way; kept until a page comes that says it was saved
//   lost  the server answered with an error, or the sign-in had ended
//   left  somebody went away without saving
// In sessionStorage and not in localStorage: desks are shared and what is typed holds names and
// numbers, so it has to be gone with the tab. A draft names its user; a colleague who signs in
// after a lost session never sees it.

const DRAFT = "draft:";
const SECRET = "[type=password], [type=file], [name=csrf_token]";

const address = location.pathname + location.search;
const user = document.querySelector("meta[name=user]")?.content ?? null;

const content = (form) =>
  JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));

const before = new Map();
for (const form of document.querySelectorAll("form[data-guard]")) before.set(form, content(form));
const first = [...before.keys()][0];

const isChanged = (form) => form.matches("[data-dirty]") || content(form) !== before.get(form);

// ---- drafts -------------------------------------------------------------------------

function keep(form, state) {
  const secret = new Set([...form.querySelectorAll(SECRET)].map((box) => box.name));
  const values = [...new FormData(form)].filter(([name, value]) => !secret.has(name) && typeof value === "string");
  try {
    sessionStorage.setItem(DRAFT + address, JSON.stringify({ user, state, values }));
  } catch {
    // A full store keeps no draft; the form itself goes on.
  }
}

const drafts = () => Object.keys(sessionStorage).filter((key) => key.startsWith(DRAFT));
const read = (key) => JSON.parse(sessionStorage.getItem(key) ?? "null");

// The version a form was made from comes back with it: whoever saved meanwhile is not overwritten.
function refill(form, values) {
  form.dispatchEvent(new CustomEvent("refill", { detail: values.map(([name]) => name) }));
  for (const box of form.querySelectorAll("[type=checkbox], [type=radio]")) {
    const isChosen = values.some(([name, value]) => name === box.name && value === box.value);
    if (box.checked === isChosen) continue;
    box.checked = isChosen;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
  for (const [name, value] of values) {
    const box = form.querySelector(`[name="${CSS.escape(name)}"]:not([type=checkbox]):not([type=radio])`);
    if (!box || box.matches(SECRET)) continue;
    box.value = value;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
  form.dataset.dirty = "";
}

function tell(form, sentence) {
  const note = document.createElement("div");
  note.className = "alert info";
  note.setAttribute("role", "status");
  note.innerHTML = "<div><p></p></div>";
  note.querySelector("p").textContent = sentence;
  form.before(note);
  return note;
}

function button(label, action) {
  const found = document.createElement("button");
  found.type = "button";
  found.className = "button plain small";
  found.textContent = label;
  found.addEventListener("click", action);
  return found;
}

function offer(form, values) {
  const note = tell(form, "上次在这张表单里填的内容没有保存。");
  const done = () => {
    sessionStorage.removeItem(DRAFT + address);
    note.remove();
  };
  const row = document.createElement("p");
  row.className = "cluster";
  row.append(
    button("恢复上次没有保存的内容", () => {
      refill(form, values);
      done();
      form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    }),
    button("不要了", done),
  );
  note.firstElementChild.append(row);
}

function bringBack(form) {
  const draft = read(DRAFT + address);
  if (!draft) return;
  if (!form.matches("[data-dirty]") && draft.state === "left") return offer(form, draft.values);
  if (!form.matches("[data-dirty]")) {
    refill(form, draft.values);
    tell(form, "上次没有保存成功，填的内容已经填回，核对后请再保存一次。");
  }
  sessionStorage.removeItem(DRAFT + address);
}

const isFailure = Boolean(document.querySelector("[data-failed]"));
const isSaved = Boolean(document.querySelector("main > .alert.success, main > .alert.info"));

for (const key of drafts()) {
  const draft = read(key);
  if (draft.user !== user && user !== null) sessionStorage.removeItem(key);
  else if (draft.state !== "sent") continue;
  else if (isFailure) sessionStorage.setItem(key, JSON.stringify({ ...draft, state: "lost" }));
  else if (isSaved || key !== DRAFT + address) sessionStorage.removeItem(key);
}

// The scripts of the form's own boxes are ready by then.
document.addEventListener("DOMContentLoaded", () => first && bringBack(first));

// ---- leaving ------------------------------------------------------------------------

let isSending = false;
let isSigningOut = false;

// ask.js listens earlier and stops what it holds back.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (event.target.matches("[data-sign-out]")) {
    isSigningOut = true;
    for (const key of drafts()) sessionStorage.removeItem(key);
  }
  if (!before.has(event.target)) return;
  isSending = true;
  keep(event.target, "sent");
});

window.addEventListener("pageshow", () => {
  isSending = isSigningOut = false;
});

window.addEventListener("beforeunload", (event) => {
  if (isSending || ![...before.keys()].some(isChanged)) return;
  event.preventDefault();
  event.returnValue = "";
});

window.addEventListener("pagehide", () => {
  if (!isSending && !isSigningOut && first && isChanged(first)) keep(first, "left");
});
