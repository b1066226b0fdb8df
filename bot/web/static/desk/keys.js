/** Shortcuts of one letter. They can be turned off (WCAG 2.1.4), and never work where text is written. */
import { habit } from "./keep.js";

const WRITES = "input:not([type=checkbox], [type=radio]), textarea, select";

export class Keys {
	#box;

	/** @param {Record<string, () => void>} acts by key, as KeyboardEvent.key names it */
	constructor(box, acts) {
		this.#box = box;
		box.checked = habit("letters") ?? true;
		box.addEventListener("change", () => habit("letters", box.checked));
		document.addEventListener("keydown", (event) => {
			const act = acts[event.key];
			if (!act || !this.#counts(event)) return;
			event.preventDefault();
			act();
		});
	}

	#counts(event) {
		const isPlain = !(event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.keyCode === 229 || event.repeat);
		return this.#box.checked && isPlain && !event.target.closest?.(WRITES) && !document.querySelector("dialog[open]");
	}
}
