// Plots of measures (the value, and its interval as a band about it), printing, and a tablet that
// was left alone: it shows nobody's results any more.
"use strict";

const MOST_POINTS = 100; // more of them are a line

const DAY_S = 86400;
const read = (options) => new Intl.DateTimeFormat(document.documentElement.lang, options);

// Days, or hours where they are apart by hours, as the reader of the page writes them.
function moments(plot, splits, axis, space, apart) {
  const written = read(
    apart < DAY_S ? { hour: "2-digit", minute: "2-digit", hour12: false }
      : apart < 300 * DAY_S ? { month: "short", day: "numeric" } : { year: "numeric" });
  return splits.map((at) => written.format(new Date(at * 1000)));
}

function draw(place) {
  const told = JSON.parse(document.getElementById(place.dataset.plot).textContent);
  const ink = getComputedStyle(document.body);
  const line = ink.getPropertyValue("--accent");
  const text = ink.getPropertyValue("--ink");
  const axis = { stroke: text, grid: { stroke: ink.getPropertyValue("--rule") } };
  new uPlot({
    width: place.clientWidth || 320,
    height: 180,
    legend: { show: false },
    scales: { x: { time: true }, y: told.most ? { range: [0, told.most] } : told.from_zero ? { range: (_, low, high) => [0, Math.max(1, high * 1.1)] } : {} },
    axes: [{ ...axis, values: moments, space: 64 }, { ...axis, size: 46 }],
    bands: told.data.length > 2 ? [{ series: [3, 2], fill: ink.getPropertyValue("--band") }] : [],
    series: [
      {},
      { stroke: line, width: 2, points: { size: 8, show: told.data[0].length <= MOST_POINTS }, spanGaps: !told.gaps },
      { stroke: "transparent", spanGaps: true },
      { stroke: "transparent", spanGaps: true },
    ].slice(0, told.data.length),
  }, told.data, place);
}

// A link to a printer's sheet prints it; where no window opens it is a link.
function print(event) {
  const sheet = window.open(event.currentTarget.href);
  if (sheet === null) return;
  event.preventDefault();
  sheet.addEventListener("load", () => sheet.print());
}

// The server logs out who asks nothing for so long; the page that is left open then goes, too.
function leave(afterMs) {
  let timer = 0;
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => location.reload(), afterMs);
  };
  for (const touch of ["pointerdown", "keydown", "scroll"]) {
    document.addEventListener(touch, again, { passive: true });
  }
  again();
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-plot]").forEach(draw);
  document.querySelectorAll("a[data-print]").forEach((link) => link.addEventListener("click", print));
  const idle = Number(document.body.dataset.idleS);
  if (idle) leave((idle + 1) * 1000);
});
