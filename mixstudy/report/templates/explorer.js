"use strict";
for (const figure of document.querySelectorAll(".explorer")) {
  const ground = JSON.parse(figure.dataset.ground), { mean, sd, weights, maxima, fields } = ground;
  const x = Float64Array.from(ground.points, (t) => sd * t); // centred, in data units: some mistakes depend on the unit
  const find = (selector) => figure.querySelector(selector);
  function sum(share, f) {
    let total = 0;
    for (let i = 0; i < x.length; i++) total += share[i] * f(x[i]);
    return total;
  }

  // EM ------------------------------------------------------------------------------------------------------------
  const logistic = (u) => 1 / (1 + Math.exp(-u));
  function logOdds(w, mu1, mu2, s) {
    const slope = (mu1 - mu2) / s ** 2, middle = (mu1 + mu2) / 2, level = Math.log(w / (1 - w));
    return (v) => level + slope * (v - middle);
  }

  // E-step: what each point counts for in component 1 and in component 2.
  function responsibilities([w, mu1, mu2, sigma], wrong) {
    const s = wrong === "precedence in the exponent" ? 1 / sigma : sigma;
    const share = wrong === "weights left out of the E-step" ? 0.5 : w;
    const belongs = wrong === "hard assignment" ? (u, first) => Number(u > 0 === first) : (u, first) => logistic(first ? u : -u);
    const odds = x.map(logOdds(share, mu1, mu2, s));
    return [true, false].map((first) => odds.map((u, i) => weights[i] * belongs(u, first)));
  }
  // M-step, the means held where they are given; null where a component or sigma is lost.
  function maximise([r1, r2], wrong, held) {
    const [n1, n2] = [r1, r2].map((r) => sum(r, () => 1));
    const [mu1, mu2] = held ?? [sum(r1, (v) => v) / n1, sum(r2, (v) => v) / n2];
    const squares1 = sum(r1, (v) => (v - mu1) ** 2), squares2 = sum(r2, (v) => (v - mu2) ** 2);
    let variance = (squares1 + squares2) / (n1 + n2);
    if (wrong === "sigma from one component") variance = squares1 / n1;
    if (wrong === "sigma divided by n1") variance = (squares1 + squares2) / n1;
    return Math.min(n1, n2, squares1, squares2) > 0 ? [n1 / (n1 + n2), mu1, mu2, Math.sqrt(variance)] : null;
  }
  const step = (theta, wrong) => maximise(responsibilities(theta, wrong), wrong);

  function logLikelihood([w, mu1, mu2, s]) {
    const oddsAt = logOdds(w, mu1, mu2, s), level = Math.log((1 - w) / s) - Math.log(2 * Math.PI) / 2;
    const softplus = (u) => Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
    return sum(weights, (v) => level - ((v - mu2) / s) ** 2 / 2 + softplus(oddsAt(v)));
  }
  // Where a climb starts: weight one half, and the sigma that goes with the two means.
  function startAt(mu1, mu2) {
    let sigma = sd;
    for (let k = 0; k < 12; k++) sigma = maximise(responsibilities([0.5, mu1, mu2, sigma]), "", [mu1, mu2])?.[3] ?? sigma;
    return [0.5, mu1, mu2, sigma];
  }
  // All iterations from a start until they rest, break down, or are too many.
  function climb(start, wrong, rest = ground.rest, most = ground.most) {
    const path = [start];
    for (let k = 0; k < most; k++) {
      const theta = path[path.length - 1], after = step(theta, wrong);
      if (!after || !(after[0] > 0 && after[0] < 1 && after[3] > 0)) return { path, how: "broken" };
      path.push(after);
      const moved = Math.max(...after.map((value, j) => Math.abs(value - theta[j]) / (j ? after[3] : 1)));
      if (!(moved > rest)) return { path, how: "rest" };
    }
    return { path, how: "underway" };
  }

  // Words ---------------------------------------------------------------------------------------------------------
  const decimals = Math.min(Math.max(3 - Math.floor(Math.log10(sd)), 0), 20);
  const number = (value) => value.toFixed(decimals).replace("-", "−");
  const mus = (theta) => `mu1 ${number(mean + theta[1])}, mu2 ${number(mean + theta[2])}`;
  const told = (theta) => `weight ${theta[0].toFixed(4)}, ${mus(theta)}, sigma ${number(theta[3])}`;
  const exchanged = ([w, mu1, mu2, sigma]) => [1 - w, mu2, mu1, sigma];
  const near = (a, b, within) => Math.hypot(a[1] - b[1], a[2] - b[2]) < within * sd;
  const together = (theta, within = 0.1) => Math.abs(theta[1] - theta[2]) < within * theta[3];
  const tops = maxima.map(([w, mu1, mu2, sigma]) => [w, mu1 - mean, mu2 - mean, sigma]);

  function place(theta, within = 1e-4) {
    if (!tops.length) return "no maximum is known to hold it against";
    const highest = logLikelihood(tops[0]);
    for (const [k, top] of tops.entries()) {
      const name = k ? "a lower maximum" : maxima.length > 1 ? "the highest maximum" : "the maximum";
      if (near(theta, top, within)) return name;
      if (near(theta, exchanged(top), within)) return `${name}, with the labels exchanged`;
    }
    const nats = highest - logLikelihood(theta), digits = { maximumSignificantDigits: 3 };
    const below = `, ${nats.toLocaleString("en", digits)} nats below the maximum`;
    if (Math.abs(theta[1] - theta[2]) < within * 10 * sd) return `${near(theta, [0, 0, 0], within * 10) ? "the saddle" : "no maximum"}, both means equal${below}`;
    return `no maximum${below}`;
  }
  function ending({ path, how }, wrong) {
    const end = path[path.length - 1], by = wrong ? `With ${wrong}, after` : "After", count = path.length - 1;
    const verb = { rest: "rests at", broken: "breaks down beyond", underway: "is still moving at" }[how];
    const met = together(end) ? ": the means have met, near the saddle" : "";
    const where = how === "rest" ? `: ${place(end)}` : how === "broken" ? ": a component or sigma is lost" : met;
    return `${by} ${count} iteration${count === 1 ? "" : "s"} EM ${verb} ${told(end)}${where}.`;
  }

  // Drawing -------------------------------------------------------------------------------------------------------
  const [map, select, slider, output, basins, clear] = [".map", "select", "input", "output", ".basins", ".clear"].map(find);
  function make(name, parent, attributes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return parent.appendChild(made);
  }
  // A layer within the axes of a drawing, and the way from data to its positions and back.
  function layer(id) {
    const svg = document.getElementById(`${id}-field`).ownerSVGElement, [left, right, bottom, top] = fields[id];
    const box = document.getElementById(`${id}-field`).getBBox();
    make("rect", make("clipPath", svg, { id: `${id}-clip` }), { x: box.x, y: box.y, width: box.width, height: box.height });
    const group = make("g", svg, { "clip-path": `url(#${id}-clip)` });
    const across = (v) => box.x + (box.width * (v - left)) / (right - left);
    const up = (v) => box.y + (box.height * (top - v)) / (top - bottom);
    const back = (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      return [left + ((at.x - box.x) * (right - left)) / box.width, top - ((at.y - box.y) * (top - bottom)) / box.height];
    };
    return { group, across, up, back, box };
  }
  const field = layer("landscape"), side = layer("landscape-data");
  const [left, right] = fields["landscape"];
  const at = (theta) => [field.across(mean + theta[1]), field.up(mean + theta[2])];
  const line = (points) => points.map((point) => point.map((v) => v.toFixed(2)).join(",")).join(" ");
  const shading = make("g", field.group, { class: "shading" }), trails = make("g", field.group, { class: "trails" });
  const cross = make("path", field.group, { class: "cross", d: "" });
  const trail = make("g", field.group, { class: "trail" });
  const curve = make("polyline", side.group, { class: "curve", points: "" });

  let cursor = [left + 0.35 * (right - left), left + 0.6 * (right - left)].map((v) => v - mean);
  let found = null, timer = null;
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  function showCross() {
    const [px, py] = at([0, ...cursor]);
    cross.setAttribute("d", `M${px - 7},${py}h14M${px},${py - 7}v14`);
  }
  function showIteration(k) {
    const shown = found.path.slice(0, k + 1), theta = shown[k];
    trail.replaceChildren();
    make("polyline", trail, { points: line(shown.map(at)) });
    const dots = shown.length > 80 ? shown.filter((_, j) => j < 40 || j === k) : shown;
    for (const each of dots) make("circle", trail, { cx: at(each)[0], cy: at(each)[1], r: 2 });
    make("circle", trail, { cx: at(theta)[0], cy: at(theta)[1], r: 4.5, class: "here" });
    const [px, py] = at(found.path[0]);
    make("rect", trail, { x: px - 3.5, y: py - 3.5, width: 7, height: 7, class: "start" });
    drawDensity(theta);
    slider.value = k;
    slider.setAttribute("aria-valuetext", `iteration ${k}: ${told(theta)}`);
  }
  function drawDensity([w, mu1, mu2, s]) {
    const [low, high] = fields["landscape-data"], normal = (v, m) => Math.exp(-(((v - mean - m) / s) ** 2) / 2) / (s * Math.sqrt(2 * Math.PI));
    const spots = Array.from({ length: 241 }, (_, j) => low + ((high - low) * j) / 240);
    curve.setAttribute("points", line(spots.map((v) => [side.across(v), side.up(w * normal(v, mu1) + (1 - w) * normal(v, mu2))])));
  }
  function tabulate() {
    const rows = found.path.map((theta, k) => [k, theta[0], mean + theta[1], mean + theta[2], theta[3], logLikelihood(theta)]);
    const kept = rows.length > 60 ? [...rows.slice(0, 50), ...rows.slice(-5)] : rows;
    find("tbody").replaceChildren(...kept.map(([k, ...values]) => {
      const row = document.createElement("tr"), name = document.createElement("th");
      name.scope = "row";
      name.textContent = k;
      row.append(name, ...values.map((value) => Object.assign(document.createElement("td"), { textContent: value.toPrecision(10) })));
      return row;
    }));
    find(".steps").hidden = false;
  }
  function halt() {
    clearInterval(timer);
    timer = null;
    output.setAttribute("aria-live", "polite");
  }
  function finish() {
    halt();
    showIteration(found.path.length - 1);
    output.textContent = ending(found, select.value);
  }
  function advance() {
    const k = Number(slider.value), next = k + Math.max(1, Math.floor(k / 12));
    if (next >= found.path.length - 1) return finish();
    showIteration(next);
    output.textContent = `Iteration ${next}: ${told(found.path[next])}.`;
  }
  // Climb from the cursor by the step that is chosen; the climb before stays as a faint trail.
  function go() {
    halt();
    if (found) keep();
    found = climb(startAt(...cursor), select.value);
    figure.dataset.how = found.how;
    trail.setAttribute("class", select.value ? "trail wrong" : "trail");
    slider.max = found.path.length - 1;
    slider.disabled = false;
    tabulate();
    if (still.matches || found.path.length === 1) return finish();
    output.setAttribute("aria-live", "off"); // a voice could not keep up
    showIteration(0);
    timer = setInterval(advance, 90);
  }
  function keep() {
    make("polyline", trails, { points: line(found.path.map(at)), class: trail.getAttribute("class") });
    const [px, py] = at(found.path[found.path.length - 1]);
    make("circle", trails, { cx: px, cy: py, r: 3, class: trail.getAttribute("class") });
    while (trails.childElementCount > 24) trails.firstChild.remove();
  }
  function reset() {
    halt();
    found = null;
    for (const each of [trail, trails]) each.replaceChildren();
    curve.setAttribute("points", "");
    cross.setAttribute("d", "");
    [slider.max, slider.value, slider.disabled] = [0, 0, true];
    find(".steps").hidden = true;
    shade(false);
    output.textContent = "Cleared.";
  }

  // Basins --------------------------------------------------------------------------------------------------------
  const CELLS = 36, MOST = 400, LISTED = 5;
  let turn = 0;
  function shade(wanted) {
    turn += 1; // whatever is being worked out is for an earlier wish
    shading.replaceChildren();
    basins.setAttribute("aria-pressed", wanted);
    find(".ends").hidden = !wanted;
    if (wanted) work(turn, select.value, [], 0);
  }
  // A few milliseconds' worth of starts at a time, so that the page stays alive.
  function work(mine, wrong, ends, done) {
    const until = performance.now() + 12;
    for (; done < CELLS ** 2 && performance.now() < until; done++) {
      const [i, j] = [done % CELLS, Math.floor(done / CELLS)], of = (k) => left - mean + ((k + 0.5) * (right - left)) / CELLS;
      const { path, how: stopped } = climb(startAt(of(i), of(j)), wrong, 1e-6, MOST), end = path[path.length - 1];
      const how = stopped !== "broken" && together(end, stopped === "rest" ? 0.1 : 0.5) ? "met" : stopped;
      let which = ends.findIndex((each) => each.how === how && (how !== "rest" || near(each.end, end, 0.02)));
      if (which < 0) which = ends.push({ how, end, count: 0 }) - 1;
      ends[which].count += 1;
      const width = field.box.width / CELLS, height = field.box.height / CELLS;
      make("rect", shading, { x: field.box.x + i * width, y: field.box.y + field.box.height - (j + 1) * height, width, height, class: `end-${Math.min(which, LISTED)}` });
    }
    if (mine !== turn) return;
    list(ends, done);
    if (done < CELLS ** 2) setTimeout(() => mine === turn && work(mine, wrong, ends, done));
  }
  function list(ends, done) {
    const words = { rest: ({ end }) => `${mus(end)}: ${place(end, 0.02)}`, broken: () => "breaks down", met: () => "the means meet, at the saddle or near it", underway: () => `still moving after ${MOST} iterations` };
    const row = (text, count, k) => {
      const item = document.createElement("li"), swatch = Object.assign(document.createElement("span"), { className: `swatch end-${k}` });
      item.append(swatch, `${text}, from ${Math.round((100 * count) / done)} % of the map`);
      return item;
    };
    const rest = ends.slice(LISTED);
    const rows = ends.slice(0, LISTED).map((each, k) => row(words[each.how](each), each.count, k));
    if (rest.length) rows.push(row(`${rest.length} other ends`, rest.reduce((total, each) => total + each.count, 0), LISTED));
    find(".ends").replaceChildren(...rows);
  }

  // Hands ---------------------------------------------------------------------------------------------------------
  map.addEventListener("click", (event) => {
    const [mu1, mu2] = field.back(event);
    if (Math.min(mu1, mu2) < left || Math.max(mu1, mu2) > right) return;
    cursor = [mu1 - mean, mu2 - mean];
    showCross();
    go();
  });
  map.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
    if (event.key in moves) {
      const inside = (v) => Math.min(Math.max(v, left - mean), right - mean);
      cursor = cursor.map((v, j) => inside(v + (moves[event.key][j] * (right - left)) / 50));
      showCross();
      halt();
      output.textContent = `Start at ${mus([0, ...cursor])}.`;
    } else if (event.key === "Enter" || event.key === " ") {
      showCross();
      go();
    } else if (event.key === "Escape") {
      reset();
    } else return;
    event.preventDefault();
  });
  map.addEventListener("focus", () => map.matches(":focus-visible") && showCross());
  select.addEventListener("change", () => {
    const mistake = ground.mistakes.find(({ name }) => name === select.value), lines = find(".lines");
    lines.hidden = !mistake;
    if (mistake) lines.querySelectorAll("dd").forEach((line, k) => (line.textContent = k ? mistake.right : mistake.wrong));
    if (basins.getAttribute("aria-pressed") === "true") shade(true);
    if (found) go();
  });
  slider.addEventListener("input", () => {
    halt();
    const k = Number(slider.value);
    showIteration(k);
    output.textContent = `Iteration ${k}: ${told(found.path[k])}.`;
  });
  basins.addEventListener("click", () => shade(basins.getAttribute("aria-pressed") === "false"));
  clear.addEventListener("click", reset);
  find(".controls").hidden = false;
  figure.classList.add("live");
}
