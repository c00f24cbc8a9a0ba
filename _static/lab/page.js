// What every page does: send its form and keep what was entered until the server has it, move focus
// to errors, choose steps of a scale by their number, and follow when the experimenter moves the
// participant on. Listeners sit on the document, because a page that has errors is shown in place.

import { focusErrors } from "./errors.js";
import { here, send, soon } from "./send.js";
import { openSocket } from "./socket.js";

const SAY_AFTER_MS = 4000; // without an answer

// A key pressed too early must not send half a page: Enter works on buttons and in text areas.
document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.key === "Enter" && target instanceof HTMLInputElement && target.form?.id === "form") event.preventDefault();
});

// ----------------------------------------------------------------------------------- sending

let sending = 0; // the number of the page's try to get sent; 0: none
let tries = 0;
let form = null;
let submitter = null;
let hurry = () => {};

document.addEventListener("submit", (event) => {
    // A round sends its own form.
    const stops = event.target.matches(".withdrawal form");
    if ((event.target.id !== "form" && !stops) || event.target.method !== "post" || event.defaultPrevented) return;
    event.preventDefault();
    const again = sending && form === event.target;
    ({ target: form, submitter } = event);
    if (again) hurry();
    else deliver();
});

/** Send the page until somebody takes it. */
async function deliver() {
    const mine = sending = ++tries;
    const button = submitter ?? document.querySelector("#form button:not([type=button])");
    button?.setAttribute("aria-disabled", "true");
    while (sending === mine) {
        const slow = setTimeout(() => say("lost"), SAY_AFTER_MS);
        const answer = await send(form.isConnected ? form : document.getElementById("form"), submitter);
        clearTimeout(slow);
        if (sending !== mine) return;
        if (answer.next || answer.trouble === "gone") {
            window.location.assign(answer.next ?? here());
            return;
        }
        if (answer.html && show(answer.html)) return;
        say(answer.trouble ?? "failed");
        if (answer.trouble !== "lost" && answer.trouble !== "starting") {
            settle();
            return;
        }
        await new Promise((resolve) => {
            hurry = resolve;
            setTimeout(resolve, soon());
        });
    }
}

window.addEventListener("online", () => hurry());

function say(trouble) {
    const line = document.getElementById("sending");
    line.textContent = line.dataset[trouble];
}

/** The page may be sent again. */
function settle() {
    sending = 0;
    for (const button of document.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
}

/** The page as the server shows it again: with errors, or in another language. Whether it is one. */
function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const parts = ["body > header", "#main", "#sending"];
    if (!parts.every((part) => page.querySelector(part))) return false;
    document.title = page.title;
    for (const name of ["lang", "dir", "class"]) {
        document.documentElement.setAttribute(name, page.documentElement.getAttribute(name) ?? "");
    }
    for (const part of parts) document.querySelector(part).replaceWith(page.querySelector(part));
    settle();
    window.scrollTo(0, 0);
    if (!focusErrors()) {
        const main = document.getElementById("main");
        main.tabIndex = -1;
        main.focus();
    }
    return true;
}

window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.getElementById("sending").textContent = "";
    settle();
});

// What stopping means opens below the button, perhaps out of view.
document.addEventListener("toggle", ({ target }) => {
    if (target.matches?.(".withdrawal") && target.open) target.scrollIntoView({ block: "nearest" });
}, true);

// ------------------------------------------------------------------------------------ fields

document.addEventListener("keydown", (event) => {
    const step = event.target.closest?.("[data-scale]")?.querySelector(`input[value="${CSS.escape(event.key)}"]`);
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    step.checked = true;
    step.focus();
});

document.addEventListener("change", (event) => {
    if (event.target.id === "id_larger_letters") document.documentElement.classList.toggle("larger", event.target.checked);
});
document.addEventListener("click", (event) => {
    if (event.target.id === "print") window.print();
});

openSocket(document.getElementById("page-script").dataset.socket, {
    message: (data) => { if (data.auto_advanced) window.location.reload(); },
});
