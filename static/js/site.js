// Improves pages that work without it: puts the keyboard on the errors, opens the menu on wide screens, guards against a second press, shows that a file is being sent.
"use strict";

document.querySelector("[data-focus]")?.focus();

if (window.matchMedia("(min-width: 768px)").matches && !CSS.supports("selector(::details-content)")) {
  document.querySelectorAll("[data-open-when-wide]").forEach((menu) => { menu.open = true; });
}

// A file that the server would refuse is not sent at all: the words stand at its field, and what was typed stays.
const isTooLarge = (input) => [...input.files].some((file) => file.size > Number(input.dataset.largest || Infinity));
document.addEventListener("change", ({ target }) => {
  if (target.type !== "file") return;
  target.closest(".form-group").querySelector("[data-too-large]").hidden = !isTooLarge(target);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  const files = [...form.querySelectorAll("input[type=file]")];
  const large = files.find(isTooLarge);
  if (large) {
    event.preventDefault();
    large.focus();
    return;
  }
  form.dataset.sent = "yes";
  if (files.some((input) => input.files.length)) {
    form.querySelectorAll("[data-upload-progress]").forEach((note) => { note.hidden = false; });
  }
});

// A page taken back from the browser's memory may be sent again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
});

// The budget meter stays up to date while the page is seen; the server answers 304 while nothing changed.
const live = document.querySelector("[data-live]");
if (live) {
  const renew = async () => {
    if (document.hidden) return;
    const answer = await fetch(live.dataset.live, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return;
    const found = await answer.json();
    document.querySelectorAll("[data-live-text]").forEach((place) => {
      const text = found.texts[place.dataset.liveText];
      if (place.textContent !== text) place.textContent = text;
    });
    // A meter without a value shows that something goes on, and not how far it is.
    document.querySelectorAll("[data-live-percent]").forEach((meter) => {
      if (found.percent === null) meter.removeAttribute("value");
      else meter.value = found.percent;
    });
  };
  renew();
  setInterval(renew, 15000);
}
