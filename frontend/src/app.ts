// What every page has: htmx, the theme switch, menus that close, and the clock of a demo.
import htmx from "htmx.org";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;

function themeSwitch(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-theme-switch]");
  if (!button) return;
  const show = () =>
    button.setAttribute("aria-pressed", String(document.documentElement.dataset.theme === "dark"));
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem("theme", next);
    show();
  });
}

function menus(): void {
  const open = () => document.querySelectorAll<HTMLDetailsElement>("details.menu[open]");
  for (const leaving of ["click", "focusin"]) {
    document.addEventListener(leaving, (event) => {
      for (const menu of open()) if (!menu.contains(event.target as Node)) menu.open = false;
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}

/** Let the clock of a demo tick between two answers of the server. */
function demoClock(): void {
  const shown = document.querySelector<HTMLTimeElement>("[data-clock]");
  if (!shown) return;
  const language = document.documentElement.lang;
  const format = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    timeZone: shown.dataset.zone ?? "UTC",
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  let base = Date.parse(shown.dateTime);
  let since = performance.now();
  let standing = false;
  const draw = () => {
    const now = new Date(base + (standing ? 0 : performance.now() - since));
    shown.textContent = format.format(now);
    shown.dateTime = now.toISOString();
  };
  const ask = async () => {
    const answer = await fetch("/api/v1/clock", { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const body = (await answer.json()) as { now: string; standing: boolean };
    base = Date.parse(body.now);
    since = performance.now();
    standing = body.standing;
    draw();
  };
  const listen = async () => {
    await ask().catch(() => undefined);
    setTimeout(() => void listen(), standing ? 2000 : 15000); // a standing clock is being stepped
  };
  draw();
  setInterval(draw, 1000);
  void listen();
}

/** Fill in a demo login where the sign-in page offers one. */
function demoLogins(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-login]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const form = document.querySelector<HTMLFormElement>("form[data-sign-in]");
      const login = form?.querySelector<HTMLInputElement>("[name=login]");
      const password = form?.querySelector<HTMLInputElement>("[name=password]");
      if (!form || !login || !password) return;
      login.value = button.dataset.login ?? "";
      password.value = button.dataset.password ?? "";
      form.requestSubmit();
    });
  }
}

/** Submit a form as soon as one of its choices changes, where the form asks for it. */
function selfSubmitting(): void {
  document.addEventListener("change", (event) => {
    const form = (event.target as HTMLElement).closest<HTMLFormElement>("form[data-autosubmit]");
    form?.requestSubmit();
  });
}

/** Let a box in a table's head choose all rows of the page, and say how many are chosen. */
function selectAll(): void {
  const all = document.querySelector<HTMLInputElement>("[data-select-all]");
  const form = all?.form;
  if (!all || !form) return;
  const boxes = [...form.querySelectorAll<HTMLInputElement>("input[name=item]")];
  const shown = form.querySelector<HTMLElement>("[data-chosen]");
  const draw = () => {
    const count = boxes.filter((box) => box.checked).length;
    all.checked = count > 0 && count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
    if (shown) shown.textContent = count > 0 ? `${count} / ${boxes.length}` : "";
  };
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    draw();
  });
  form.addEventListener("change", draw);
  draw();
}

themeSwitch();
menus();
demoClock();
demoLogins();
selfSubmitting();
selectAll();
document.querySelector<HTMLElement>("[data-focus-on-load]")?.focus();
