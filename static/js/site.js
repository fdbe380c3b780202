// Improves pages that work without it: puts the keyboard on the errors, opens the menu on wide screens, guards against a second press, shows that a file is being sent.
"use strict";

document.querySelector("[data-focus]")?.focus();

if (window.matchMedia("(min-width: 768px)").matches && !CSS.supports("selector(::details-content)")) {
  document.querySelectorAll("[data-open-when-wide]").forEach((menu) => { menu.open = true; });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const files = [...form.querySelectorAll("input[type=file]")];
  if (files.some((input) => input.files.length)) {
    form.querySelectorAll("[data-upload-progress]").forEach((note) => { note.hidden = false; });
  }
});

// A page taken back from the browser's memory may be sent again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
});
