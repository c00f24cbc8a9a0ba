// A round of the task. The page never waits for the network: an answer goes into the journal and
// the next card is shown in the same frame. The server's side is effort_task/protocol.py.

import { Clock } from "./clock.js";
import { Journal } from "./journal.js";
import { openSocket } from "./socket.js";

const source = document.getElementById("round-start");
const start = JSON.parse(source.textContent);
const { words } = start;
const task = await import(`./tasks/${start.task}.js`);

const REPLY_WITHIN_MS = 4000;
const ASK_AGAIN_MS = 1000;
const MOST_ANSWERS = 30; // in one message over the socket
const SAY_ONLINE_MS = 5000;
const MOST_REFUSALS = 5;
const ANNOUNCE_SECONDS = [60, 30, 10];
const ICONS = { right: "✓ ", wrong: "✗ " };

const by = (id) => document.getElementById(id);
const [form, card, box, goOn] = [by("form"), by("card"), by("answer"), by("go-on")];

const clock = new Clock(start.elapsed_ms);
const journal = new Journal(start.participant, start.round, () => showNext());
const cards = new Map();
let applied = start.applied;
let current = null; // the card on screen
let shownAt = 0; // by performance.now()
let focusLost = 0;
let pasted = false;
let over = false;
let leaving = false;

// ------------------------------------------------------------------------------------- cards

function take(status) {
    for (const each of status.items) cards.set(each.item, each);
    applied = Math.max(applied, status.applied);
    journal.acknowledge(applied);
    for (const number of cards.keys()) if (number <= applied) cards.delete(number);
    by("solved").textContent = status.correct.toLocaleString(document.documentElement.lang);
}

function showNext() {
    if (over) return;
    const number = Math.max(applied, journal.last(applied)) + 1;
    if (start.last_item !== null && number > start.last_item) {
        allDone();
        return;
    }
    if (current === number) return;
    const next = cards.get(number);
    card.classList.remove("closed");
    box.readOnly = !next;
    if (!next) {
        current = null;
        say(words.preparing);
        return;
    }
    current = number;
    task.show(next);
    box.value = "";
    shownAt = performance.now();
    focusLost = 0;
    pasted = false;
    box.focus({ preventScroll: true });
}

function answer() {
    if (current === null || over) return;
    const response = box.value.trim();
    const now = clock.now();
    // The server may set the clock while a card is shown; how long it took tells the steady one.
    const took = performance.now() - shownAt;
    if (took < start.fastest_ms) return; // a key that bounced
    if (!response) {
        say(words.empty, "wrong");
        return;
    }
    if (start.duration_ms !== null && now >= start.duration_ms) return;
    journal.add({
        item: current,
        response,
        shown_ms: Math.max(0, now - took),
        answered_ms: Math.max(now, took),
        focus_lost: focusLost,
        pasted,
    });
    say("");
    showNext();
    sync();
}

card.addEventListener("submit", (event) => {
    event.preventDefault();
    answer();
    box.focus({ preventScroll: true });
});
for (const kind of ["paste", "drop"]) box.addEventListener(kind, () => { pasted = true; });
window.addEventListener("blur", () => { focusLost += 1; });

// The cursor waits in the answer box, wherever one clicks.
const wanted = "button, input, a, dialog, summary";
document.addEventListener("click", (event) => {
    if (!over && !event.target.closest(wanted)) box.focus({ preventScroll: true });
});
window.addEventListener("focus", () => { if (!over && !by("stop-dialog")?.open) box.focus({ preventScroll: true }); });

// ------------------------------------------------------------------------------------ server

let waiting = null; // when the message under way was sent
let refusals = 0;
let lost = false;

const socket = openSocket(source.dataset.socket, {
    open: () => { waiting = null; sync(true); },
    close: () => { waiting = null; },
    message: (data) => { if (data.otree_success && data.live_method_payload) received(data.live_method_payload); },
});

function message(answers) {
    return { round: start.round, have: Math.max(applied, ...cards.keys()), answers };
}

function sync(always = false) {
    if (leaving || waiting !== null || !socket.isOpen()) return;
    const hungry = current === null && !over && !isDone();
    if (!always && !journal.answers.length && !hungry) return;
    waiting = performance.now();
    socket.send(message(journal.answers.slice(0, MOST_ANSWERS)));
}

function received(reply) {
    if (reply.round !== start.round) return;
    if (waiting !== null) clock.correct(reply.elapsed_ms, waiting);
    waiting = null;
    connection(true);
    if (reply.refused === "not started") {
        window.location.reload();
        return;
    }
    take(reply);
    for (const [item, correct, solution] of reply.results ?? []) tell(item, correct, solution);
    if (reply.refused) refused();
    else refusals = 0;
    if (current !== null && current <= applied) current = null; // another tab was quicker
    if (current === null) showNext();
    if (!reply.refused) sync();
}

