// Runs before a page does: adds up by how much its layout shifts while nobody touches it.
globalThis.moved = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) moved += each.value;
}).observe({ type: "layout-shift", buffered: true });
