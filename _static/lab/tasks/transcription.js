// Shows the picture of a line.

export function show(card) {
    document.getElementById("line").src = card.image;
}
