// Plots of a person's measures: the value, and its interval as a band about it.
"use strict";

const MOST_POINTS = 100; // more of them are a line

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
    axes: [axis, { ...axis, size: 46 }],
    bands: told.data.length > 2 ? [{ series: [3, 2], fill: ink.getPropertyValue("--band") }] : [],
    series: [
      {},
      { stroke: line, width: 2, points: { size: 8, show: told.data[0].length <= MOST_POINTS }, spanGaps: !told.gaps },
      { stroke: "transparent", spanGaps: true },
      { stroke: "transparent", spanGaps: true },
    ].slice(0, told.data.length),
  }, told.data, place);
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-plot]").forEach(draw);
});
