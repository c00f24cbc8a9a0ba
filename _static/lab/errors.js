// Whoever sends a page with errors is taken to the list of them.

/** Whether there were any. */
export function focusErrors() {
    const summary = document.getElementById("error-summary");
    summary?.focus();
    return summary !== null;
}

focusErrors();
