// The settings of a list: columns are moved by buttons, and no more chosen than the list can show.

for (const form of document.querySelectorAll("[data-columns]")) {
  const list = form.querySelector(".columns");
  const note = form.querySelector("[data-columns-note]");
  const most = Number(form.dataset.most);

  for (const moves of form.querySelectorAll(".column-moves")) moves.hidden = false;

  const check = () => {
    const count = list.querySelectorAll("input:checked").length;
    const isBad = count < 1 || count > most;
    note.textContent = isBad ? `请选1到${most}列，现在选了${count}列。` : "";
    note.classList.toggle("bad", isBad);
    return !isBad;
  };

  list.addEventListener("change", check);
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    const item = button.closest("li");
    const other = button.dataset.move === "1" ? item.nextElementSibling : item.previousElementSibling;
    if (!other) return;
    if (button.dataset.move === "1") other.after(item);
    else other.before(item);
    button.focus();
    const name = item.querySelector("label").textContent.trim();
    note.textContent = `${name}现在排第${[...list.children].indexOf(item) + 1}`;
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "reset" || check()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}
