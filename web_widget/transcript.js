/** Shows what was said: a silent history, and a live log that only grows. @import {Draft, Message} from "./types" */
import { cardsOf } from "./cards.js";
import { button, make, outsideLink } from "./dom.js";
import { renderLine, renderText } from "./plain-text.js";

export class Transcript {
	voice;
	/** @type {Set<Draft>} */ #unsent = new Set();
	#last; // the message whose replies are coming
	#history;
	#log;
	#options;

	constructor(shell) {
		[this.#history, this.#log, this.#options] = shell.querySelectorAll("[part=history], [part=log] ol, [part=options]");
	}

	showPast(messages) {
		const asked = messages.map(({ role }) => role).lastIndexOf("resident");
		(this.#log.childElementCount > this.#unsent.size ? this.#log : this.#history).append(...messages.map((message) => this.#item(message)));
		for (const { options } of messages.slice(asked + 1)) this.#offer(options);
		if (asked >= 0) this.#scrollTo(this.#history.lastChild);
	}

	/** @param {Message} message */
	add(message) {
		const { role, text, choice, options, client_message_id: id } = message;
		const isIt = (draft) => draft.id === id || (choice ? draft.choice === choice : draft.text === text);
		const sent = role === "resident" && [...this.#unsent].find(isIt);
		if (sent) return this.markSent(sent); // only the reply to it was lost
		const item = this.#item(message);
		this.#log.append(item);
		this.#offer(options);
		this.#scrollTo(role === "bot" ? this.#last : item);
	}

	addDraft(draft) {
		const { activeElement } = this.#log.getRootNode();
		draft.item ??= this.#item({ role: "resident", ...draft });
		draft.item.lastElementChild.replaceChildren();
		this.#log.append(draft.item);
		this.#unsent.add(draft);
		this.#options.replaceChildren();
		if (activeElement && !activeElement.isConnected) draft.item.focus(); // the pressed button is gone
		this.#scrollTo(draft.item);
	}

	markSent(draft) {
		this.#unsent.delete(draft);
		this.#options.replaceChildren();
		draft.item.lastElementChild.replaceChildren();
	}

	markUnsent(draft, reason) {
		if (!this.#unsent.has(draft)) return; // it had arrived, as an event told
		this.#fill(draft.item.lastElementChild, reason, Object.assign(button("retry"), { draft }));
		this.#scrollTo(draft.item);
	}

	addDocument(url) {
		this.#log.append(this.#fill(make("li"), outsideLink(url, make("span", { "data-word": "document" }))));
	}

	askWhy(feedback) {
		const why = make("textarea", { part: "why", rows: 2, maxlength: 500 });
		this.#fill(feedback, make("label", {}, make("span", { "data-word": "why" }), why), button("sendWhy"));
		why.focus();
	}

	thank(feedback) {
		this.#fill(feedback, make("p", { part: "thanks", tabindex: -1, "data-word": "thanks" }));
		feedback.firstChild.focus();
	}

	clear() {
		this.#unsent.clear();
		this.#last = null;
		for (const place of [this.#history, this.#log, this.#options]) place.replaceChildren();
	}

	/** @param {Message} message */
	#item(message) {
		const { type, role = "bot", text = "", ruby, options, sources, outcome, turn_id, seq, isRated, section_name: section } = message;
		const who = type === "notice" ? "system" : role;
		const kind = options ? `${who} choice` : who;
		const item = make("li", { part: `message ${who}`, class: kind, tabindex: -1, "data-seq": seq ?? "", "data-turn": turn_id ?? "" });
		const bubble = make("div", { class: "bubble", lang: this.voice.lang }, renderText(ruby ?? text, !!ruby), ...cardsOf(message, this.voice), options && this.#offered(options));
		const about = [sources?.length && this.#sources(sources), outcome === "answered" && this.#feedback(isRated)];
		const parts = options ? [...about, bubble] : [bubble, ...about]; // options stand next to their buttons
		const speaker = make("span", { class: "who" }, section && who === "agent" && section + " ", make("span", { "data-word": who }));
		return this.#fill(item, speaker, ...parts, role === "resident" && make("div", { part: "delivery" }));
	}

	#sources(sources) {
		const items = sources.map(({ title, url, reviewed_on: day }) =>
			make("li", {}, /^https?:/.test(url) ? outsideLink(url, title) : title, " ", day && make("span", {}, this.voice.line("reviewed", { date: this.voice.date(day) }))));
		return make("div", { part: "sources" }, make("span", { "data-word": "sources" }), make("ul", {}, ...items));
	}

	// Not announced: nobody need hear its buttons after each answer.
	#feedback(isRated) {
		const box = make("div", { part: "feedback", role: "group", "data-label": "wasHelpful", "aria-live": "off" });
		if (isRated) this.thank(box);
		else box.append(make("span", { "data-word": "wasHelpful" }), button("helpful"), button("unhelpful"));
		return box;
	}

	// Screen readers hear these words; eyes see them once the buttons are gone.
	#offered(options) {
		const items = options.map((option) => make("li", {}, face(option)));
		return make("div", { class: "offered" }, make("span", { "data-word": "offered" }), make("ul", {}, ...items));
	}

	#offer(options = []) {
		const { lang } = this.voice;
		for (const option of options) {
			const button = make("button", { part: "option", "data-do": "option", "data-payload": option.payload, lang }, face(option));
			this.#options.append(Object.assign(button, { option }));
		}
	}

	#fill(box, ...content) {
		box.replaceChildren(...content.filter(Boolean));
		this.voice.translate(box);
		return box;
	}

	#scrollTo(item) {
		this.#last = item;
		item?.scrollIntoView();
	}
}

function face({ title, ruby }) {
	return renderLine(ruby ?? title, !!ruby);
}
