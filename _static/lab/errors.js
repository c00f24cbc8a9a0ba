// Whoever sends a page with errors is taken to the list of them.

document.getElementById("error-summary")?.focus();
