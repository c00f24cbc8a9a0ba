// A round of the task. The page never waits for the network: an answer goes into the journal and
// the next card is shown in the same frame. The server's side is effort_task/protocol.py.

import { Clock } from "./clock.js";
import { Journal } from "./journal.js";
import { here, send, soon } from "./send.js";
import { openSocket } from "./socket.js";

const source = document.getElementById("round-start");
const start = JSON.parse(source.textContent);
const { words } = start;
const task = await import(`./tasks/${start.task}.js`);

const REPLY_WITHIN_MS = 4000;
const ASK_AGAIN_MS = 1000;
const SAY_HERE_MS = 4000; // the server takes a page that says nothing for 8 seconds for lost
const LOOK_AFTER_MS = 20_000; // without a socket: does the round still exist?
const MOST_ANSWERS = 30; // in one message over the socket
const MOST_IN_FORM = 1000;
const SAY_MS = 8000;
const ANNOUNCE_SECONDS = [60, 30, 10];
const ICONS = { right: "✓ ", wrong: "✗ " };
const TIME_BACK = "time-back";

// Refusals of effort_task/journal.py that say: this answer will never be taken. Whatever else is
// refused (too fast, not stored) is sent again until it is taken.
const NEVER = new Set([
    "an answer is not an object", "a response is not text", "a response is too long",
    "a response is empty", "answered before it was shown", "pasted is not true or false",
    "not a count", "not a time", "past the last card",
]);

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
let keys = 0;
let over = false;
let leaving = false;

// ------------------------------------------------------------------------------------- cards

function take(status) {
    for (const each of status.items) cards.set(each.item, each);
    wentBack(status.applied);
    applied = status.applied;
    for (const number of cards.keys()) if (number <= applied) cards.delete(number);
    by("solved").textContent = status.correct.toLocaleString(document.documentElement.lang);
}

/** The first card that neither the server, which has all up to `stored`, nor this page has an answer to. */
function next(stored = applied) {
    let number = stored + 1;
    while (journal.has(number)) number += 1;
    return number;
}

function isDone() {
    return start.last_item !== null && next() > start.last_item;
}

