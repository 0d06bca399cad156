// Asks, when one of the compared boxes is left, whether the same is there already. Only a note
// under the box: nothing waits for the answer, and nothing is stopped by it.

const form = document.querySelector("form[data-similar]");

const content = () => new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
const compared = () =>
  JSON.stringify([...form.querySelectorAll("[data-compared] [name]")].map((box) => [box.name, box.value]));

let before = compared();
let asked = null;

// The place of the note must be there before it speaks, or it is not read out.
function placeIn(field) {
  const found = field.querySelector(".similar");
  if (found) return found;
  const place = document.createElement("div");
  place.className = "similar";
  place.setAttribute("role", "status");
  field.append(place);
  return place;
}

function link({ label, url }) {
  const found = document.createElement("a");
  found.href = url;
  found.target = "_blank";
  found.rel = "noopener";
  found.textContent = label;
  const where = document.createElement("span");
  where.className = "sr-only";
  where.textContent = "（在新标签页打开）";
  found.append(where);
  return found;
}

function note(place, { sentence, links }) {
  const words = document.createElement("p");
  words.append(`${sentence}：`);
  links.forEach((one, i) => words.append(...(i ? ["、"] : []), link(one)));
  place.append(words);
}

// What has been shown does not come back when the form is saved.
function remember({ links }) {
  for (const { id } of links) {
    if (form.querySelector(`[name=seen][value="${CSS.escape(id)}"]`)) continue;
    const seen = document.createElement("input");
    seen.type = "hidden";
    seen.name = "seen";
    seen.value = id;
    form.append(seen);
  }
}

async function ask() {
  const now = compared();
  if (now === before) return;
  before = now;
  asked?.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(form.dataset.similar, {
      method: "POST",
      body: content(),
      headers: { Accept: "application/json" },
      signal: asked.signal,
    });
    if (!answer.ok) return;
    const { found } = await answer.json();
    for (const place of form.querySelectorAll(".similar")) place.replaceChildren();
    for (const one of found) {
      const field = document.getElementById(one.box)?.closest(".field");
      if (!field) continue;
      note(placeIn(field), one);
      remember(one);
    }
  } catch {
    // No answer, no note: saving asks once more.
  }
}

const prepare = (root) => root.querySelectorAll("[data-compared]").forEach(placeIn);
prepare(form);
form.addEventListener("added", (event) => prepare(event.target));
form.addEventListener("focusout", (event) => event.target.closest("[data-compared]") && ask());
