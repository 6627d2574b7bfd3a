// Filters apply when a choice is made; a slider says what it stands on before it is let go.

export function startForms(root) {
  for (const form of root.querySelectorAll("form[data-apply]")) {
    form.addEventListener("change", () => form.requestSubmit());
    // Empty fields stay out of the address.
    form.addEventListener("submit", () => {
      for (const field of form.elements) {
        if (field.name && field.value === "") field.disabled = true;
      }
    });
  }
  for (const slider of root.querySelectorAll("input[type=range][data-days]")) {
    const days = slider.dataset.days.split(",");
    const shown = root.getElementById(slider.dataset.shows);
    const field = root.getElementById(slider.dataset.sets);
    slider.addEventListener("input", () => {
      shown.textContent = days[slider.valueAsNumber];
      field.value = days[slider.valueAsNumber];
    });
  }
}

window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form[data-apply] [disabled]")) field.disabled = false;
});
