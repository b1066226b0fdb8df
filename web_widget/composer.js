/** Where the resident writes. Enter sends, unless it confirms a conversion of an input method. */
import { make } from "./dom.js";

const LIMIT = 1000;
const NEAR = 100;

export class Composer {
	voice;
	isBusy = false;
	#justComposed = false;
	#counter = make("p", { part: "counter", id: "counter" });
	#send = make("button", { part: "send", "data-word": "send" });
	#input = make("textarea", { part: "input", id: "ask", rows: 1, enterkeyhint: "send", "aria-describedby": "counter keys" });
	form = make("form", { part: "composer" }, make("label", { for: "ask", "data-word": "ask" }), this.#input, this.#send,
		make("p", { id: "keys", "data-word": "keys" }), this.#counter);

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
		const settle = () => (this.#justComposed = false);
		on("compositionend", () => {
			this.#justComposed = true; // Safari sends the confirming Enter next, in the same task
			setTimeout(settle);
		});
		on("keyup", settle);
		on("keydown", (event) => {
			if (event.isComposing || event.keyCode === 229 || this.#justComposed) return;
			if (event.key === "Enter" && !event.shiftKey) submit(event);
		});
	}

	setBusy(isBusy) {
		this.isBusy = isBusy;
		this.#send.setAttribute("aria-disabled", isBusy);
	}

	count() {
		const left = LIMIT - [...this.#input.value.trim()].length;
		this.#input.setAttribute("aria-invalid", `${left < 0}`);
		const word = left < 0 ? "tooLong" : left <= NEAR && "remaining";
		this.#counter.replaceChildren(word ? this.voice.line(word, { n: Math.abs(left) }) : "");
	}
}
