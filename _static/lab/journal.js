// Answers that the server has not acknowledged, kept on this computer until it has. All tabs of the
// same round share them.

export class Journal {
    /** `changed()` is called when another tab has answered a card. */
    constructor(participant, round, changed) {
        this.key = `journal/${participant}/${round}`;
        this.acknowledged = 0;
        this.answers = this.#stored();
        window.addEventListener("storage", (event) => {
            if (event.key !== this.key) return;
            this.#merge();
            changed();
        });
    }

    #stored() {
        try {
            const answers = JSON.parse(localStorage.getItem(this.key)) ?? [];
            return Array.isArray(answers) ? answers : [];
        } catch {
            return [];
        }
    }

    /** Take in what other tabs have kept. */
    #merge() {
        const own = new Set(this.answers.map((answer) => answer.item));
        const others = this.#stored().filter((answer) => !own.has(answer.item));
        this.answers = [...this.answers, ...others]
            .filter((answer) => answer.item > this.acknowledged)
            .sort((a, b) => a.item - b.item);
    }

    #store() {
        try {
            if (this.answers.length) localStorage.setItem(this.key, JSON.stringify(this.answers));
            else localStorage.removeItem(this.key);
        } catch {
            // No storage (private window, full disk): the answers still live in this page.
        }
    }

    add(answer) {
        this.answers.push(answer);
        this.#merge();
        this.#store();
    }

    /** Forget what the server has: everything up to card `applied`. */
    acknowledge(applied) {
        this.acknowledged = Math.max(applied, this.acknowledged);
        if (!this.answers.some((answer) => answer.item <= applied)) return;
        this.#merge();
        this.#store();
    }

    /** Give up what the server will never take. */
    clear() {
        this.answers = [];
        this.#store();
    }

    /** The number of the last answered card, or `applied` if there is none. */
    last(applied) {
        return this.answers.length ? this.answers[this.answers.length - 1].item : applied;
    }
}
