/** Tells of a new waiting resident by sound and title. Muted sounds stay muted; nothing moves for those who asked for stillness. */
import { habit } from "./keep.js";
import { say } from "./words.js";

const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const NOTES = [660, 880];

export class Notice {
	#title = document.title;
	#context;
	#news = 0;
	#word = "arrived_title";
	#waiting = 0;
	#blinking;

	/** @param {HTMLElement} button @param {HTMLElement} hint shown while the browser keeps the page silent */
	constructor(button, hint) {
		this.button = button;
		this.hint = hint;
		button.setAttribute("aria-pressed", String(habit("sound") ?? true));
		const wake = async () => {
			await this.#audio()?.resume();
			this.#showHint();
		};
		for (const type of ["pointerdown", "keydown"]) addEventListener(type, wake, { once: true });
		document.addEventListener("visibilitychange", () => document.hidden || this.#seen());
		addEventListener("focus", () => this.#seen());
	}

	get isOn() {
		return this.button.getAttribute("aria-pressed") === "true";
	}

	/** Browsers keep a page silent until it is touched. */
	#showHint() {
		this.hint.hidden = !this.isOn || this.#audio()?.state !== "suspended";
	}

	toggle() {
		this.button.setAttribute("aria-pressed", String(!this.isOn));
		habit("sound", this.isOn);
		if (this.isOn) this.#play();
		this.#showHint();
	}

	count(waiting) {
		this.#waiting = waiting;
		this.#showTitle();
	}

	/** @param {"arrived_title" | "new_messages" | "alarm_title"} word */
	ring(word) {
		if (this.isOn) this.#play();
		this.#showHint();
		if (document.hasFocus()) return;
		this.#news = word === this.#word ? this.#news + 1 : 1;
		this.#word = word;
		this.#showTitle();
		if (!STILL.matches) this.#blinking ??= setInterval(() => this.#showTitle(), 1500);
	}

	#seen() {
		this.#news = 0;
		clearInterval(this.#blinking);
		this.#blinking = null;
		this.#showTitle();
	}

	#showTitle() {
		const plain = this.#waiting ? `${say("waiting_title", { n: this.#waiting })} ${this.#title}` : this.#title;
		const news = say(this.#word, { n: this.#news });
		const isNews = this.#news > 0 && (STILL.matches || !document.title.startsWith(news));
		document.title = isNews ? `${news} ${this.#title}` : plain;
	}

	#audio() {
		try {
			return (this.#context ??= new AudioContext());
		} catch {
			return null; // no sound card
		}
	}

	#play() {
		const audio = this.#audio();
		if (audio?.state !== "running") return;
		NOTES.forEach((pitch, n) => {
			const [tone, volume, start] = [audio.createOscillator(), audio.createGain(), audio.currentTime + n * 0.18];
			tone.frequency.value = pitch;
			volume.gain.setValueAtTime(0.12, start);
			volume.gain.exponentialRampToValueAtTime(0.001, start + 0.35);
			tone.connect(volume).connect(audio.destination);
			tone.start(start);
			tone.stop(start + 0.4);
		});
	}
}
