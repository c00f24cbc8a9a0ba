// A WebSocket that comes back by itself.

const WAITS = [250, 500, 1000, 2000, 3000];

/**
 * Opens `path` on this host. Handlers: message(data), open(), close().
 * Returns { send(data), isOpen(), reopen() }.
 */
export function openSocket(path, handlers) {
    let socket = null;
    let tries = 0;

    function connect() {
        const scheme = window.location.protocol === "https:" ? "wss" : "ws";
        const mine = new WebSocket(`${scheme}://${window.location.host}${path}`);
        socket = mine;
        mine.onopen = () => {
            if (mine !== socket) return;
            tries = 0;
            handlers.open?.();
        };
        mine.onmessage = (event) => {
            // What an earlier connection still brings is out of date.
            if (mine === socket) handlers.message?.(JSON.parse(event.data));
        };
        mine.onclose = () => {
            if (mine !== socket) return;
            handlers.close?.();
            setTimeout(connect, WAITS[Math.min(tries++, WAITS.length - 1)]);
        };
    }

    connect();
    return {
        isOpen: () => socket.readyState === WebSocket.OPEN,
        send: (data) => socket.send(JSON.stringify(data)),
        reopen: () => {
            // Do not wait for a dead connection to notice that it is dead.
            const old = socket;
            socket = null;
            old.close();
            handlers.close?.();
            connect();
        },
    };
}
