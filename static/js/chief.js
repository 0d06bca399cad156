// A chief's pages with a weak network: forms wait in this phone until they have arrived; without script they are plain forms.

import { all, ask, clear, flush, newKey, put, remove } from "./outbox.js";

const { chief: owner, state, worker } = document.body.dataset;
const find = (selector) => document.querySelector(selector);
const LONGEST = 1600; // pixels of a photo's longer side: enough to read a notice, small enough for a weak network

// ---- the network --------------------------------------------------------------------

function showNet() {
  const place = find("[data-net]");
  if (place) place.textContent = navigator.onLine ? "" : "没有网络";
}

async function showWaiting() {
  if (!owner) return;
  const waiting = await all(owner);
  const place = find("[data-pending]");
  if (place) {
    place.hidden = !waiting.length;
    place.querySelector("[data-count]").textContent = waiting.length;
  }
  const list = find("[data-outbox-list]");
  if (list) list.replaceChildren(...waiting.map(line));
  const empty = find("[data-outbox-empty]"), button = find("[data-send-now]");
  if (empty) empty.hidden = waiting.length > 0;
  if (button) button.hidden = !waiting.length;
}

function line(entry) {
  const item = document.createElement("li"), words = document.createElement("p");
  const said = entry.fields.find(([name]) => ["words", "needs", "day", "told", "note"].includes(name));
  words.textContent = `${entry.label}　${new Date(entry.at).toLocaleString("zh-CN", { dateStyle: "short", timeStyle: "short" })}　${said ? said[1] : ""}`;
  item.append(words);
  if (entry.problem) {
    const problem = document.createElement("p");
    problem.className = "problem";
    problem.textContent = `没有收下：${entry.problem}`;
    item.append(problem, entry.page
      ? Object.assign(document.createElement("a"), { className: "button", href: entry.page, textContent: "看最新情况" })
      : action("再试一次", async () => { await put({ ...entry, problem: "" }); await sendAll(); }));
  }
  item.append(" ", action("删除", async () => {
    if (confirm("删除后这条内容就没有了，确定吗？")) { await remove(entry.key); await showWaiting(); }
  }));
  return item;
}

function action(label, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = label;
  button.addEventListener("click", act);
  return button;
}

let sending = null;

/** One round at a time: two at once would only fetch two tokens. */
function sendAll() {
  sending ??= flush(owner, state).finally(() => { sending = null; });
  return sending.finally(showWaiting);
}

/** What waited is sent without being asked; a list or a matter that is looked at then shows it. */
async function later() {
  const outcomes = await sendAll().catch(() => ({}));
  if (Object.values(outcomes).some((outcome) => outcome.next) && find("[data-lists], form[data-step] [type=submit][hidden]")) location.reload();
}

// ---- forms --------------------------------------------------------------------------

async function shrunk(file) {
  try {
    const picture = await createImageBitmap(file);
    const ratio = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * ratio);
    canvas.height = Math.round(picture.height * ratio);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob((blob) => done(blob && blob.size < file.size ? blob : file), "image/jpeg", 0.8));
  } catch {
    return file; // the server says what is wrong with it
  }
}

function today() {
  const day = new Date();
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
}

async function entryOf(form) {
  const fields = [], key = newKey();
  for (const [name, value] of new FormData(form)) {
    if (name === "csrf_token" || name === "key") continue;
    if (value instanceof File) { if (value.size) fields.push([name, await shrunk(value)]); } else fields.push([name, value]);
  }
  fields.push(["key", key]);
  // A step is about what its page showed; when it comes too late, that page says what has happened.
  const page = "step" in form.dataset ? location.pathname : "";
  return { key, owner, at: Date.now(), label: form.dataset.queue, action: form.getAttribute("action"), fields, page };
}

