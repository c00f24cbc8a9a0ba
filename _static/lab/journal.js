// The answers of a round, kept on this computer until the round is submitted: also those that the
// server has acknowledged, because a server that was put back to an older copy asks for them again.
// All tabs of the same round share them.

const KEPT_MS = 7 * 24 * 3600 * 1000;

export class Journal {
    /** `changed()` is called when another tab has answered a card or submitted the round. */
    constructor(participant, round, changed) {
        this.key = `journal/${participant}/${round}`;
        const { acknowledged, answers } = this.#stored();
        this.acknowledged = acknowledged; // the highest card that the server ever acknowledged
        this.answers = new Map(answers.map((answer) => [answer.item, answer]));
        forgetOld();
        window.addEventListener("storage", (event) => {
            if (event.key !== this.key) return;
            this.#merge();
            changed();
        });
    }

    #stored() {
        let kept = null;
        try {
            kept = JSON.parse(localStorage.getItem(this.key));
        } catch {
            // Nothing that can be read.
        }
        const answers = Array.isArray(kept?.answers) ? kept.answers.filter(isAnswer) : [];
        return { acknowledged: isCount(kept?.acknowledged) ? kept.acknowledged : 0, answers };
    }

    /** Take in what other tabs have kept. */
    #merge() {
        for (const answer of this.#stored().answers) {
            if (!this.answers.has(answer.item)) this.answers.set(answer.item, answer);
        }
    }

    #store() {
        const answers = [...this.answers.values()].sort((a, b) => a.item - b.item);
        const kept = { at: Date.now(), acknowledged: this.acknowledged, answers };
        try {
            localStorage.setItem(this.key, JSON.stringify(kept));
        } catch {
            // No storage (private window, full disk): the answers still live in this page.
        }
    }

    has(item) {
        return this.answers.has(item);
    }

    add(answer) {
        this.answers.set(answer.item, answer);
        this.#merge();
        this.#store();
    }

    /** The server says how far it has stored, which may be less than it once said. */
    acknowledge(applied) {
        if (applied === this.acknowledged) return;
        this.acknowledged = applied;
        this.#store();
    }

    /** Give up one answer that the server will never take. */
    drop(item) {
        this.answers.delete(item);
        this.#store();
    }

    /** What the server that has all up to `applied` can take, in order. */
    unsent(applied) {
        const found = [];
        for (let item = applied + 1; this.has(item); item += 1) found.push(this.answers.get(item));
        return found;
    }

    /** The round is submitted. */
    remove() {
        this.answers.clear();
        try {
            localStorage.removeItem(this.key);
        } catch {
            // There is none.
        }
    }
}

const isCount = (value) => Number.isInteger(value) && value >= 0;
const isTime = (value) => Number.isFinite(value) && value >= 0;

function isAnswer(answer) {
    const { item, response, shown_ms: shown, answered_ms: answered, focus_lost: lost, pasted, keys } = answer ?? {};
    return isCount(item) && typeof response === "string" && response.trim() !== "" && isTime(shown)
        && isTime(answered) && shown <= answered && isCount(lost) && typeof pasted === "boolean" && isCount(keys);
}

/** Rounds that were left in another way, perhaps by somebody else at this computer. */
function forgetOld() {
    try {
        for (const key of Object.keys(localStorage)) {
            if (!key.startsWith("journal/")) continue;
            const at = JSON.parse(localStorage.getItem(key))?.at;
            if (!isTime(at) || Date.now() - at > KEPT_MS) localStorage.removeItem(key);
        }
    } catch {
        // Nothing can be kept, so nothing is.
    }
}
