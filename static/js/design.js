// The columns of a ledger: moved and dropped by buttons. Without script the numbers say the order.

const list = document.querySelector("[data-design]");
const state = document.querySelector("[data-design-state]");

const number = () => {
  [...list.children].forEach((line, index) => {
    line.querySelector("[name=place]").value = (index + 1) * 10;
  });
};

const name = (line) => {
  const select = line.querySelector("[name=key]");
  return line.querySelector("[name=heading]").value || (select.value ? select.selectedOptions[0].textContent : "空行");
};

if (list) {
  list.classList.add("has-moves");
  for (const moves of list.querySelectorAll(".design-moves")) moves.hidden = false;
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const line = event.target.closest("[data-line]");
    if (!button || !line) return;
    if ("drop" in button.dataset) {
      line.querySelector("[name=key]").value = "";
      state.textContent = `${name(line)}保存时去掉`;
      line.querySelector("[name=key]").dispatchEvent(new Event("change", { bubbles: true }));
    } else {
      const other = button.dataset.move === "1" ? line.nextElementSibling : line.previousElementSibling;
      if (!other) return;
      if (button.dataset.move === "1") other.after(line);
      else other.before(line);
      number();
      button.focus();
      state.textContent = `${name(line)}现在排第${[...list.children].indexOf(line) + 1}`;
      list.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  list.addEventListener("change", (event) => {
    const line = event.target.closest("[data-line]");
    if (line && event.target.name === "key") line.classList.toggle("is-removed", !event.target.value);
  });
}
