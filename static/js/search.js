// The search of the side bar: opening it puts the reader where he types.
(() => {
  "use strict";
  document.addEventListener("toggle", (event) => {
    if (event.target.id === "search-menu" && event.target.open) document.getElementById("quick-text").focus();
  }, true);
})();
