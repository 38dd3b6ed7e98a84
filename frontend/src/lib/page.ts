/** Return what the server put into `<script type="application/json" id="…">`. */
export function config<T>(id: string): T {
  const element = document.getElementById(id);
  if (!element?.textContent) throw new Error(`The page carries no configuration "${id}".`);
  return JSON.parse(element.textContent) as T;
}

/** Return the value of a design token, as the style sheet and the theme have it now. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Call `then` whenever the theme changes. */
export function onTheme(then: () => void): void {
  new MutationObserver(then).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

/** Return an element with text and attributes; text is never read as HTML. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
