// Moving households: choose all, and what both neighbourhoods will count, before anything is sent.

const form = document.querySelector("[data-move]");
if (form) {
  const boxes = [...form.querySelectorAll('input[name="household"]')];
  const all = form.querySelector("[data-move-all]");
  const target = form.querySelector('[name="target"]');
  const targetText = form.querySelector("#move-target");
  const newName = form.querySelector('[name="new_name"]');
  const sum = form.querySelector("[data-move-sum]");
  const [count, low, high] = ["count", "low", "high"].map((key) => Number(form.dataset[key]));

  const judge = (homes) => (homes > high ? `超过${high}户` : homes < low ? `不足${low}户` : "");

  const line = (words, problem = "") => {
    const p = document.createElement("p");
    p.textContent = problem ? `${words}，${problem}` : words;
    p.className = problem ? "word warn" : "";
    return p;
  };

  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    const name = newName.value.trim();
    const lines = [line(chosen ? `已选 ${chosen} 户` : "还没有选择住户")];
    if (chosen) {
      const rest = count - chosen;
      lines.push(line(`调整后，本邻 ${rest} 户`, rest ? judge(rest) : "本邻将没有住户"));
    }
    if (name && target.value) lines.push(line("已有的邻和新邻", "只能填一项"));
    else if (chosen && name) lines.push(line(`新邻“${name}” ${chosen} 户`, judge(chosen)));
    else if (chosen && target.value) lines.push(line(`${targetText.value} 增加 ${chosen} 户`));
    sum.replaceChildren(...lines);
  };

  form.querySelector("[data-move-all-label]").hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", show);
  newName.addEventListener("input", show);
  show();
}
