// Files are looked at in a dialog; Esc closes it and the focus returns to the file.

const dialog = document.createElement("dialog");
dialog.className = "dialog preview";
dialog.setAttribute("aria-labelledby", "preview-name");
dialog.innerHTML = `
  <div class="preview-head">
    <h2 id="preview-name"></h2>
    <a class="button plain small">下载</a>
    <form method="dialog"><button class="button plain small">关闭</button></form>
  </div>
  <div class="preview-body" tabindex="0"></div>`;
const body = dialog.querySelector(".preview-body");

const make = (tag, facts) => Object.assign(document.createElement(tag), facts);

const say = (sentence) => {
  const note = make("p", { className: "help", textContent: sentence });
  note.setAttribute("role", "status");
  return note;
};

const SHOW = {
  image: async (url, name) => make("img", { src: url, alt: name }),
  pdf: async (url, name) => make("iframe", { src: url, title: name }),
  text: async (url) => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error("no text");
    return make("pre", { textContent: await answer.text() });
  },
};

async function open(link) {
  const { preview, name, download } = link.dataset;
  dialog.querySelector("h2").textContent = name;
  dialog.querySelector("a").href = download;
  body.className = `preview-body is-${preview}`;
  body.replaceChildren(say("正在打开……"));
  dialog.showModal();
  body.focus();
  try {
    const shown = await SHOW[preview](link.href, name);
    shown.addEventListener("error", () => body.replaceChildren(say("没有打开，请下载后查看。")));
    body.replaceChildren(shown);
  } catch {
    body.replaceChildren(say("没有打开，可能是网络不通，请稍后再试或下载后查看。"));
  }
}

dialog.addEventListener("close", () => body.replaceChildren());
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

const links = document.querySelectorAll("[data-preview]");
if (links.length) document.body.append(dialog);
for (const link of links) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link);
  });
}
