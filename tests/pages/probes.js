// What every page is asked at every stop of a walk.
() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const isVisible = (each) =>
        each.getClientRects().length > 0 && getComputedStyle(each).visibility !== "hidden";
    const isSmall = (each) => {
        const { width, height } = each.getBoundingClientRect();
        return width < 24 || height < 24;
    };
    const textOf = (id) => document.getElementById(id)?.innerText ?? "";

    // Radio buttons and boxes are pressed by their labels.
    const targets = all(
        "button, a, summary, textarea, label.option, label.step, input[type=text]",
    ).filter(isVisible);
    const unnamed = all("input[type=radio]").filter(
        (each) => !each.closest("fieldset")?.querySelector("legend")?.innerText.trim(),
    );
    const errors = all(".error-summary a").map((link) => {
        const field = document.querySelector(link.getAttribute("href"));
        const tied = field?.closest("fieldset[aria-describedby]") ?? field;
        const ids = (tied?.getAttribute("aria-describedby") ?? "").split(" ");
        return { text: link.innerText, described: ids.map(textOf).join(" ") };
    });
    const { documentElement: root } = document;
    return {
        url: location.pathname,
        lang: root.lang,
        dir: root.dir,
        title: document.title,
        headings: all("h1").length,
        heading: document.querySelector("h1").innerText,
        focused: document.activeElement.id,
        text: document.body.innerText,
        small: targets.filter(isSmall).map((each) => each.outerHTML.slice(0, 120)),
        unnamed: unnamed.length,
        errors,
        hosts: performance
            .getEntriesByType("resource")
            .map((each) => new URL(each.name).host)
            .filter((host) => host !== location.host),
        styles: [...document.styleSheets].map((each) => new URL(each.href).pathname),
        shift: window.shifted ?? 0,
        defaults: root.outerHTML.match(/bootstrap|jquery|otree/gi)?.length ?? 0,
    };
};