function showNext() {
    if (over) return;
    if (isDone()) {
        allDone();
        return;
    }
    const number = next();
    if (current === number) return;
    const upcoming = cards.get(number);
    card.classList.remove("closed");
    box.readOnly = !upcoming;
    if (!upcoming) {
        current = null;
        say(words.preparing);
        return;
    }
    current = number;
    task.show(upcoming);
    box.value = "";
    shownAt = performance.now();
    focusLost = 0;
    pasted = false;
    keys = 0;
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
        keys,
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
// Keyboards, touch keyboards and input methods all change the box bit by bit; a script does not.
box.addEventListener("input", (event) => {
    if (event.isTrusted && !/Paste|Drop/.test(event.inputType)) keys += 1;
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
let sentAt = 0;
let openedAt = performance.now();
let refused = "";
let oneByOne = false; // after a refusal: which answer is it?
let uncounted = 0;

const socket = openSocket(source.dataset.socket, {
    open: () => { waiting = null; sync(true); },
    close: () => { waiting = null; },
    message: received,
});

/** The highest card up to which the page needs none from the server. */
function have() {
    let number = applied;
    while (cards.has(number + 1) || journal.has(number + 1)) number += 1;
    return number;
}

function message(answers) {
    return { round: start.round, have: have(), acknowledged: journal.acknowledged, answers };
}

function sync(always = false) {
    if (leaving || waiting !== null || !socket.isOpen()) return;
    const answers = journal.unsent(applied).slice(0, oneByOne ? 1 : MOST_ANSWERS);
    const hungry = current === null && !over && !isDone();
    if (!always && !answers.length && !hungry) return;
    sentAt = waiting = performance.now();
    socket.send(message(answers));
}

function received(reply) {
    if (reply.moved_on) {
        if (!leaving) window.location.reload();
        return;
    }
    if (reply.round !== start.round) return;
    if (reply.refused === "not started" && !leaving) window.location.reload();
    if (reply.applied === undefined) {
        waiting = null; // the ticker asks again
        return;
    }
    const givenBack = waiting === null ? 0 : clock.correct(reply.elapsed_ms, waiting);
    waiting = null;
    if (lost) note(words.online);
    lost = false;
    if (givenBack && start.duration_ms !== null) note(words.time_back);
    take(reply);
    journal.acknowledge(applied);
    uncounted += reply.uncounted ?? 0;
    for (const [item, correct, solution] of reply.results ?? []) tell(item, correct, solution);
    refused = reply.refused;
    if (NEVER.has(refused)) giveUp();
    else if (!journal.unsent(applied).length) oneByOne = false;
    if (current !== null && current <= applied) current = null; // another tab was quicker
    if (current === null) showNext();
    if (!refused) sync();
}

/** The message holds an answer that the server will never take: find it, and give up that one. */
function giveUp() {
    const [first] = journal.unsent(applied);
    if (!first) return;
    if (oneByOne || refused === "past the last card") {
        console.warn("The server does not take this answer", refused, first);
        journal.drop(first.item);
        current = null;
    }
    oneByOne = true;
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

// ------------------------------------------------------------ what happens to the connection

let lost = false;
let missing = 0; // the server once had the answers up to this card, and gets them again
let saving = false;
let passing = ""; // what goes away by itself

/** One line below the card. */
function showLine() {
    const working = lost ? words.offline : missing ? words.sending_again : "";
    const lasting = saving ? words.saving : over ? "" : working;
    const line = by("connection");
    line.className = lasting ? "connection lost" : "connection";
    if (line.textContent !== (lasting || passing)) line.textContent = lasting || passing;
}

function note(text) {
    passing = text;
    setTimeout(() => {
        if (passing === text) passing = "";
        showLine();
    }, SAY_MS);
    showLine();
}

function goneOffline() {
    lost = true;
    showLine();
}

/** The server has less than it acknowledged: an older copy of its data was put back. */
function wentBack(stored) {
    if (stored < journal.acknowledged) {
        const kept = next(stored) > journal.acknowledged;
        missing = kept ? journal.acknowledged : 0;
        if (!kept) note(words.answers_missing);
    } else if (missing && stored >= missing) {
        missing = 0;
        note(words.sent_again);
    }
    showLine();
}

/** Without a socket for long: if the round was left, or does not exist any more, go along. */
async function look() {
    try {
        const response = await fetch(here(), { redirect: "manual" });
        if ((response.type === "opaqueredirect" || response.status === 404) && !leaving) window.location.reload();
    } catch {
        // No network.
    }
}

// -------------------------------------------------------------------------------------- time

let announced = new Set(ANNOUNCE_SECONDS.filter((s) => start.duration_ms !== null && remaining() <= s));

function remaining() {
    return Math.max(0, (start.duration_ms - clock.now()) / 1000);
}

function tick() {
    if (start.duration_ms === null || leaving) return;
    const seconds = Math.ceil(remaining());
    by("time-text").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    by("time-bar").style.transform = `scaleX(${Math.min(1, remaining() * 1000 / start.duration_ms)})`;
    for (const mark of ANNOUNCE_SECONDS) {
        if (seconds > mark + 2) announced.delete(mark); // also if time was given back
        if (seconds <= mark && seconds > mark - 2 && !announced.has(mark)) {
            announced.add(mark);
            by("announcement").textContent = words[`announce_${mark}`];
        }
    }
    if (remaining() <= 0) timeUp();
}

setInterval(tick, 200);
setInterval(() => {
    const now = performance.now();
    if (socket.isOpen()) openedAt = now;
    if (leaving) return;
    if (waiting !== null && now - waiting > REPLY_WITHIN_MS) {
        goneOffline();
        socket.reopen();
    } else if (!socket.isOpen()) {
        goneOffline();
        if (now - openedAt > LOOK_AFTER_MS) {
            openedAt = now;
            look();
        }
    } else {
        sync(now - sentAt > SAY_HERE_MS);
    }
}, ASK_AGAIN_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden) sync(true); });

// ----------------------------------------------------------------------------------- leaving

function end(text, why = "") {
    // The card leaves its place to the text, so that nothing else moves.
    over = true;
    card.classList.add("closed");
    by("ended-text").textContent = text;
    by("ended-why").textContent = why;
    by("ended").hidden = false;
    passing = "";
    showLine();
    by("stop")?.remove();
    by("stop-dialog")?.close();
}

function offerToGoOn() {
    goOn.hidden = false;
    goOn.removeAttribute("aria-disabled");
    goOn.focus();
}

function allDone() {
    end(words.all_done);
    offerToGoOn();
}

function timeUp() {
    if (leaving) return;
    end(words.time_up);
    by("announcement").textContent = words.time_up;
    leave();
}

let sending = false;
let onward = ""; // where one goes after having read what did not count

/** Send what is left together with the page, as often as it takes. */
async function leave() {
    leaving = sending = true;
    goOn.setAttribute("aria-disabled", "true");
    const answers = journal.unsent(applied).slice(0, MOST_IN_FORM);
    form.elements.journal.value = JSON.stringify(message(answers));
    const slow = setTimeout(saySaving, REPLY_WITHIN_MS);
    const answer = await send(form);
    clearTimeout(slow);
    if (answer.next) {
        journal.remove();
        onward = answer.next;
        if (uncounted) tooLate(uncounted);
        else window.location.assign(onward);
    } else if (answer.html) {
        stillHere(answer.html);
    } else if (answer.trouble === "gone") {
        window.location.reload();
    } else {
        saySaving();
        setTimeout(leave, soon());
    }
}

function saySaving() {
    saving = true;
    showLine();
}

/** The server shows the round once more: it has something to say, or time goes on. */
function stillHere(html) {
    const text = new DOMParser().parseFromString(html, "text/html").getElementById("round-start")?.textContent;
    const status = text ? JSON.parse(text) : null;
    if (status?.round !== start.round) {
        window.location.reload();
        return;
    }
    take(status);
    journal.acknowledge(applied);
    const left = start.duration_ms === null ? 0 : start.duration_ms - status.elapsed_ms;
    if (status.uncounted) {
        tooLate(status.uncounted + uncounted);
        uncounted = 0;
    } else if (left > ASK_AGAIN_MS || (start.duration_ms === null && !isDone())) {
        // Time stood still while the server was down: there is some left.
        if (left > 0) remember(TIME_BACK);
        window.location.reload();
    } else {
        setTimeout(leave, left + soon());
    }
}

/** Answers did not count. One is told before one goes on. */
function tooLate(count) {
    sending = saving = false;
    end(count === 1 ? words.uncounted_one : words.uncounted_many.replace("{n}", count), words.uncounted_why);
    by("announcement").textContent = `${by("ended-text").textContent} ${words.uncounted_why}`;
    offerToGoOn();
}

form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sending) return;
    if (onward) window.location.assign(onward);
    else leave();
});
by("stop")?.addEventListener("click", () => by("stop-dialog").showModal());
by("stop-no")?.addEventListener("click", () => by("stop-dialog").close());
by("stop-dialog")?.addEventListener("close", () => { if (!over) box.focus({ preventScroll: true }); });
by("stop-yes")?.addEventListener("click", () => {
    form.querySelector("input[name=stop]").value = "1"; // form.elements.stop is also the button
    end(words.saving);
    leaveWhenTaken();
});

/** The server ends the round with this form: what it takes only in a moment goes first. */
function leaveWhenTaken() {
    if (leaving) return;
    if (socket.isOpen() && refused === "too fast") setTimeout(leaveWhenTaken, ASK_AGAIN_MS);
    else leave();
}

function remember(what) {
    try {
        sessionStorage.setItem(what, start.round);
    } catch {
        // Then it is not said.
    }
}

function remembered(what) {
    try {
        const found = sessionStorage.getItem(what) === start.round;
        sessionStorage.removeItem(what);
        return found;
    } catch {
        return false;
    }
}

// ------------------------------------------------------------------------------------- start

take(start);
if (applied > journal.acknowledged) journal.acknowledge(applied);
if (remembered(TIME_BACK)) note(words.time_back);
if (start.duration_ms !== null && remaining() <= 0) timeUp();
else showNext();
tick();
