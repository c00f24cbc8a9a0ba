// While the server is down: asks until it is back, then goes on where one was.

const EVERY_MS = 2000;
// Not everybody at the same moment.
const SPREAD_MS = 1500;

const form = document.getElementById("form");

async function look() {
    try {
        const answer = await fetch("/static/lab/icon.svg", { cache: "no-store" });
        if (answer.ok) {
            setTimeout(goOn, Math.random() * SPREAD_MS);
            return;
        }
    } catch {
        // Nobody there yet.
    }
    setTimeout(look, EVERY_MS);
}

function goOn() {
    if (form) form.submit();
    else window.location.reload();
}

setTimeout(look, EVERY_MS);
