// Leaving a half-filled form asks first. `data-dirty`: the server sent it back unsaved.

const content = (form) =>
  JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));

const before = new Map();
for (const form of document.querySelectorAll("form[data-guard]")) before.set(form, content(form));

let isSending = false;

// ask.js listens earlier and stops what it holds back.
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented && before.has(event.target)) isSending = true;
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
