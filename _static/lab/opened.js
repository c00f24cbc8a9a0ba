// Whether somebody opened the address that is offered; sent with the form.

const link = document.querySelector("a[data-opens]");
for (const way of ["click", "auxclick"]) {
    link.addEventListener(way, () => {
        document.getElementById("form").elements[link.dataset.opens].value = "True";
    });
}
