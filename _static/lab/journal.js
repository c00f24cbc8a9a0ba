// Answers that the server has not acknowledged, kept on this computer until it has.

export class Journal {
    constructor(participant, round) {
        this.key = `journal/${participant}/${round}`;
        this.answers = this.#stored();
    }

    #stored() {
        try {
            const answers = JSON.parse(localStorage.getItem(this.key)) ?? [];
            return Array.isArray(answers) ? answers : [];
        } catch {
            return [];
        }
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
        this.#store();
    }

    /** Forget what the server has: everything up to card `applied`. */
    acknowledge(applied) {
        const open = this.answers.filter((answer) => answer.item > applied);
        if (open.length === this.answers.length) return;
        this.answers = open;
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
