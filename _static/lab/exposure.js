// How long the page was in view, how long it was open but hidden, and how much was played.
// A reload goes on where it was.

const key = `exposure/${window.location.pathname}`;
const times = load();
let since = performance.now();
let playing = false;

function load() {
    try {
        return { seen: 0, hidden: 0, media: 0, ...JSON.parse(sessionStorage.getItem(key)) };
    } catch {
        return { seen: 0, hidden: 0, media: 0 };
    }
}

function count() {
    const now = performance.now();
    const passed = (now - since) / 1000;
    since = now;
    times[wasHidden ? "hidden" : "seen"] += passed;
    if (playing) times.media += passed;
    wasHidden = document.hidden;
    try {
        sessionStorage.setItem(key, JSON.stringify(times));
    } catch {
        // Without storage a reload starts from zero.
    }
}

let wasHidden = document.hidden;
document.addEventListener("visibilitychange", count);
window.addEventListener("pagehide", count);

for (const recording of document.querySelectorAll("[data-recording]")) {
    recording.addEventListener("playing", () => { count(); playing = true; });
    for (const halt of ["pause", "waiting", "ended", "seeking", "error"]) {
        recording.addEventListener(halt, () => { count(); playing = false; });
    }
    const failed = () => { document.getElementById("media-failed").hidden = false; };
    recording.addEventListener("error", failed);
    if (recording.error) failed(); // it failed before this script was there
}

// Before page.js sends the form.
document.addEventListener("submit", ({ target: form }) => {
    count();
    for (const input of form.querySelectorAll("[data-time]")) {
        input.value = times[input.dataset.time].toFixed(3);
    }
}, true);
