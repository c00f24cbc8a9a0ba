// Sends the form of a page without leaving the page, so that nothing is lost if nobody takes it.

const GIVE_UP_MS = 15_000;
const STARTING = [502, 503, 504];

/** When to try again: not everybody at the same moment. */
export const soon = () => 1000 + Math.random() * 1000;

/** This page's address, without the part that leads to a place on it. */
export const here = () => window.location.pathname + window.location.search;

/**
 * One try. Returns { next }: where to go; { html }: the page as the server shows it again; or
 * { trouble }: "lost" (no connection), "starting" (the server), "gone", "failed". A page that was
 * sent already may be sent again: the server then only says where one is by now.
 */
export async function send(form, submitter) {
    const body = new URLSearchParams(new FormData(form));
    if (submitter?.name) body.append(submitter.name, submitter.value);
    // Who stops is led to the page on which they are by now, and stops there.
    const stops = form.id !== "form";
    const options = {
        method: "POST",
        body,
        redirect: stops ? "follow" : "manual",
        headers: { "X-Page": "stays" }, // lab/page.py then names the next page instead of leading there
        signal: AbortSignal.timeout?.(GIVE_UP_MS), // older browsers wait for longer
    };
    try {
        const response = await fetch(stops ? form.action : here(), options);
        if (response.type === "opaqueredirect") return { next: here() };
        if (response.status === 204) return { next: response.headers.get("X-Next") ?? here() };
        if (response.ok) return { html: await response.text() };
        if (STARTING.includes(response.status)) return { trouble: "starting" };
        return { trouble: { 404: "gone", 408: "lost" }[response.status] ?? "failed" };
    } catch {
        return { trouble: "lost" };
    }
}
