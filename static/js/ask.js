// Sending a form: ask first where it matters, send only once, never into a dead line.

let dialog = null;

function show(sentence, yes, no) {
  dialog?.remove();
  dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "ask-sentence");
  dialog.innerHTML = `
    <p class="confirm-sentence" id="ask-sentence"></p>
    <form class="form-end" method="dialog">
      <button class="button plain" value="no" hidden></button>
      <button class="button primary" value="yes"></button>
    </form>`;
  const [refuse, agree] = dialog.querySelectorAll("button");
  dialog.querySelector("p").textContent = sentence;
  agree.textContent = yes;
  refuse.textContent = no;
  refuse.hidden = !no;
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
  });
}

// A bulk action says how many rows it will touch.
function question(form, submitter) {
  const sentence = submitter?.dataset.confirm || form.dataset.confirm;
  if (!sentence || !form.matches("[data-bulk]")) return sentence;
  return `${form.querySelector("[data-bulk-count]").textContent}。${sentence}`;
}

// Leaving the page for a server that does not answer would lose what was typed, so it is asked for
// a small file first. Whatever it answers, it is there.
const PATIENCE = 8000;

async function isReachable() {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PATIENCE);
  try {
    await fetch(document.querySelector("link[rel=icon]").href, { method: "HEAD", cache: "no-store", signal: limit.signal });
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function hold(form, button, isHeld) {
  if (isHeld) form.dataset.sent = "1";
  else delete form.dataset.sent;
  button?.classList.toggle("is-busy", isHeld);
}

const agreed = new WeakSet();
const reached = new WeakSet();

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  const stop = () => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  if (form.dataset.sent) return stop();
  if (!navigator.onLine) {
    stop();
    await show("网络断了，还没有提交。您填的内容都在，连上网络后再提交一次。", "知道了", "");
    return;
  }
  const sentence = question(form, event.submitter);
  if (sentence && !agreed.has(form)) {
    stop();
    if (await show(sentence, "确定", "取消")) {
      agreed.add(form);
      form.requestSubmit(event.submitter);
    }
    return;
  }
  if (form.matches("[data-guard]") && !reached.has(form)) {
    stop();
    hold(form, event.submitter, true);
    const isThere = await isReachable();
    hold(form, event.submitter, false);
    if (isThere) {
      reached.add(form);
      form.requestSubmit(event.submitter);
    } else {
      agreed.delete(form);
      await show("连不上服务器，还没有提交。您填的内容都在，过一会儿再提交一次。", "知道了", "");
    }
    return;
  }
  agreed.delete(form);
  reached.delete(form);
  if (form.matches("[data-once], [data-guard], [data-confirm]")) {
    form.dataset.sent = "1";
    event.submitter?.classList.add("is-busy");
    event.submitter?.setAttribute("aria-disabled", "true");
  }
});

// Coming back by the browser's arrow, the form can be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll(".is-busy")) {
      button.classList.remove("is-busy");
      button.removeAttribute("aria-disabled");
    }
  }
});

// What stopped the form is read out first.
document.querySelector("[data-summary]")?.focus();
