// Shows a code and its key table. `key` is a letter and two digits, 26 times.

export function show(card) {
    document.getElementById("word").textContent = card.word;
    const cells = card.key.match(/.{3}/g).map((entry) => {
        const cell = document.createElement("div");
        cell.role = "listitem";
        const letter = document.createElement("b");
        letter.textContent = entry[0];
        const code = document.createElement("span");
        code.textContent = entry.slice(1);
        cell.append(letter, " ", code);
        return cell;
    });
    document.getElementById("key").replaceChildren(...cells);
}
