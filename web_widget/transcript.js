/** Shows what was said: a history without a live role, and an append-only log for what is said now. @import {Draft, Message} from "./types" */
import { button, make, outsideLink } from "./dom.js";
import { renderLine, renderText } from "./plain-text.js";

export class Transcript {
	/** @type {import("./voice.js").Voice} */ voice;
	/** @type {Set<Draft>} */ #unsent = new Set();
	#last; // the message whose replies are coming
	#history;
	#log;
	#options;
	#isRated;

	constructor(shell, isRated) {
		[this.#history, this.#log, this.#options] = /** @type {any} */ (shell.querySelectorAll("[part=history], [part=log] ol, [part=options]"));
		this.#isRated = isRated;
	}

	showPast(messages) {
		const asked = messages.map(({ role }) => role).lastIndexOf("resident");
		(this.#log.firstChild ? this.#log : this.#history).append(...messages.map((message) => this.#item(message)));
		for (const { options } of messages.slice(asked + 1)) this.#offer(options);
		if (asked >= 0) this.#options.parentElement.scrollTop = this.#options.parentElement.scrollHeight;
	}

	/** @param {Message} message */
	add(message) {
		const { role, text, options, client_message_id: id } = message;
		const sent = role === "resident" && [...this.#unsent].find((draft) => draft.id === id || draft.text === text);
		if (sent) return this.markSent(sent); // only the reply to it was lost
		const item = this.#item(message);
		this.#log.append(item);
		this.#offer(options);
		this.#scrollTo(role === "bot" ? this.#last : item);
	}

	addDraft(draft) {
		const { activeElement } = /** @type {ShadowRoot} */ (this.#log.getRootNode());
		draft.item ??= this.#item({ role: "resident", ...draft });
		draft.item.lastElementChild.replaceChildren();
		if (draft.item !== this.#log.lastChild) this.#log.append(draft.item);
		this.#unsent.add(draft);
		this.#retire();
		if (activeElement && !activeElement.isConnected) draft.item.focus(); // the pressed button is gone
		this.#scrollTo(draft.item);
	}

	markSent(draft) {
		this.#unsent.delete(draft);
		draft.item.lastElementChild.replaceChildren();
	}

	markUnsent(draft, reason) {
		if (!this.#unsent.has(draft)) return; // it had arrived, as an event told
		this.#fill(draft.item.lastElementChild, make("span", {}, reason), Object.assign(button("retry"), { draft }));
	}

	addDocument(url) {
		this.#log.append(make("li", {}, outsideLink(url, this.voice.line("document"))));
	}

	askWhy(feedback) {
		const why = make("textarea", { part: "why", rows: 2, maxlength: 500 });
		this.#fill(feedback, make("label", {}, make("span", { "data-word": "why" }), why), button("sendWhy"));
		why.focus();
	}

	thank(feedback) {
		const hadFocus = feedback.matches(":focus-within");
		const thanks = make("p", { part: "thanks", tabindex: -1, "data-word": "thanks" });
		this.#fill(feedback, thanks);
		if (hadFocus) thanks.focus();
	}

	clear() {
		this.#unsent.clear();
		this.#last = null;
		this.#retire();
		for (const list of [this.#history, this.#log]) list.replaceChildren();
	}

	/** @param {Message} message */
	#item({ role = "bot", text, ruby, options, sources, outcome, turn_id, seq }) {
		const item = make("li", { part: `message ${role}`, class: role, tabindex: -1, "data-seq": seq, "data-turn": turn_id });
		return this.#fill(item,
			make("span", { class: "who", "data-word": role }),
			make("div", { class: "bubble", lang: this.voice.lang }, renderText(ruby ?? text, !!ruby), options?.length && this.#offered(options)),
			sources?.length && this.#sources(sources), outcome === "answered" && this.#feedback(turn_id),
			role === "resident" && make("div", { part: "delivery" }));
	}

	#sources(sources) {
		const items = sources.filter(({ url }) => url.startsWith("https:")).map(({ title, url, reviewed_on: day }) =>
			make("li", {}, outsideLink(url, title, make("span", { class: "unseen", "data-word": "newTab" })), " ",
				day && make("span", {}, this.voice.line("reviewed", { date: this.voice.date(day) }))));
		return make("div", { part: "sources" }, make("span", { "data-word": "sources" }), make("ul", {}, ...items));
	}

	// Not announced: whoever listens to the answer need not hear its buttons each time.
	#feedback(turnId) {
		const box = make("div", { part: "feedback", role: "group", "data-label": "wasHelpful", "aria-live": "off" });
		if (this.#isRated(turnId)) this.thank(box);
		else box.append(make("span", { "data-word": "wasHelpful" }), button("helpful"), button("unhelpful"));
		return box;
	}

	// Screen readers hear the options in the log; eyes see them there once the buttons are gone.
	#offered(options) {
		const items = options.map((option) => make("li", {}, face(option)));
		return make("div", { class: "offered" }, make("span", { "data-word": "offered" }), make("ul", {}, ...items));
	}

	#offer(options = []) {
		const { lang } = this.voice;
		this.#options.append(...options.map((option) =>
			Object.assign(button("option", { lang, "data-payload": option.payload }, face(option)), { option })));
		this.#options.hidden = !this.#options.firstChild;
	}

	#retire() {
		this.#options.replaceChildren();
		this.#offer();
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
