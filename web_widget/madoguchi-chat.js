/** `<madoguchi-chat>`: the chat counter on any page. @import {Draft} from "./types" */
import { Composer } from "./composer.js";
import { Conversation, newId } from "./conversation.js";
import { make } from "./dom.js";
import { buildShell } from "./panel.js";
import { telephone } from "./plain-text.js";
import { Transcript } from "./transcript.js";
import { Voice } from "./voice.js";

export class MadoguchiChat extends HTMLElement {
	static observedAttributes = ["locale", "open"];

	#root = this.attachShadow({ mode: "open" });
	#composer = new Composer();
	#shell = buildShell(this.#composer.form);
	#transcript = new Transcript(this.#shell);
	/** @type {Conversation} */ #talk;
	/** @type {Voice} */ #voice;
	#life;
	#entering;
	#person; // what only a person brings, once it is needed

	#acts = {
		launcher: () => this.show(),
		close: () => this.close(),
		restart: () => confirm(this.#voice.plain("confirmRestart")) && this.#restart("restarted"),
		erase: () => confirm(this.#voice.plain("confirmErase")) && (this.#forget(), this.#say("erased")),
		person: () => this.#send({ id: newId(), ruby: this.#voice.text("person"), isCall: true }),
		retry: ({ draft }) => this.#send(draft),
		option: ({ option: { title: text, ruby, payload: choice } }) =>
			choice === "handoff:callback" ? this.#summon((person) => person.do("callback")) : this.#send({ id: newId(), text, ruby, choice }),
		helpful: (button) => this.#rate(button, true),
		unhelpful: (button) => this.#transcript.askWhy(button.parentElement),
		sendWhy: (button) => this.#rate(button, false),
	};

	connectedCallback() {
		const styles = make("link", { rel: "stylesheet", href: new URL("madoguchi-chat.css", import.meta.url) });
		this.#root.replaceChildren(styles, this.#shell);
		const number = this.#part("number");
		number.textContent = this.getAttribute("phone");
		number.href = telephone(number.textContent);
		this.#life = new AbortController();
		this.#listen(this.#life.signal);
		if (!this.#talk) this.#renew();
		this.#speak(this.#talk.ticket?.locale);
		this.#follow();
	}

	disconnectedCallback() {
		this.#life.abort();
		this.#talk.pause();
	}

	attributeChangedCallback(name) {
		if (!this.#talk) return;
		if (name === "locale") this.#speak();
		if (name === "open") this.#follow();
	}

	get #isOpen() {
		return this.hasAttribute("open");
	}

	show() {
		this.toggleAttribute("open", true);
		this.#part("title").focus();
	}

	close() {
		const hadFocus = this.#root.activeElement;
		this.toggleAttribute("open", false);
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
			const name = button?.dataset.do;
			if (this.#acts[name]) this.#acts[name](button);
			else if (name) this.#summon((person) => person.do(name, button));
		});
		on(this.#part("language"), "change", ({ target }) => {
			this.#speak(target.value);
			if (this.#talk.state === "bot" && !this.#shell.querySelector(".resident")) this.#restart();
		});
		on(document, "visibilitychange", () => this.#attend());
		on(document, "keydown", (event) => {
			if (event.key === "Escape" && !event.isComposing && this.#isOpen) this.close();
		});
	}

	#speak(wanted = this.getAttribute("locale") ?? this.closest("[lang]")?.getAttribute("lang")) {
		const voice = new Voice(wanted);
		this.#voice = this.#composer.voice = this.#transcript.voice = voice;
		this.#shell.lang = voice.lang;
		this.#part("language").value = voice.locale;
		voice.translate(this.#shell);
		this.#composer.count();
		this.#say();
	}

	#follow() {
		this.#part("panel").hidden = !this.#isOpen;
		this.#part("launcher").hidden = this.#isOpen;
		if (this.#isOpen) this.#enter();
		this.#attend();
	}

	#attend() {
		if (this.#isOpen && !document.hidden) this.#talk.listen();
		else this.#talk.pause();
	}

	#restart(word) {
		this.#forget();
		this.#enter().then((error) => error || this.#say(word));
	}

	#forget() {
		this.#transcript.clear();
		this.#renew();
	}

	#renew() {
		this.#talk?.end();
		const endpoint = new URL(this.getAttribute("endpoint") ?? new URL("/", import.meta.url), document.baseURI).href;
		this.#composer.setBusy(false);
		this.#entering = null;
		this.#talk = new Conversation(endpoint, {
			onMessage: (message) => this.#transcript.add(message),
			onState: () => this.#say(),
			onWait: (n) => this.#say("limited", { n }),
		});
	}

	#enter() {
		return (this.#entering ??= this.#begin());
	}

	async #begin() {
		const { ticket } = this.#talk;
		this.#say("starting");
		try {
			this.#transcript.showPast(await this.#talk.enter(this.#voice.locale));
		} catch (error) {
			if (ticket && error.isGone) return this.#expire();
			this.#entering = null;
			this.#say("unavailable");
			return error;
		}
		this.#say();
		this.#attend();
	}

	#expire() {
		this.#renew();
		this.#transcript.add({ role: "system", ruby: this.#voice.text("expired") });
		return this.#enter();
	}

	/** @param {Draft} draft */
	async #send(draft) {
		if (this.#composer.isBusy) return this.#say("stillSending");
		this.#transcript.addDraft(draft);
		try {
			if (this.#talk.state === "closed" && !draft.choice?.startsWith("feedback:")) this.#renew();
			this.#composer.setBusy(true);
			const error = await this.#enter();
			if (error) throw error;
			this.#say("sending");
			const spoken = this.#voice.locale;
			const isChosen = spoken !== this.#talk.ticket.locale;
			const { form } = await this.#talk.send(draft, spoken, ({ locale }) => {
				this.#transcript.markSent(draft);
				// The counter follows the language that is written in; what was chosen by hand goes before.
				if (locale && locale !== spoken && !isChosen && spoken === this.#voice.locale) this.#speak(locale);
			});
			if (form?.document_url) this.#transcript.addDocument(form.document_url);
		} catch (error) {
			this.#explain(error, draft);
		}
		this.#composer.setBusy(false);
	}

	#explain(error, draft) {
		const reason = (!error.isGone && error.message) || this.#voice.line(error.status ? "unsent" : "offline");
		this.#transcript.markUnsent(draft, reason);
		if (error.isGone) this.#expire();
		else this.#say();
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

	// Without a word it says what lasts: waiting, human or closed.
	#say(word = "", values = {}) {
		const { state } = this.#talk;
		const key = word || (state === "bot" ? "" : state);
		this.#part("status").replaceChildren(key && this.#voice.line(key, values));
		if (state !== "bot" || this.#person) this.#summon();
	}

	async #summon(act = (_) => {}) {
		this.#person ??= import("./person.js").then(({ Person }) => new Person(this.#shell, (draft) => this.#send(draft)));
		const person = await this.#person;
		person.show(this.#talk, this.#voice);
		act(person);
	}
}

customElements.define("madoguchi-chat", MadoguchiChat);
