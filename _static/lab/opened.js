// Whether somebody opened the address that is offered; sent with the form, also after a reload.

const link = document.querySelector("a[data-opens]");
const key = `opened${window.location.pathname}`;
const sent = document.getElementById("form").elements[link.dataset.opens];
sent.value = "False";
try {
    if (sessionStorage.getItem(key)) sent.value = "True";
} catch {
    // Without storage a reload starts from zero.
}
for (const way of ["click", "auxclick"]) {
    link.addEventListener(way, () => {
        sent.value = "True";
        try {
            sessionStorage.setItem(key, "1");
        } catch {
            // As above.
        }
    });
}
