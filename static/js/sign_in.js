// The password can be looked at while one types it; a locked shift key is said before it fails.

const password = document.getElementById("password");
const look = document.querySelector("[data-show-password]");
const caps = document.querySelector("[data-caps]");

look.closest("label").hidden = false;
look.addEventListener("change", () => {
  password.type = look.checked ? "text" : "password";
});
password.form.addEventListener("submit", () => {
  password.type = "password"; // so that no browser keeps it as ordinary text
});
password.addEventListener("keyup", (event) => {
  caps.hidden = !event.getModifierState?.("CapsLock");
});
password.addEventListener("blur", () => {
  caps.hidden = true;
});
