// Typing @ in a remark offers colleagues; a taken one also sends his id, which tells equal names apart.

const WAIT = 150;
const CALL = /(?:^|[^0-9A-Za-z._-])[@＠]([^@＠\s]{0,20})$/;

class Mention {
  constructor(box) {
    this.box = box;
    this.text = box.querySelector("textarea");
    this.list = document.createElement("ul");
    this.list.className = "combo-list";
    this.list.id = `${this.text.id}-people`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "提到同事");
    this.note = document.createElement("p");
    this.note.className = "sr-only";
    this.note.setAttribute("role", "status");
    box.append(this.list, this.note);
    this.text.setAttribute("aria-autocomplete", "list");
    this.text.setAttribute("aria-controls", this.list.id);
    this.active = -1;
    this.text.addEventListener("input", (event) => event.isComposing || this.typed());
    this.text.addEventListener("compositionend", () => this.typed());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("blur", () => this.close());
    this.text.addEventListener("click", () => this.close());
    // Keeps the focus in the text while an option is clicked.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.take(event.target.closest("[role=option]")));
  }

  // What was typed between the last @ and the caret; null outside a call.
  called() {
    const match = CALL.exec(this.text.value.slice(0, this.text.selectionStart));
    return match && match[1];
  }

  typed() {
    clearTimeout(this.timer);
    this.asked?.abort();
    const words = this.called();
    if (words === null) this.close();
    else this.timer = setTimeout(() => this.ask(words), WAIT);
  }

  async ask(words) {
    const url = new URL(this.box.dataset.url, location.href);
    url.searchParams.set("query", words);
    const asked = (this.asked = new AbortController());
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: asked.signal });
      if (answer.ok) this.offer((await answer.json()).results);
      else this.close();
    } catch {
      this.close(); // the server finds a name that was typed out all the same
    }
  }

  offer(people) {
    if (!people.length || document.activeElement !== this.text) return this.close();
    this.list.replaceChildren(...people.map((person, i) => this.option(person, i)));
    this.list.hidden = false;
    this.move(0);
    this.list.scrollIntoView({ block: "nearest" });
    this.note.textContent = `有${people.length}位同事，按上下键选择，按回车选定`;
  }

  option(person, i) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${i}`;
    item.setAttribute("role", "option");
    item.dataset.id = person.id;
    item.dataset.name = person.name;
    const unit = document.createElement("span");
    unit.textContent = person.unit;
    item.append(person.name, unit);
    return item;
  }

  key(event) {
    if (event.isComposing || this.list.hidden || event.ctrlKey || event.metaKey) return;
    const count = this.list.children.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.move((this.active + (event.key === "ArrowDown" ? 1 : -1) + count) % count);
    } else if (event.key === "Enter" || event.key === "Tab") {
      this.take(this.list.children[this.active]);
    } else if (event.key === "Escape") {
      this.close();
    } else {
      return;
    }
    event.preventDefault();
  }

  move(to) {
    [...this.list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === to)));
    this.active = to;
    const item = this.list.children[to];
    item?.scrollIntoView({ block: "nearest" });
    if (item) this.text.setAttribute("aria-activedescendant", item.id);
    else this.text.removeAttribute("aria-activedescendant");
  }

  take(item) {
    if (!item) return;
    const end = this.text.selectionStart;
    const start = end - this.called().length;
    this.text.setRangeText(`${item.dataset.name} `, start, end, "end");
    const chosen = document.createElement("input");
    chosen.type = "hidden";
    chosen.name = "mentioned";
    chosen.value = item.dataset.id;
    this.text.form.append(chosen);
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.list.hidden = true;
    this.list.replaceChildren();
    this.note.textContent = "";
    this.move(-1);
  }
}

for (const box of document.querySelectorAll("[data-mention]")) new Mention(box);
