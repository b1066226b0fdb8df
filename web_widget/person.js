/** What a person at the desk brings to the widget: banner, contact form, ticket on paper. Loaded when needed. @import {Draft} from "./types" */
import { newId } from "./conversation.js";
import { button, make } from "./dom.js";
import { renderText } from "./plain-text.js";

const PAUSE = 3000; // between two signs that the resident is typing
const FIELDS = Object.fromEntries([["name", "text"], ["phone", "tel"], ["email", "email"], ["preferred", "text"]]);
const LIMITS = { name: 100, phone: 30, email: 254, preferred: 200 };

export class Person {
	voice;
	#talk;
	#shell;
	#send;
	#signed = 0;
	#read = 0;

	/** @param {(draft: Draft) => void} send */
	constructor(shell, send) {
		this.#shell = shell;
		this.#send = send;
		shell.addEventListener("input", ({ target }) => target.id === "ask" && this.#sign());
	}

	// A button that only a person brings.
	do(name, pressed) {
		const acts = { withdraw: () => this.#choose("withdraw"), callback: () => this.#askContact(), cancel: () => this.#closeForm(), print: () => print(pressed.ticket, this.voice) };
		acts[name]?.();
	}

	show(talk, voice) {
		this.#talk = talk;
		this.voice = voice;
		const { state, standing } = talk;
		const isThere = state === "waiting" || state === "human";
		const { handoff } = standing;
		const lines = isThere && handoff ? this.#lines(state, handoff, standing.staff) : [];
		const banner = this.#part("banner");
		const had = this.#shell.getRootNode().activeElement?.closest?.("[part=banner]") === banner;
		banner.hidden = !lines.length;
		banner.className = state;
		banner.replaceChildren(...lines, ...(lines.length && state === "waiting" ? [this.#ways(handoff)] : []));
		voice.translate(banner);
		// Who does not wait any longer cannot stop waiting.
		if (state !== "waiting") for (const old of this.#shell.querySelectorAll("[data-payload='handoff:withdraw'], [data-payload='handoff:callback']")) old.remove();
		if (had) (banner.querySelector("button") ?? this.#shell.querySelector("[part=input]")).focus();
		if (state === "human" && talk.heard > this.#read && !document.hidden) talk.sign(false, (this.#read = talk.heard));
	}

	#lines(state, { section_name, reference, position, expected_wait, desk_open, next_opening }, staff) {
		const { voice } = this;
		const line = (word, values) => make("p", {}, voice.line(word, values));
		const head = make("p", { class: "head" }, voice.line(state === "human" ? "withPerson" : "waitingFor", { section: section_name }));
		if (state === "human") return [head, staff?.typing && line("typing")].filter(Boolean);
		const closed = desk_open === false && (next_opening ? line("opens", { time: voice.moment(next_opening) }) : line("closedNow"));
		const minutes = expected_wait && Math.max(1, Math.round(expected_wait / 60));
		return [head, line("yourNumber", { reference }), position && line("place", { n: position }), minutes && line("expectedWait", { n: minutes }), closed].filter(Boolean);
	}

	#ways({ may_leave_contact }) {
		return make("div", { class: "ways" }, may_leave_contact && button("callback"), button("withdraw"));
	}

	#choose(name) {
		this.#send({ id: newId(), ruby: this.voice.text(name), choice: `handoff:${name}` });
	}

	#askContact() {
		const place = this.#part("contact");
		place.hidden = false;
		const error = make("p", { part: "contactError", class: "error", role: "alert" });
		const fields = Object.entries(FIELDS).map(([name, type]) =>
			make("label", {}, make("span", { "data-word": name === "phone" ? "telephone" : name }), make("input", { name, type, maxlength: LIMITS[name], autocomplete: { phone: "tel", preferred: "off" }[name] ?? name })));
		const consent = make("label", { class: "consent" }, make("input", { type: "checkbox", name: "consent" }), make("span", { "data-word": "consent" }));
		const send = make("button", { part: "sendContact", "data-word": "sendContact" });
		const form = make("form", { novalidate: "", "aria-labelledby": "contact-title" },
			make("h3", { id: "contact-title", tabindex: -1, "data-word": "callback" }), ...fields, consent, error, make("div", { class: "ways" }, send, Object.assign(button("cancel"), { type: "button" })));
		form.addEventListener("submit", (event) => this.#leave(event, form, error));
		form.addEventListener("keydown", (event) => {
			if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.preventDefault();
		});
		place.replaceChildren(form);
		this.voice.translate(place);
		form.querySelector("h3").focus();
	}

	#leave(event, form, error) {
		event.preventDefault();
		const value = (name) => form.elements[name].value.trim();
		const contact = Object.fromEntries(Object.keys(FIELDS).map((name) => [name, value(name)]));
		const lacks = !contact.name ? "name" : !contact.phone && !contact.email ? "phone" : !form.elements.consent.checked && "consent";
		const odd = Object.keys(FIELDS).find((name) => !form.elements[name].validity.valid);
		for (const field of form.querySelectorAll("input")) field.setAttribute("aria-invalid", `${field.name === (lacks || odd)}`);
		if (lacks || odd) {
			error.replaceChildren(this.voice.line(lacks === "consent" ? "lacksConsent" : lacks ? "lacksContact" : "oddEmail"));
			return form.elements[lacks || odd].focus();
		}
		this.#closeForm();
		this.#send({ id: newId(), ruby: this.voice.text("callback"), contact: { ...contact, consent: true } });
	}

	#closeForm() {
		const place = this.#part("contact");
		place.hidden = true;
		place.replaceChildren();
		this.#part("input").focus();
	}

	#sign() {
		if (this.#talk?.state !== "human" || Date.now() - this.#signed < PAUSE) return;
		this.#signed = Date.now();
		this.#talk.sign(true, this.#read);
	}

	#part(name) {
		return this.#shell.querySelector(`[part=${name}]`);
	}
}

// A window of its own, so that only the ticket is printed.
function print({ text = "", reference = "", bring }, voice) {
	const page = open("", "_blank");
	if (!page) return;
	const styles = make("link", { rel: "stylesheet", href: new URL("ticket.css", import.meta.url).href });
	const parts = [make("h1", {}, voice.line("ticketTitle")), make("p", { class: "reference" }, reference), renderText(text)];
	if (bring) parts.push(make("h2", {}, bring.title), renderText(bring.ruby ?? bring.text, !!bring.ruby));
	page.document.title = voice.plain("ticketTitle");
	page.document.documentElement.lang = voice.lang;
	page.document.head.append(page.document.adoptNode(styles));
	page.document.body.append(...parts.map((part) => page.document.adoptNode(part)));
	styles.addEventListener("load", () => page.print());
}
