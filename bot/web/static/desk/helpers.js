/** What helps to reply: the bot's candidates, published answers, the ward's phrases. They fill the draft and never send. */
import { make, outsideLink } from "/widget/dom.js";
import { renderText } from "/widget/plain-text.js";
import { call } from "./api.js";
import { say } from "./words.js";

const PAUSE = 250; // milliseconds after the last letter
const get = (id) => document.getElementById(id);

export class Helpers {
	#item;
	#asked = 0;
	#timer;

	/** @param {(text: string) => void} insert */
	constructor(insert) {
		this.insert = insert;
		const words = get("words");
		get("search").addEventListener("submit", (event) => {
			event.preventDefault();
			this.#search();
		});
		words.addEventListener("input", (event) => {
			clearTimeout(this.#timer);
			if (!event.isComposing) this.#timer = setTimeout(() => this.#search(), PAUSE);
		});
		words.addEventListener("compositionend", () => this.#search());
	}

	/** Shows what goes with a conversation, as its view tells. */
	show({ language, section, candidates, phrases }) {
		this.#item = { language, section };
		fill("candidates", candidates.map((entry) => this.#entry(entry)));
		if (candidates.length === 0) fill("candidates", [make("li", { class: "small" }, say("candidates_none"))]);
		fill("phrases", phrases.map((entry) => this.#entry(entry)));
		get("words").value = "";
		this.#search();
	}

	async #search() {
		const asked = ++this.#asked;
		const query = new URLSearchParams({ q: get("words").value, locale: this.#item.language, section: this.#item.section });
		const { answers } = await call("GET", `canned?${query}`).catch(() => ({ answers: [] }));
		if (asked !== this.#asked) return; // a later question has overtaken it
		fill("canned", answers.map((entry) => this.#entry(entry)));
		const isAsked = get("words").value.trim();
		get("found").textContent = !isAsked ? "" : answers.length ? say("canned_found", { n: answers.length }) : say("canned_none");
	}

	#entry({ title, text, ja, locale, score, sources = [] }) {
		const isOwn = locale === this.#item.language;
		const button = make("button", { type: "button", "aria-label": `${say("insert")}：${title}` }, say("insert"));
		button.addEventListener("click", () => this.insert(text));
		return make("li", {},
			make("p", { class: "title" }, title, " ", score !== undefined && make("span", { class: "small" }, say("score", { n: Math.round(score * 100) }))),
			!isOwn && make("p", { class: "small warn" }, say("not_in_language")),
			make("div", { class: "body", lang: locale === "ja-easy" ? "ja" : locale, tabindex: "0" }, renderText(text)),
			locale !== "ja" && make("details", {}, make("summary", {}, say("in_japanese")), make("div", { class: "body" }, renderText(ja))),
			make("p", { class: "row" }, button, ...sources.slice(0, 1).map((source) => outsideLink(source.url, say("source")))));
	}
}

function fill(id, entries) {
	get(id).replaceChildren(...entries);
}
