// Adds up the layout that moves by itself: what follows an input within half a second is left out.
window.shifted = 0;
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
        if (!entry.hadRecentInput) window.shifted += entry.value;
    }
}).observe({ type: "layout-shift", buffered: true });