async function queue(form) {
  const button = form.querySelector("button[type=submit]"), told = form.querySelector("[data-told]") || find("[data-net]");
  const say = (words) => { told.hidden = false; told.textContent = words; };
  button.disabled = true;
  say("正在发送，请稍候");
  if ("day" in form.dataset) form.elements.day.value = today();
  const entry = await entryOf(form);
  try {
    await put(entry);
  } catch {
    form.submit(); // a browser that keeps nothing sends the form as it is
    return;
  }
  try {
    let outcome = (await sendAll())[entry.key];
    if (!outcome) outcome = (await sendAll())[entry.key]; // it joined a round that had begun
    if (outcome && outcome.next) { location.assign(outcome.next); return; }
    if (outcome && outcome.problem) {
      await remove(entry.key); // it stands on the form still
      say(outcome.problem);
    }
  } catch {
    form.reset();
    say("没有网络，已存在手机里，有网后自动发出，不会重复登记");
    // One step at a time: the next one would be about what this one has changed.
    if (entry.page) for (const step of document.querySelectorAll("form[data-step] [type=submit]")) step.hidden = true;
  }
  button.disabled = false;
  await showWaiting();
}

for (const form of document.querySelectorAll("form[data-queue]")) {
  form.addEventListener("submit", (event) => { event.preventDefault(); queue(form); });
}

const day = find("[data-today]");
if (day) {
  day.max = today(); // the page may have been kept since yesterday
  if (!navigator.onLine) day.value = today();
}

const code = find("[data-code]");
const given = new URLSearchParams(location.hash.slice(1)).get("code");
if (code && /^\d{8}$/.test(given || "")) {
  code.value = given;
  history.replaceState(null, "", location.pathname);
}

// A step that needs the server now: without network it stays on the form, with every word.
for (const form of document.querySelectorAll("form[data-now]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    const told = await tell(form);
    if (told.next) { location.assign(told.next); return; }
    button.disabled = false;
    const place = form.querySelector("[role=alert]") || form.appendChild(Object.assign(document.createElement("p"), { className: "error", role: "alert" }));
    place.textContent = told.sentence;
  });
}

async function tell(form) {
  try {
    return await (await ask(form.action, { method: "POST", body: new FormData(form) })).json();
  } catch {
    return { sentence: "没有网络，没有提交。写的内容还在，有网后请再点一次" };
  }
}

const number = find("form[data-number]");
if (number) {
  number.addEventListener("submit", async (event) => {
    event.preventDefault();
    const told = await tell(number);
    if (!told.mobile) { number.append(Object.assign(document.createElement("p"), { className: "error", textContent: told.sentence })); return; }
    number.replaceChildren(Object.assign(document.createElement("a"), {
      className: "button primary", href: `tel:${told.mobile}`, textContent: `打电话 ${told.mobile}`,
    }));
  });
}

const leaving = find("form[data-leave]");
if (leaving) {
  leaving.addEventListener("submit", (event) => {
    if (leaving.dataset.asked) return;
    event.preventDefault();
    all(owner).then((waiting) => {
      if (waiting.length && !confirm(`还有${waiting.length}条没有发出，退出后就没有了。确定退出吗？`)) return;
      leaving.dataset.asked = "1";
      leaving.submit();
    });
  });
}

// ---- beginning ----------------------------------------------------------------------

async function begin() {
  showNet();
  if (find("[data-forget]")) {
    await clear().catch(() => {});
    if ("caches" in self) await caches.delete("chief-forms-1").catch(() => {});
  }
  if (owner) {
    await showWaiting().catch(() => {});
    later();
    setInterval(later, 30_000);
    const button = find("[data-send-now]");
    if (button) button.addEventListener("click", later);
  }
  if (owner && "serviceWorker" in navigator) {
    await navigator.serviceWorker.register(worker, { scope: "/chief/" });
    const { active } = await navigator.serviceWorker.ready;
    const assets = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]")].map((e) => e.href || e.src);
    active.postMessage({ keep: [...assets, new URL("outbox.js", import.meta.url).href] });
  }
}

addEventListener("online", () => { showNet(); if (owner) later(); });
addEventListener("offline", showNet);
begin();
