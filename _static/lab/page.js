// What every page does: move focus to errors, send a form once, choose steps of a scale by their
// number, and follow when the experimenter moves the participant on.

import "./errors.js";
import { openSocket } from "./socket.js";

const form = document.getElementById("form");

// A key pressed too early must not send half a page: Enter works on buttons and in text areas.
form?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault();
});

let sent = false;
form?.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
    event.submitter?.setAttribute("aria-disabled", "true");
});
window.addEventListener("pageshow", () => {
    sent = false;
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

document.getElementById("id_larger_letters")?.addEventListener("change", (event) => {
    document.documentElement.classList.toggle("larger", event.target.checked);
});
document.getElementById("print")?.addEventListener("click", () => window.print());

openSocket(document.getElementById("page-script").dataset.socket, {
    message: (data) => { if (data.auto_advanced) window.location.reload(); },
});
