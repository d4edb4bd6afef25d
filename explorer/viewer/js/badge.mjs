// The badge below the drawing: whether the captured backward was proved, what that means, and a button where it can be proved now.
import { element } from "./dom.mjs";

const SIGNS = { verified: "✓", failed: "✕", skipped: "–" };

export class Badge {
  // `command`: tells the host what was asked for, or null where nobody can run anything.
  constructor(command) {
    this.command = command;
    this.root = element("div", { class: "badge", hidden: true });
  }

  show({ header, words }) {
    const badge = header.evidence.badge;
    this.root.hidden = !badge;
    if (!badge) return;
    const { kind, text, more, ask } = badge;
    const button = ask && this.command ? element("button", { type: "button", class: "ask" }, ask) : null;
    button?.addEventListener("click", () => {
      button.disabled = true;
      button.textContent = words["badge.waiting"];
      this.command("verify");
    });
    this.root.dataset.kind = kind;
    this.root.replaceChildren(
      element("span", { class: "said-proof", tabindex: "0", role: "status", "aria-describedby": "proof" }, element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[kind]), text),
      ...[button].filter(Boolean),
      element("p", { id: "proof", role: "tooltip", class: "explain" }, more));
  }
}
