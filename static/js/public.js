// Comforts of the residents' pages; without script all of them work, only less comfortably.

const read = document.querySelector("[data-read]");
if (read && "speechSynthesis" in window) {
  read.hidden = false;
  read.addEventListener("click", () => {
    if (speechSynthesis.speaking) { speechSynthesis.cancel(); return; }
    const words = new SpeechSynthesisUtterance(document.getElementById("main").innerText);
    words.lang = "zh-CN";
    words.rate = 0.9;
    speechSynthesis.speak(words);
  });
}

const print = document.querySelector("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

// What was typed stays on this phone until it has arrived, under the key of the form.
const form = document.querySelector("form[data-keep]");
if (form) {
  const slot = `appeal:${form.dataset.keep}`;
  const names = ["words", "detail", "name", "mobile"];
  let kept = {};
  try { kept = JSON.parse(sessionStorage.getItem(slot) || "{}"); } catch { kept = {}; }
  for (const name of names) {
    const field = form.elements[name];
    if (field && field.type !== "hidden" && !field.value && kept[name]) field.value = kept[name];
  }
  form.addEventListener("input", () => {
    for (const name of names) if (form.elements[name]) kept[name] = form.elements[name].value;
    try { sessionStorage.setItem(slot, JSON.stringify(kept)); } catch { /* a full phone keeps nothing */ }
  });
  if ("send" in form.dataset) sending(form, slot);
}

async function solve(riddle) {
  return (await import("./proof.js")).solve(riddle);
}

async function post(form) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
  if (answer.status === 503) throw new Error("busy");
  return { answer, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
}

// A lost line does not lose the appeal: it is sent again with the same key until it has arrived.
function sending(form, slot) {
  const told = form.querySelector("[data-waiting]");
  let timer = 0, busy = false;
  const say = (words) => { told.hidden = false; told.textContent = words; };
  async function send() {
    if (busy) return;
    busy = true;
    clearTimeout(timer);
    say("正在提交，请稍候");
    try {
      if (form.dataset.challenge) form.elements.proof.value = await solve(form.dataset);
      let { answer, page } = await post(form);
      const riddle = page.querySelector("form[data-challenge]");
      if (answer.status === 429 && riddle) {
        // Many are telling something just now: this phone solves the riddle and sends the same again, photos and all.
        form.elements.proof.value = await solve(riddle.dataset);
        ({ answer, page } = await post(form));
      }
      if (answer.ok) sessionStorage.removeItem(slot);
      document.title = page.title;
      document.getElementById("main").replaceWith(page.getElementById("main"));
      window.scrollTo(0, 0);
      const again = document.querySelector("form[data-send]");
      if (again) sending(again, slot);
      const button = document.querySelector("[data-print]");
      if (button) { button.hidden = false; button.addEventListener("click", () => window.print()); }
    } catch {
      say("网络不通，内容已留在手机里，恢复后自动提交，请不要关闭这个页面");
      timer = setTimeout(() => { busy = false; send(); }, 15000);
      busy = false;
    }
  }
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  window.addEventListener("online", () => { if (!told.hidden) send(); });
}
