// What every page does: move focus to errors, send a form once, choose steps of a scale by their
// number, and follow when the experimenter moves the participant on.

import { openSocket } from "./socket.js";

const summary = document.getElementById("error-summary");
if (summary) summary.focus();

const form = document.getElementById("form");

// A key pressed too early must not send half a page: Enter works on buttons and in text areas.
form?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault();
});

form?.addEventListener("submit", (event) => {
    const button = form.querySelector("button:not([type=button])");
    if (button.getAttribute("aria-disabled") === "true") event.preventDefault();
    else button.setAttribute("aria-disabled", "true");
});
window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
});

for (const scale of document.querySelectorAll("[data-scale]")) {
    scale.addEventListener("keydown", (event) => {
        const step = scale.querySelector(`input[value="${CSS.escape(event.key)}"]`);
        if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
        event.preventDefault();
        step.checked = true;
        step.focus();
    });
}

document.getElementById("print")?.addEventListener("click", () => window.print());

openSocket(document.getElementById("page-script").dataset.socket, {
    message: (data) => { if (data.auto_advanced) window.location.reload(); },
});
