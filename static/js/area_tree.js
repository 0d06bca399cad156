// Choosing an area step by step down the tree 街道–村社区–片–组–邻, beside typing its name.

class AreaTree {
  constructor(button) {
    this.box = button.closest("[data-combo]");
    this.button = button;
    this.path = [];
    button.hidden = false;
    button.addEventListener("click", () => this.open());
  }

  open() {
    this.dialog ||= this.made();
    this.path = [];
    this.dialog.showModal();
    this.walk("");
  }

  made() {
    const dialog = document.createElement("dialog");
    dialog.className = "dialog area-tree";
    dialog.setAttribute("aria-label", this.button.getAttribute("aria-label"));
    dialog.innerHTML = `
      <h2></h2>
      <nav class="crumbs" aria-label="上级区域"><ol></ol></nav>
      <p class="help" role="status"></p>
      <ul class="drop-list"></ul>
      <form class="form-end" method="dialog"><button class="button plain">取消</button></form>`;
    dialog.querySelector("h2").textContent = this.button.getAttribute("aria-label");
    document.body.append(dialog);
    return dialog;
  }

  async walk(id) {
    const url = new URL(this.box.dataset.url, location.href);
    url.searchParams.set("below", id);
    const note = this.dialog.querySelector("[role=status]");
    note.textContent = "正在查……";
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      const { results, sentence } = await answer.json();
      note.textContent = answer.ok ? (results.length ? "" : "下面没有更小的区域了。") : sentence;
      if (answer.ok) this.show(results);
    } catch {
      note.textContent = "没有查到，可能是网络不通，请稍后再试。";
    }
  }

  show(areas) {
    const steps = this.path.map((area, place) => this.line(this.press(area.name, () => this.back(place))));
    this.dialog.querySelector("ol").replaceChildren(...steps);
    const list = this.dialog.querySelector("ul");
    list.replaceChildren(...areas.map((area) => this.row(area)));
    list.querySelector("button")?.focus();
  }

  row(area) {
    const item = this.line();
    const name = document.createElement("span");
    name.textContent = area.name;
    const kind = document.createElement("small");
    kind.textContent = area.hint;
    name.append(kind);
    item.append(name);
    if (area.may_choose) item.append(this.press("选这里", () => this.take(area), `选择${area.label}`));
    if (area.has_below) item.append(this.press("下一级", () => this.down(area), `打开${area.name}的下一级`));
    return item;
  }

  line(...content) {
    const item = document.createElement("li");
    item.append(...content);
    return item;
  }

  press(words, act, label = "") {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet small";
    button.textContent = words;
    if (label) button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    return button;
  }

  down(area) {
    this.path.push(area);
    this.walk(area.id);
  }

  back(place) {
    this.path = this.path.slice(0, place + 1);
    this.walk(this.path.at(-1).id);
  }

  take(area) {
    const value = this.box.querySelector("[data-combo-value]");
    const input = this.box.querySelector("[role=combobox]");
    input.value = area.label;
    value.value = area.id;
    value.dispatchEvent(new Event("change", { bubbles: true }));
    this.dialog.close();
    input.focus();
  }
}

const dress = (root) => root.querySelectorAll("[data-area-tree]").forEach((button) => new AreaTree(button));
dress(document);
document.addEventListener("added", (event) => dress(event.target));
