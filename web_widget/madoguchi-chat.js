/** `<madoguchi-chat>`: the ward's chat counter on any page. Attributes: endpoint, locale, phone, open. @import {Draft} from "./types" */
import { Composer } from "./composer.js";
import { Conversation, newId } from "./conversation.js";
import { make } from "./dom.js";
import { buildShell } from "./panel.js";
import { telephone, withoutReadings } from "./plain-text.js";
import { Transcript } from "./transcript.js";
import { Voice } from "./voice.js";

const ignore = () => {};

export class MadoguchiChat extends HTMLElement {
	static observedAttributes = ["locale", "open", "phone"];

	#root = this.attachShadow({ mode: "open" });
	#composer = new Composer();
	#shell = buildShell(this.#composer.form);
	#transcript = new Transcript(this.#shell, (turnId) => this.#talk.ticket.rated?.includes(turnId));
	/** @type {Conversation} */ #talk;
	/** @type {Voice} */ #voice;
	/** @type {AbortController} */ #life;
	/** @type {Promise<void>} */ #entering;

	/** @type {Record<string, (button: any) => unknown>} */
	#acts = {
		launcher: () => this.show(),
		close: () => this.close(),
		restart: () => this.#agreed("confirmRestart") && this.#restart("restarted"),
		erase: () => this.#agreed("confirmErase") && (this.#forget(), this.#say("erased")),
		person: () => this.#send(),
		retry: ({ draft }) => this.#send(draft),
		option: ({ option: { title: text, ruby, payload: choice } }) => this.#send({ id: newId(), text, ruby, choice }),
		helpful: (button) => this.#rate(button, true),
		unhelpful: (button) => this.#transcript.askWhy(button.parentElement),
		sendWhy: (button) => this.#rate(button, false),
	};

	connectedCallback() {
		const styles = make("link", { rel: "stylesheet", href: new URL("madoguchi-chat.css", import.meta.url) });
		this.#root.replaceChildren(styles, this.#shell);
		this.#life = new AbortController();
		this.#listen(this.#life.signal);
		if (!this.#talk) this.#renew();
		this.#speak(this.#talk.ticket?.locale);
		for (const name of ["phone", "open"]) this.attributeChangedCallback(name);
	}

	disconnectedCallback() {
		this.#life.abort();
		this.#talk.pause();
	}

	attributeChangedCallback(name) {
		if (!this.#talk) return;
		if (name === "locale") this.#speak();
		if (name === "phone") this.#callNumber(this.getAttribute("phone") ?? "");
		if (name === "open") this.#follow();
	}

	get open() {
		return this.hasAttribute("open");
	}

	set open(isOpen) {
		this.toggleAttribute("open", isOpen);
	}

	show() {
		this.open = true;
		this.#part("title").focus();
	}

	close() {
		const hadFocus = this.#root.activeElement;
		this.open = false;
		if (hadFocus) this.#part("launcher").focus();
	}

	/** @returns {any} */
	#part(name) {
		return this.#shell.querySelector(`[part=${name}]`);
	}

	#listen(signal) {
		const on = (target, type, act) => target.addEventListener(type, act, { signal });
		this.#composer.listen(signal, (text) => this.#send({ id: newId(), text }));
		on(this.#shell, "click", ({ target }) => {
			const button = target.closest("[data-do]");
			this.#acts[button?.dataset.do]?.(button);
		});
		on(this.#part("language"), "change", ({ target }) => this.#switch(target.value));
		on(document, "visibilitychange", () => this.#attend());
		on(document, "keydown", (event) => {
			// Also from the page: an open panel may cover what has the focus (WCAG 2.4.11).
			if (event.key === "Escape" && !event.isComposing && this.open) this.close();
		});
	}

	#speak(wanted = this.getAttribute("locale") ?? this.closest("[lang]")?.getAttribute("lang") ?? "") {
		const voice = new Voice(wanted);
		this.#voice = this.#composer.voice = this.#transcript.voice = voice;
		this.#shell.lang = voice.lang;
		this.#part("language").value = voice.locale;
		voice.translate(this.#shell);
		this.#composer.count();
		this.#say();
	}

	// Before the first question nothing is lost by a greeting in the new language.
	#switch(locale) {
		this.#speak(locale);
		if (this.#talk.state === "bot" && !this.#shell.querySelector(".resident")) this.#restart();
	}

	#callNumber(phone) {
		this.#part("phone").hidden = !phone;
		this.#part("number").textContent = phone;
		this.#part("number").href = telephone(phone);
	}

	#follow() {
		this.#part("panel").hidden = !this.open;
		this.#part("launcher").hidden = this.open;
		if (this.open) this.#enter().catch(ignore);
		this.#attend();
	}

	#attend() {
		if (this.open && !document.hidden) this.#talk.listen();
		else this.#talk.pause();
	}

	#agreed(question) {
		return confirm(withoutReadings(this.#voice.text(question)));
	}

	#restart(word) {
		this.#forget();
		this.#enter(word).catch(ignore);
	}

	#forget() {
		this.#talk.end();
		this.#transcript.clear();
		this.#renew();
	}

	#renew() {
		const endpoint = new URL(this.getAttribute("endpoint") ?? new URL("/", import.meta.url), document.baseURI).href;
		this.#composer.isBusy = false;
		this.#entering = null;
		this.#talk = new Conversation(endpoint, {
			onMessage: (message) => this.#transcript.add(message),
			onState: () => this.#say(),
			onWait: (n) => this.#say("limited", { n }),
		});
	}

	#enter(word) {
		return (this.#entering ??= this.#begin(word));
	}

	async #begin(word) {
		const { ticket } = this.#talk;
		this.#say("starting");
		try {
			this.#transcript.showPast(await this.#talk.enter(this.#voice.locale));
		} catch (error) {
			if (ticket && error.isGone) return this.#expire();
			this.#entering = null;
			this.#say("unavailable");
			throw error;
		}
		this.#say(word);
		this.#attend();
	}

	#expire() {
		this.#talk.end(false);
		this.#renew();
		this.#transcript.add({ role: "system", ruby: this.#voice.text("expired") });
		return this.#enter();
	}

	/** Sends a draft, or without one calls a person. @param {Draft} [draft] */
	async #send(draft) {
		if (this.#composer.isBusy) return this.#say("stillSending");
		if (draft) this.#transcript.addDraft(draft);
		try {
			if (this.#talk.state === "closed") (this.#talk.end(false), this.#renew());
			this.#composer.isBusy = true;
			await this.#enter();
			this.#say("sending");
			const { form } = await this.#talk.send(draft, this.#voice.locale, () => draft && this.#transcript.markSent(draft));
			if (form?.document_url) this.#transcript.addDocument(form.document_url);
		} catch (error) {
			this.#explain(error, draft);
		}
		this.#composer.isBusy = false;
	}

	#explain(error, draft) {
		const isOver = error.isGone && !draft?.choice; // an option that is no longer offered is also a 404
		const reason = (!isOver && error.message) || this.#voice.line(error.status ? "unsent" : "offline");
		if (draft) this.#transcript.markUnsent(draft, reason);
		if (isOver) this.#expire().catch(ignore);
		else this.#say(draft ? "" : "unavailable");
	}

	async #rate(button, helpful) {
		const box = button.parentElement;
		const comment = box.querySelector("textarea")?.value.trim() || undefined;
		try {
			await this.#talk.rate({ turn_id: box.closest("li").dataset.turn, helpful, comment });
			this.#transcript.thank(box);
		} catch {
			this.#say("notTaken");
		}
	}

	// Without a word it says what lasts: that a person is called, or answers, or that all is over.
	#say(word = "", values = {}) {
		const { state } = this.#talk;
		const key = word || (state === "bot" ? "" : state);
		this.#part("status").replaceChildren(key && this.#voice.line(key, values));
	}
}

customElements.define("madoguchi-chat", MadoguchiChat);
