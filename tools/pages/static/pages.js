// Plots of a person's measures: the value, and its interval as a band about it.
"use strict";

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
    scales: { x: { time: true } },
    axes: [axis, { ...axis, size: 46 }],
    bands: [{ series: [3, 2], fill: ink.getPropertyValue("--band") }],
    series: [
      {},
      { stroke: line, width: 2, points: { size: 8 }, spanGaps: true },
      { stroke: "transparent", spanGaps: true },
      { stroke: "transparent", spanGaps: true },
    ],
  }, told.data, place);
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-plot]").forEach(draw);
});
