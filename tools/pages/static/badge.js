// A badge on the screen is printed as it stands.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const print = document.getElementById("print");
  if (print === null) return;
  print.hidden = false;
  print.addEventListener("click", () => window.print());
});
