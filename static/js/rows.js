// Rows of owned parts on the form of their owner: added and removed in place.
// Without script the form offers empty rows and a tick box for removal.

class Part {
  constructor(box) {
    this.box = box;
    this.list = box.querySelector("[data-part-rows]");
    this.template = box.querySelector("[data-part-template]");
    this.adder = box.querySelector("[data-part-add]");
    this.status = box.querySelector("[data-part-status]");
    this.own = new RegExp(`^${box.dataset.slug}-(\\d+)-`);
    this.next = 1 + Math.max(-1, ...this.numbers);
    this.rows.forEach((row) => this.dress(row));
    if (this.adder) {
      this.adder.addEventListener("click", () => this.add().querySelector("input:not([type=hidden]), select, textarea").focus());
    }
    this.count();
  }

  get rows() {
    return [...this.list.querySelectorAll("[data-part-row]")];
  }

  get numbers() {
    return [...this.list.querySelectorAll("[name]")].map((box) => Number(this.own.exec(box.name)[1]));
  }

  add(number = this.next) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    const blank = this.box.dataset.placeholder;
    for (const element of [row, ...row.querySelectorAll("*")]) {
      for (const attribute of element.attributes) {
        if (attribute.value.includes(blank)) attribute.value = attribute.value.replaceAll(blank, number);
      }
    }
    this.next = Math.max(this.next, number + 1);
    this.list.append(row);
    this.dress(row);
    this.count();
    row.dispatchEvent(new CustomEvent("added", { bubbles: true }));
    return row;
  }

  // The tick box stays what is sent; the button only turns it.
  dress(row) {
    const label = row.querySelector("[data-part-check]");
    if (!label && row.querySelector("[name$='-id']")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet part-remove";
    row.append(button);
    if (!label) {
      button.addEventListener("click", () => this.drop(row));
      return;
    }
    const check = label.querySelector("input");
    label.hidden = true;
    check.addEventListener("change", () => this.reflect(row));
    button.addEventListener("click", () => {
      check.checked = !check.checked;
      this.reflect(row);
      const title = row.querySelector("[data-part-title]").textContent;
      this.say(check.checked ? `${title}保存时移除，保存前可以撤销` : `${title}不移除了`);
    });
    this.reflect(row);
  }

  reflect(row) {
    const isRemoved = row.querySelector("[data-part-check] input").checked;
    row.classList.toggle("is-removed", isRemoved);
    row.querySelector("[data-part-boxes]").hidden = isRemoved;
    this.count();
  }

  drop(row) {
    const title = row.querySelector("[data-part-title]").textContent;
    const rows = this.rows;
    const at = rows.indexOf(row);
    row.remove();
    this.count();
    this.say(`${title}已去掉`);
    const near = rows[at + 1] ?? rows[at - 1];
    (near?.querySelector(".part-remove") ?? this.adder)?.focus();
  }

  // Titles count the rows; twenty are the most.
  count() {
    this.rows.forEach((row, i) => {
      const title = `${this.box.dataset.label} ${i + 1}`;
      row.querySelector("[data-part-title]").textContent = title;
      const button = row.querySelector(".part-remove");
      if (!button) return;
      const isRemoved = row.classList.contains("is-removed");
      button.textContent = isRemoved ? "撤销移除" : "移除";
      button.setAttribute("aria-label", `${button.textContent}${title}`);
    });
    if (this.adder) this.adder.hidden = this.rows.length >= Number(this.box.dataset.most);
  }

  say(sentence) {
    this.status.textContent = sentence;
  }

  // A draft may have more rows than the page.
  refill(names) {
    const wanted = names.map((name) => this.own.exec(name)).filter(Boolean);
    const there = new Set(this.numbers);
    for (const number of new Set(wanted.map((found) => Number(found[1])))) {
      if (!there.has(number) && this.template) this.add(number);
    }
  }
}

for (const box of document.querySelectorAll("[data-part]")) {
  const part = new Part(box);
  box.closest("form").addEventListener("refill", (event) => part.refill(event.detail));
}
