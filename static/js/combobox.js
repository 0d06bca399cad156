// Text with suggestions behind it (WAI-ARIA combobox). The hidden input carries the chosen id;
// other scripts may set it and fire "change" on it.

const WAIT = 220;
const LEAST = 2;

class Combo {
  constructor(box) {
    this.box = box;
    this.input = box.querySelector("[role=combobox]");
    this.value = box.querySelector("[data-combo-value]");
    this.clearer = box.querySelector("[data-combo-clear]");
    this.list = box.querySelector("[role=listbox]");
    this.note = box.querySelector(".combo-note");
    this.active = -1;
    this.input.addEventListener("input", (event) => event.isComposing || this.typed());
    this.input.addEventListener("compositionend", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.left());
    this.clearer.addEventListener("click", () => this.clear());
    this.value.addEventListener("change", () => this.settled());
    // Keeps the focus in the text while an option is clicked.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.take(event.target.closest("[role=option]")));
  }

  typed() {
    this.set("");
    this.clearer.hidden = !this.input.value;
    clearTimeout(this.timer);
    this.asked?.abort();
    this.close();
    this.say("");
    if (this.input.value.trim().length >= LEAST) this.timer = setTimeout(() => this.ask(), WAIT);
  }

  async ask() {
    const wanted = this.input.value.trim();
    const url = new URL(this.box.dataset.url, location.href);
    url.searchParams.set("query", wanted);
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: asked.signal });
      const { results, sentence } = await answer.json();
      if (answer.ok) this.offer(results, wanted);
      else this.say(sentence, true);
    } catch (problem) {
      if (problem.name !== "AbortError") this.say("没有查到，可能是网络不通。请稍后再输入一次。", true);
    }
  }

  offer(results, wanted) {
    this.list.replaceChildren(...results.map((result, i) => this.option(result, i)));
    this.move(-1);
    if (document.activeElement === this.input) this.open(results.length > 0);
    this.list.scrollIntoView({ block: "nearest" });
    this.say(results.length ? "" : `没有找到“${wanted}”，请换个说法再查。`);
  }

  option(result, i) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${i}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.dataset.id = result.id;
    item.dataset.label = result.label;
    item.append(result.label);
    if (result.hint) {
      const hint = document.createElement("span");
      hint.textContent = result.hint;
      item.append(hint);
    }
    return item;
  }

  key(event) {
    if (event.isComposing) return;
    const count = this.list.children.length;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
      event.preventDefault();
      this.open(true);
      const by = event.key === "ArrowDown" ? 1 : -1;
      this.move(this.active < 0 && by < 0 ? count - 1 : (this.active + by + count) % count);
    } else if (event.key === "Enter" && !this.list.hidden && !event.ctrlKey) {
      event.preventDefault();
      this.take(this.list.children[Math.max(this.active, 0)]);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    }
  }

  move(to) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = to;
    const item = this.list.children[to];
    item?.setAttribute("aria-selected", "true");
    item?.scrollIntoView({ block: "nearest" });
    if (item) this.input.setAttribute("aria-activedescendant", item.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  take(item) {
    if (!item) return;
    this.input.value = item.dataset.label;
    this.say("");
    this.set(item.dataset.id);
    this.list.replaceChildren();
    this.close();
  }

  clear() {
    this.input.value = "";
    this.typed();
    this.input.focus();
  }

  set(id) {
    if (this.value.value === id) return;
    this.value.value = id;
    this.value.dispatchEvent(new Event("change", { bubbles: true }));
  }

  settled() {
    this.clearer.hidden = !this.value.value && !this.input.value;
  }

  left() {
    this.close();
    if (this.input.value.trim() && !this.value.value) this.say("还没有选定，请从列表里点选一项。", true);
  }

  open(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
  }

  close() {
    this.open(false);
    this.move(-1);
  }

  say(sentence, isBad = false) {
    this.note.textContent = sentence;
    this.note.hidden = !sentence;
    this.note.classList.toggle("bad", isBad);
  }
}

const dress = (root) => root.querySelectorAll("[data-combo]").forEach((box) => new Combo(box));
dress(document);
document.addEventListener("added", (event) => dress(event.target));
