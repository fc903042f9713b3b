// Moving points over a photograph: drag or arrow keys, a loupe, undo; the server measures.
"use strict";

const WAIT_MS = 120; // after the last movement, before the server is asked
const STEP_PX = 1, LEAP_PX = 10; // of the picture, by an arrow key without and with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function start() {
  const told = JSON.parse(document.getElementById("points").textContent);
  const at = (id) => document.getElementById(id);
  const form = at("moving"), picture = at("picture"), loupe = at("loupe");
  const size = Math.max(told.width, told.height);
  const undone = []; // what stood before each change
  let places = { ...told.found, ...told.moved };
  const saved = JSON.stringify(moved());
  let chosen = "", timer = 0, asking = null;

  function moved() {
    const points = {};
    for (const name of Object.keys(places).sort()) {
      const [place, found] = [places[name], told.found[name] ?? null];
      const same = place && found && place[0] === found[0] && place[1] === found[1];
      if (!same && (place || found)) points[name] = place;
    }
    return { points, view: at("view").value || null };
  }

  function shape(tag, attributes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function draw() {
    const now = moved();
    const seen = Object.entries(places).filter(([, place]) => place);
    at("limbs").replaceChildren(...told.limbs
      .filter(([a, b]) => places[a] && places[b])
      .map(([a, b]) => shape("line", {
        x1: places[a][0], y1: places[a][1], x2: places[b][0], y2: places[b][1],
      })));
    at("dots").replaceChildren(...seen.map(([name, [x, y]]) => shape("circle", {
      cx: x, cy: y, r: size / 260, class: name in now.points ? "moved" : "",
    })));
    const handles = new Map([...at("handles").children].map((each) => [each.dataset.name, each]));
    for (const [name, [x, y]] of seen) {
      let handle = handles.get(name);
      if (!handle) {
        handle = shape("circle", {
          r: size / 70, tabindex: 0, role: "button", "data-name": name,
          "aria-label": told.names[name] ?? name,
        });
        at("handles").append(handle);
      }
      handle.setAttribute("cx", x);
      handle.setAttribute("cy", y);
      handle.classList.toggle("chosen", name === chosen);
      handles.delete(name);
    }
    for (const gone of handles.values()) gone.remove();
    magnify();
    const count = Object.keys(now.points).length;
    at("count").textContent = count;
    at("chosen").textContent = chosen ? told.names[chosen] ?? chosen : "\u00a0";
    at("undo").disabled = undone.length === 0;
    at("back").disabled = !(chosen in now.points);
    at("unseen").disabled = !places[chosen];
    at("save").disabled = JSON.stringify(now) === saved;
    form.elements.moved.value = JSON.stringify(now);
  }

  function magnify() {
    const place = places[chosen];
    loupe.toggleAttribute("hidden", !place);
    if (!place) return;
    const half = size / 28;
    const [x, y] = place;
    loupe.setAttribute("viewBox", `${x - half} ${y - half} ${2 * half} ${2 * half}`);
    at("cross").setAttribute("d", `M${x - half} ${y}H${x + half}M${x} ${y - half}V${y + half}`);
    const left = x > told.width / 2; // never under the finger
    loupe.classList.toggle("left", left);
    loupe.classList.toggle("right", !left);
  }

  function keep() {
    undone.push({ ...places });
  }

  function put(name, x, y) {
    const inside = (value, most) => Math.min(Math.max(value, 0), most - 1);
    const rounded = (value) => Math.round(value * 10) / 10;
    places[name] = [rounded(inside(x, told.width)), rounded(inside(y, told.height))];
    change();
  }

  function change() {
    draw();
    clearTimeout(timer);
    timer = setTimeout(measure, WAIT_MS);
  }

  async function measure() {
    if (asking) asking.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(form.dataset.measures, {
        method: "POST", body: JSON.stringify(moved()), signal: asking.signal, redirect: "error",
        headers: {
          "Content-Type": "application/json",
          "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
        },
      });
      const text = await answer.text();
      if (answer.ok) at("measures").innerHTML = text;
      at("failed").textContent = answer.ok ? "" : answer.status === 422 ? text : told.failed;
    } catch (error) {
      if (error.name !== "AbortError") at("failed").textContent = told.failed;
    }
  }

  function choose(name) {
    chosen = name;
    draw();
  }

  function remove() {
    if (!places[chosen]) return;
    keep();
    if (chosen in told.found) places[chosen] = null;
    else delete places[chosen];
    change();
  }

  function undo() {
    if (undone.length === 0) return;
    places = undone.pop();
    change();
  }

  function where(event) {
    return new DOMPoint(event.clientX, event.clientY)
      .matrixTransform(picture.getScreenCTM().inverse());
  }

  at("handles").addEventListener("focusin", (event) => choose(event.target.dataset.name));
  at("handles").addEventListener("pointerdown", (event) => {
    const handle = event.target, name = handle.dataset.name;
    if (!name) return;
    const began = where(event), [x, y] = places[name];
    let dragged = false;
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
    const follow = (moving) => {
      const now = where(moving);
      if (!dragged) keep();
      dragged = true;
      put(name, x + now.x - began.x, y + now.y - began.y);
    };
    const end = () => {
      handle.removeEventListener("pointermove", follow);
      handle.removeEventListener("pointerup", end);
      handle.removeEventListener("pointercancel", end);
    };
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("pointerup", end);
    handle.addEventListener("pointercancel", end);
  });
  at("handles").addEventListener("keydown", (event) => {
    const name = event.target.dataset.name;
    if (event.key in ARROWS) {
      const [dx, dy] = ARROWS[event.key], step = event.shiftKey ? LEAP_PX : STEP_PX;
      keep();
      put(name, places[name][0] + dx * step, places[name][1] + dy * step);
      event.preventDefault();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      remove();
      event.preventDefault();
    }
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && !event.target.matches("input")) {
      undo();
      event.preventDefault();
    }
  });
  at("undo").addEventListener("click", undo);
  at("unseen").addEventListener("click", remove);
  at("back").addEventListener("click", () => {
    keep();
    if (chosen in told.found) places[chosen] = told.found[chosen];
    else delete places[chosen];
    change();
  });
  at("view").addEventListener("change", change);
  for (const [name, words] of Object.entries(told.names)) {
    if (!(name in told.found)) at("add").append(new Option(words, name));
  }
  at("add").addEventListener("change", (event) => {
    const name = event.target.value;
    if (!name) return;
    keep();
    const seen = Object.values(places).filter(Boolean);
    const middle = (axis) => seen.reduce((sum, place) => sum + place[axis], 0) / seen.length;
    chosen = name;
    if (!places[name]) put(name, middle(0), middle(1));
    event.target.value = "";
    draw();
    at("handles").querySelector(`[data-name="${name}"]`).focus();
  });
  draw();
}

document.addEventListener("DOMContentLoaded", start);