function refused() {
    refusals += 1;
    if (refusals < MOST_REFUSALS) return; // asked again by the ticker
    console.warn("The server does not take these answers", journal.answers);
    refusals = 0;
    journal.clear();
    current = null;
}

function tell(item, correct, solution) {
    if (correct === null) return;
    const text = correct ? words.correct : solution ? words.wrong_solution : words.wrong;
    say(text.replace("{item}", item).replace("{solution}", solution), correct ? "right" : "wrong");
}

function say(text, kind = "") {
    by("feedback").textContent = (ICONS[kind] ?? "") + text;
    by("feedback").className = `feedback ${kind}`;
}

function connection(works) {
    if (works === !lost) return;
    lost = !works;
    const line = by("connection");
    line.className = lost ? "connection lost" : "connection";
    line.textContent = lost ? words.offline : words.online;
    if (!lost) setTimeout(() => { if (!lost) line.textContent = ""; }, SAY_ONLINE_MS);
}

/** Go where the participant is by now: the server does not answer a round that was left in another tab. */
async function follow() {
    try {
        const response = await fetch(window.location.href, { redirect: "manual" });
        if (response.type === "opaqueredirect" && !leaving) window.location.reload();
    } catch {
        // No network: the ticker asks again.
    }
}

// -------------------------------------------------------------------------------------- time

let announced = new Set(ANNOUNCE_SECONDS.filter((s) => start.duration_ms !== null && remaining() <= s));

function remaining() {
    return Math.max(0, (start.duration_ms - clock.now()) / 1000);
}

function tick() {
    if (start.duration_ms !== null && !leaving) {
        const seconds = Math.ceil(remaining());
        by("time-text").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
        by("time-bar").style.transform = `scaleX(${Math.min(1, remaining() * 1000 / start.duration_ms)})`;
        for (const mark of ANNOUNCE_SECONDS) {
            if (seconds <= mark && seconds > mark - 2 && !announced.has(mark)) {
                announced.add(mark);
                by("announcement").textContent = words[`announce_${mark}`];
            }
        }
        if (remaining() <= 0) timeUp();
    }
}

setInterval(tick, 200);
setInterval(() => {
    if (leaving) return;
    if (waiting !== null && performance.now() - waiting > REPLY_WITHIN_MS) {
        connection(false);
        socket.reopen();
        follow();
    } else if (!socket.isOpen()) {
        connection(false);
    } else {
        sync();
    }
}, ASK_AGAIN_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden) sync(true); });

// ----------------------------------------------------------------------------------- leaving

function isDone() {
    return start.last_item !== null && Math.max(applied, journal.last(applied)) >= start.last_item;
}

function end(text) {
    // The card leaves its place to the text, so that nothing else moves.
    over = true;
    card.classList.add("closed");
    by("ended-text").textContent = text;
    by("ended").hidden = false;
    by("connection").textContent = "";
    by("stop")?.remove();
    by("stop-dialog")?.close();
}

function allDone() {
    end(words.all_done);
    goOn.hidden = false;
    goOn.focus();
}

function timeUp() {
    if (leaving) return;
    end(words.time_up);
    by("announcement").textContent = words.time_up;
    leave();
}

/** Send what is left together with the page, as often as it takes. */
async function leave() {
    leaving = true;
    form.elements.journal.value = JSON.stringify(message(journal.answers));
    let response = null;
    try {
        response = await fetch(window.location.href, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    } catch {
        by("connection").textContent = words.saving;
    }
    if (response?.ok && new URL(response.url).pathname !== window.location.pathname) {
        journal.clear();
        window.location.assign(response.url);
        return;
    }
    if (response?.status === 404) {
        window.location.reload();
        return;
    }
    setTimeout(leave, ASK_AGAIN_MS);
}

form.addEventListener("submit", (event) => {
    event.preventDefault();
    by("connection").textContent = words.saving;
    if (!leaving) leave();
});
by("stop")?.addEventListener("click", () => by("stop-dialog").showModal());
by("stop-no")?.addEventListener("click", () => by("stop-dialog").close());
by("stop-dialog")?.addEventListener("close", () => { if (!over) box.focus({ preventScroll: true }); });
by("stop-yes")?.addEventListener("click", () => {
    form.querySelector("input[name=stop]").value = "1"; // form.elements.stop is also the button
    end(words.saving);
    leave();
});

// ------------------------------------------------------------------------------------- start

take(start);
journal.acknowledge(applied);
if (start.duration_ms !== null && remaining() <= 0) timeUp();
else showNext();
tick();
