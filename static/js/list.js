// Lists: a whole row opens, picks for bulk work, filters that leave a readable address.

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-rows] tr[data-href]");
  if (!row || event.target.closest("a, button, input, label, summary, .pick")) return;
  if (String(getSelection())) return;
  if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
  else location.assign(row.dataset.href);
});

// A cell cut to one line tells the rest as its tip.
document.addEventListener("mouseover", (event) => {
  const cell = event.target.closest(".table.list td");
  if (cell && cell.scrollWidth > cell.clientWidth) cell.title = cell.textContent.trim();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// ---- filters ----

const filters = document.querySelector("[data-filters]");
filters?.addEventListener("formdata", ({ formData }) => {
  const kept = [...formData].filter(([, value]) => value !== "");
  for (const name of new Set(formData.keys())) formData.delete(name);
  for (const [name, value] of kept) formData.append(name, value);
});

for (const box of document.querySelectorAll("[data-multi]")) {
  box.addEventListener("change", () => {
    const chosen = [...box.querySelectorAll("input:checked")];
    const words = chosen.map((pick) => pick.parentElement.textContent.trim());
    box.querySelector("[data-multi-text]").textContent = words.join("、") || "不限";
  });
}

// Shift on a heading sorts by that column too, after the ones that sort already.
document.addEventListener("click", (event) => {
  const heading = event.shiftKey && event.target.closest("[data-also]");
  if (!heading) return;
  event.preventDefault();
  location.assign(heading.dataset.also);
});

// ---- how many each view holds ----

const views = document.querySelector("[data-counts]");
if (views) {
  fetch(views.dataset.counts, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : { counts: [] }))
    .then(({ counts }) => {
      for (const [place, link] of [...views.querySelectorAll("a")].entries()) {
        const figure = link.querySelector(".count");
        figure.textContent = counts[place] ?? "";
        figure.hidden = !counts[place];
      }
    })
    .catch(() => {}); // the figures are an extra; the list stands without them
}

// ---- bulk ----

const bulk = document.querySelector("[data-bulk]");
if (bulk) {
  const picks = [...document.querySelectorAll("[data-pick]")];
  const pickAll = document.querySelector("[data-pick-all]");
  const all = bulk.querySelector("[data-bulk-all]");
  const everything = bulk.querySelector("[data-bulk-everything]");
  const words = bulk.querySelector("[data-bulk-count]");
  const total = document.querySelector("[data-rows][data-count]").dataset.count;

  const show = () => {
    const count = picks.filter((pick) => pick.checked).length;
    const isWhole = count === picks.length;
    if (!isWhole) all.value = "";
    bulk.hidden = count === 0;
    pickAll.checked = isWhole;
    pickAll.indeterminate = count > 0 && !isWhole;
    everything.hidden = !isWhole || Boolean(all.value) || total === `${count} 条`;
    words.textContent = all.value ? `已选符合条件的 ${total}` : `已选 ${count} 条`;
  };
  const pickEach = (isPicked) => {
    for (const pick of picks) pick.checked = isPicked;
    show();
  };

  for (const pick of picks) pick.addEventListener("change", show);
  pickAll.addEventListener("change", () => pickEach(pickAll.checked));
  everything.addEventListener("click", () => {
    all.value = "1";
    show();
  });
  bulk.querySelector("[data-bulk-none]").addEventListener("click", () => pickEach(false));
  window.addEventListener("pageshow", show);
}
