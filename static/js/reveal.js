// A masked value in full, for a reason, for as long as the office has set. Without script the form posts by itself.

for (const details of document.querySelectorAll("[data-reveal]")) {
  const form = details.querySelector("form");
  const place = details.closest("dd").querySelector("[data-reveal-value]");
  const help = form.querySelector(".help");
  const calm = help.textContent;

  details.addEventListener("toggle", () => details.open && form.elements.reason.focus());

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.asking) return;
    if (form.elements.reason.value.trim().length < 2) {
      complain("请写明查看事由，例如“电话回访”。");
      return;
    }
    form.dataset.asking = "1";
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
      });
      const { value, sentence } = await answer.json();
      if (answer.ok) show(value);
      else complain(sentence);
    } catch {
      complain("没有查到，可能是网络不通，请稍后再试。");
    } finally {
      delete form.dataset.asking;
    }
  });

  function complain(sentence) {
    help.textContent = sentence;
    help.classList.add("bad");
    help.setAttribute("role", "alert");
    form.elements.reason.focus();
  }

  function show(value) {
    const masked = place.textContent;
    const left = document.createElement("span");
    left.className = "reveal-left";
    left.title = "到时自动隐藏";
    place.setAttribute("aria-live", "polite");
    place.textContent = value;
    place.classList.add("is-revealed");
    place.after(left);
    details.open = false;
    details.hidden = true;
    help.textContent = calm;
    help.classList.remove("bad");
    form.reset();

    const end = Date.now() + Number(details.dataset.seconds) * 1000;
    const timer = setInterval(tick, 1000);
    window.addEventListener("pagehide", hide, { once: true });
    tick();

    function tick() {
      const rest = Math.ceil((end - Date.now()) / 1000);
      if (rest <= 0) hide();
      else left.textContent = `${rest} 秒`;
    }

    function hide() {
      clearInterval(timer);
      window.removeEventListener("pagehide", hide);
      place.textContent = masked;
      place.classList.remove("is-revealed");
      left.remove();
      details.hidden = false;
    }
  }
}
