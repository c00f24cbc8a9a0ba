// The time since the round started, by the server's clock, on this computer's steady clock.

const CORRECT_BEYOND_MS = 1500;

export class Clock {
    /** `elapsed` as the server wrote it into the page. */
    constructor(elapsed) {
        const [navigation] = performance.getEntriesByType("navigation");
        this.start = (navigation?.responseStart || performance.now()) - elapsed;
        this.bestRoundTrip = Infinity;
    }

    now() {
        return Math.max(0, performance.now() - this.start);
    }

    /**
     * A reply says `elapsed`; the question was asked at `sentAt` (performance.now()). Returns by how
     * much time was given back, in ms: it stands still while the server is down.
     */
    correct(elapsed, sentAt) {
        const arrived = performance.now();
        const roundTrip = arrived - sentAt;
        const start = arrived - roundTrip / 2 - elapsed;
        const moved = start - this.start;
        const far = Math.abs(moved) > roundTrip + CORRECT_BEYOND_MS;
        // The quickest reply tells the time best; a sleeping computer loses time.
        if (roundTrip < this.bestRoundTrip || far) {
            this.bestRoundTrip = roundTrip;
            this.start = start;
        }
        return far ? Math.max(0, moved) : 0;
    }
}
