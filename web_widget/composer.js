/** Where the resident writes. Enter sends, unless it confirms a conversion of an input method. */
import { make } from "./dom.js";

const LIMIT = 1000;
const NEAR = 100;

export class Composer {
	/** @type {import("./voice.js").Voice} */ voice;
	#justComposed = false;
	#counter = make("p", { part: "counter", id: "counter" });
	#send = make("button", { part: "send", "data-word": "send" });
	#input = make("textarea", { part: "input", id: "ask", rows: 1, enterkeyhint: "send", "aria-describedby": "counter keys" });
	form = make("form", { part: "composer" }, make("label", { for: "ask", "data-word": "ask" }), this.#input, this.#send,
		make("p", { id: "keys", "data-word": "keys" }), this.#counter);

	/** @param {AbortSignal} signal @param {(text: string) => void} onSend */
	listen(signal, onSend) {
		const on = (type, act) => this.form.addEventListener(type, act, { signal });
		const submit = (event) => {
			const text = this.#input.value.trim();
			event.preventDefault();
			if (!text || [...text].length > LIMIT) return;
			if (!this.isBusy) this.#input.value = "";
			onSend(text);
			this.count();
		};
		on("submit", submit);
		on("input", () => this.count());
		on("compositionend", () => {
			this.#justComposed = true; // Safari sends the confirming Enter next, in the same task
			setTimeout(() => (this.#justComposed = false));
		});
		on("keydown", (event) => {
			if (event.isComposing || event.keyCode === 229 || this.#justComposed) return;
			if (event.key === "Enter" && !event.shiftKey && event.target === this.#input) submit(event);
		});
	}

	// The button is never disabled: the focus would be lost.
	get isBusy() {
		return this.#send.getAttribute("aria-disabled") === "true";
	}

	set isBusy(isBusy) {
		this.#send.setAttribute("aria-disabled", String(isBusy));
	}

	// Counts code points, as the gateway does.
	count() {
		const left = LIMIT - [...this.#input.value.trim()].length;
		const { voice } = this;
		this.#input.setAttribute("aria-invalid", String(left < 0));
		this.#counter.replaceChildren(left < 0 ? voice.line("tooLong", { n: -left }) : left <= NEAR ? voice.line("remaining", { n: left }) : "");
	}
}
