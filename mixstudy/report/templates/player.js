"use strict";
for (const player of document.querySelectorAll(".player")) {
  const steps = JSON.parse(player.dataset.steps);
  const frames = steps.map((_, k) => document.getElementById(`${player.dataset.name}-frame-${k}`));
  const [button, slider, output] = ["button", "input", "output"].map((tag) => player.querySelector(tag));
  let timer = null;

  function show(k) {
    frames.forEach((frame, j) => frame.classList.toggle("shown", j === k));
    slider.value = k;
    slider.setAttribute("aria-valuetext", steps[k]);
    output.textContent = steps[k];
  }
  function pause() {
    clearInterval(timer);
    timer = null;
    button.textContent = "Play";
    output.setAttribute("aria-live", "polite");
  }
  function advance() {
    const k = Number(slider.value) + 1;
    if (k < frames.length) show(k);
    if (k >= frames.length - 1) pause();
  }
  function play() {
    if (Number(slider.value) === frames.length - 1) show(0);
    button.textContent = "Pause";
    output.setAttribute("aria-live", "off"); // a voice could not keep up
    timer = setInterval(advance, 200);
  }

  button.addEventListener("click", () => (timer === null ? play() : pause()));
  slider.addEventListener("input", () => { pause(); show(Number(slider.value)); });
  button.hidden = matchMedia("(prefers-reduced-motion: reduce)").matches; // the slider stays
  player.classList.add("live");
  player.querySelector(".controls").hidden = false;
  show(frames.length - 1);
}
