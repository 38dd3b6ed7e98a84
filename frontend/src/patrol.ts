// The patrol page: the position of the phone, where its owner offers it. Without it the place is
// chosen from the list.
const box = document.querySelector<HTMLElement>("[data-position]");
const form = document.querySelector<HTMLFormElement>("[data-patrol]");
const button = box?.querySelector("button");
const said = box?.querySelector("[role=status]");

function fill(name: string, value: string): void {
  const input = form?.elements.namedItem(name);
  if (input instanceof HTMLInputElement) input.value = value;
}

if (box && form && button && said && "geolocation" in navigator) {
  box.hidden = false;
  const where = form.querySelector<HTMLSelectElement>("select[name=where]");
  button.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        fill("lng", String(coords.longitude));
        fill("lat", String(coords.latitude));
        if (where) where.value = "";
        said.textContent = button.dataset.found ?? "";
      },
      () => (said.textContent = button.dataset.refused ?? ""),
      { enableHighAccuracy: true, timeout: 10_000, maximumAge: 15_000 },
    );
  });
  // Who chooses a place from the list means that one, and not the position any more.
  where?.addEventListener("change", () => {
    fill("lng", "");
    fill("lat", "");
    said.textContent = "";
  });
}
