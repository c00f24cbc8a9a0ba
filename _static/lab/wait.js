// Waits until the server says that there is something to go on to.

import { openSocket } from "./socket.js";

openSocket(document.getElementById("wait-script").dataset.socket, {
    message: (data) => { if (!data.error) window.location.reload(); },
});
