// How often somebody opened a text that stands folded on the page; sent with the form. A reload
// goes on where it was.

for (const text of document.querySelectorAll("details[data-counts]")) {
    const key = `folded/${window.location.pathname}/${text.dataset.counts}`;
    const count = document.createElement("input");
    count.type = "hidden";
    count.name = text.dataset.counts;
    count.value = stored(key) ?? "0";
    document.getElementById("form").append(count);
    text.addEventListener("toggle", () => {
        if (!text.open) return;
        count.value = String(Number(count.value) + 1);
        store(key, count.value);
    });
}

function stored(key) {
    try {
        return sessionStorage.getItem(key);
    } catch {
        return null;
    }
}

function store(key, value) {
    try {
        sessionStorage.setItem(key, value);
    } catch {
        // Without storage a reload starts from zero.
    }
}
