// Keeps the experimenter's page about the server up to date.

const EVERY_MS = 10_000;

async function refresh() {
    const board = document.getElementById("board");
    try {
        const answer = await fetch(window.location.href, { cache: "no-store" });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("board");
        // Logged out meanwhile: show the page that asks for the password.
        if (answer.ok && !fresh) window.location.reload();
        if (fresh) board.replaceWith(fresh);
        else document.getElementById("board-lost").hidden = false;
    } catch {
        document.getElementById("board-lost").hidden = false;
    }
    setTimeout(refresh, EVERY_MS);
}

setTimeout(refresh, EVERY_MS);
