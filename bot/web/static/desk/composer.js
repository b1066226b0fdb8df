/** Where the agent writes. Enter makes a line; Ctrl+Enter sends, unless an input method is still converting. */
import { draft } from "./keep.js";
import { say } from "./words.js";

const LIMIT = 1000;
const NEAR = 100;
const TYPING_EVERY = 3000;

export class Composer {
	#form = /** @type {HTMLFormElement} */ (document.getElementById("composer"));
	#input = /** @type {HTMLTextAreaElement} */ (document.getElementById("reply"));
	#left = document.getElementById("left");
	#send = document.getElementById("send");
	#justComposed = false;
	#id;
	#typedAt = 0;

	/** @param {{onSend: (text: string) => void, onRefused: () => void, onTyping: () => void}} hooks */
	constructor(hooks) {
		this.hooks = hooks;
		const on = (type, act) => this.#form.addEventListener(type, act);
		on("submit", (event) => {
			event.preventDefault();
			this.#submit();
		});
		on("input", () => this.#changed());
		const settle = () => (this.#justComposed = false);
		on("compositionend", () => {
			this.#justComposed = true; // Safari sends the confirming Enter next, in the same task
			setTimeout(settle);
		});
		on("keyup", settle);
		on("keydown", (event) => {
			if (event.isComposing || event.keyCode === 229 || this.#justComposed) return;
			if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
				event.preventDefault();
				this.#submit();
			}
		});
	}

	get text() {
		return this.#input.value;
	}

	focus() {
		this.#input.focus();
	}

	/** Turns to a conversation; its draft comes back. */
	turnTo(id) {
		this.#id = id;
		this.#input.value = draft(id);
		this.#count();
	}

	/** @param {boolean} canSend */
	allow(canSend) {
		this.#send.setAttribute("aria-disabled", String(!canSend));
	}

	hide(isHidden) {
		this.#form.hidden = isHidden;
	}

	/** Puts a text in, where the cursor is; it never sends. */
	insert(text) {
		const { value, selectionStart: at, selectionEnd: end } = this.#input;
		const before = value.slice(0, at);
		const joint = before && !before.endsWith("\n") ? "\n" : "";
		this.#input.setRangeText(joint + text, at, end, "end");
		this.#changed();
		this.#input.focus();
	}

	#submit() {
		const text = this.#input.value.trim();
		if (!text || [...text].length > LIMIT) return this.#input.focus();
		if (this.#send.getAttribute("aria-disabled") === "true") return this.hooks.onRefused();
		this.#input.value = "";
		this.#typedAt = 0; // what was typed is said; the next letter is news
		this.#changed();
		this.hooks.onSend(text);
		this.#input.focus();
	}

	#changed() {
		draft(this.#id, this.#input.value);
		this.#count();
		if (!this.#input.value || Date.now() - this.#typedAt < TYPING_EVERY) return;
		this.#typedAt = Date.now();
		this.hooks.onTyping();
	}

	#count() {
		const left = LIMIT - [...this.#input.value.trim()].length;
		this.#input.setAttribute("aria-invalid", String(left < 0));
		this.#left.textContent = left < 0 ? say("too_long", { n: -left }) : left <= NEAR ? say("left", { n: left }) : "";
	}
}
