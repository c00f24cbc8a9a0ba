// Shows a table of zeros and ones, a row a line.

export function show(card) {
    const rows = card.rows.map((row) => {
        const line = document.createElement("div");
        line.textContent = row;
        return line;
    });
    document.getElementById("zeros").replaceChildren(...rows);
}
