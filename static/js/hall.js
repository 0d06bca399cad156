// The hall screen fetches itself again every five seconds; when the line is lost it says so.

async function renew() {
  const shown = document.getElementById("hall");
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error("no answer");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("hall");
    if (fresh && fresh.innerHTML !== shown.innerHTML) shown.replaceWith(fresh);
  } catch {
    shown.querySelector("[data-line]").hidden = false;
  }
  setTimeout(renew, 5000);
}

setTimeout(renew, 5000);
