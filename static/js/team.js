// The team as it stands while it is being chosen. The server decides; the page only says what is lacking.

const form = document.querySelector("[data-team]");
if (form) {
  const state = form.querySelector("[data-team-state]");
  const best = form.querySelector("[data-team-best]");
  const seats = [...form.querySelectorAll("[data-seat]")].map((box) => ({
    box,
    label: box.dataset.seat,
    people: box.querySelector(".seat-people"),
    filter: box.querySelector("[data-seat-filter]"),
    mark: box.querySelector("[data-seat-state]"),
  }));
  const chosenOf = (seat) => [...seat.people.children].filter((person) => person.querySelector(":checked"));

  const badge = (mark, words, tone) => {
    if (mark.textContent !== words) mark.textContent = words; // said aloud only when it changes
    mark.className = `badge ${tone}`;
  };

  const showContact = (seat, chosen) => {
    for (const person of seat.people.querySelectorAll("[data-person]")) {
      const isChosen = chosen.includes(person);
      const sign = person.querySelector("[data-contact]");
      if (sign) sign.hidden = person !== chosen[0];
      const make = person.querySelector("[data-make-contact]");
      if (make) make.hidden = !isChosen || person === chosen[0];
    }
  };

  const show = () => {
    const lacking = [];
    for (const seat of seats) {
      const chosen = chosenOf(seat);
      if (!chosen.length) lacking.push(seat.label);
      badge(seat.mark, chosen.length ? `已选${chosen.length}名` : "待选", chosen.length ? "ok" : "warn");
      showContact(seat, chosen);
    }
    badge(state, lacking.length ? `还缺：${lacking.join("、")}` : "已配齐", lacking.length ? "warn" : "ok");
  };

  const narrow = (seat) => {
    const wanted = seat.filter.value.trim().toLowerCase();
    let left = 0;
    for (const person of seat.people.querySelectorAll("[data-person]")) {
      const isChosen = person.querySelector("input").checked;
      person.hidden = !isChosen && !person.textContent.toLowerCase().includes(wanted);
      left += !person.hidden;
    }
    seat.people.querySelector("[data-seat-none]").hidden = left > 0;
  };

  for (const seat of seats) {
    if (!seat.filter) continue;
    seat.filter.hidden = false;
    seat.filter.addEventListener("input", () => narrow(seat));
    seat.filter.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault(); // narrowing a list must not send the form
    });
  }

  form.addEventListener("change", show);
  form.addEventListener("click", (event) => {
    const make = event.target.closest("[data-make-contact]");
    if (!make) return;
    // The first of the staff sent is the contact, so the row itself moves to the front.
    const person = make.closest("[data-person]");
    person.parentElement.prepend(person);
    person.querySelector("input").dispatchEvent(new Event("change", { bubbles: true }));
    person.querySelector("input").focus();
  });

  if (form.querySelector("[data-best]")) {
    best.hidden = false;
    best.addEventListener("click", () => {
      for (const input of form.querySelectorAll("[data-seat] [name]")) {
        input.checked = input.hasAttribute("data-best");
      }
      form.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  show();
}
