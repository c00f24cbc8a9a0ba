// How often somebody opened a text that stands folded on the page; sent with the form.

for (const text of document.querySelectorAll("details[data-counts]")) {
    const count = document.createElement("input");
    count.type = "hidden";
    count.name = text.dataset.counts;
    count.value = "0";
    document.getElementById("form").append(count);
    text.addEventListener("toggle", () => {
        if (text.open) count.value = String(Number(count.value) + 1);
    });
}
