/** One conversation as this tab knows it: tells what arrives, in order and once. @import {Draft, Listener, Message} from "./types" */
import { Gateway } from "./gateway.js";

const KEY = "madoguchi-chat";
const TRIES = 5;
const LONGEST_PAUSE = 30;

// crypto.randomUUID needs https.
export function newId() {
	const random = (digit) => (digit ^ ((Math.random() * 16) >> (digit / 4))).toString(16);
	return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, random);
}

export class Conversation {
	#gateway;
	#listener;
	#listening;
	/** @type {Message[]} */ #held; // events wait while a turn is under way: its reply comes first
	#shown = new Set(); // seqs, and the ids of our own turns
	#cursor; // the last seq that was heard
	#isOver = false;
	state = "bot";
	standing = {}; // the handoff, and what is seen of the person
	ticket = storage();

	/** @param {string} endpoint @param {Listener} listener */
	constructor(endpoint, listener) {
		this.#gateway = new Gateway(endpoint);
		this.#listener = listener;
	}

	/** Begins, or finds what was said so far. @returns {Promise<Message[]>} */
	async enter(locale) {
		const page_url = location.origin + location.pathname; // a query may tell something personal
		const body = await (this.ticket ? this.#call("GET", "/messages") : this.#call("POST", "", { locale, page_url }));
		const messages = body.messages ?? body;
		storage((this.ticket ??= { id: body.conversation_id, token: body.token, locale }));
		this.#stand(body);
		this.#cursor = messages.at(-1)?.seq ?? 0;
		for (const { seq } of messages) this.#shown.add(seq);
		return messages.map((message) => ({ ...message, isRated: this.ticket.rated?.includes(message.turn_id) }));
	}

	/** The same draft may be sent again; a language goes along only where one was chosen. @param {Draft} draft */
	async send(draft, locale, onReply) {
		const { id: client_message_id, choice, text, isCall, contact } = draft;
		if (!("locale" in draft)) draft.locale = locale === this.ticket.locale ? undefined : locale;
		const body = { client_message_id, locale: draft.locale, ...(contact ?? (choice ? { choice } : { text })) };
		this.#held = [];
		try {
			const turn = await this.#call("POST", contact ? "/callback" : isCall ? "/handoff" : "/turns", body);
			this.#shown.add(turn.turn_id);
			storage(Object.assign(this.ticket, { locale: turn.locale ?? this.ticket.locale }));
			onReply(turn);
			this.#stand(turn);
			this.#accept(messagesOf(turn));
			return turn;
		} finally {
			const held = this.#held;
			this.#held = null;
			this.#accept(held);
		}
	}

	async rate(opinion) {
		const { rated = [] } = this.ticket;
		await this.#call("POST", "/feedback", opinion);
		storage(Object.assign(this.ticket, { rated: [...rated, opinion.turn_id] }));
	}

	end() {
		this.#isOver = true;
		this.pause();
		storage(null);
		if (this.ticket) this.#call("DELETE", "");
	}

	async listen() {
		if (this.#listening || this.#cursor === undefined) return;
		const { signal } = (this.#listening = new AbortController());
		for (let failures = 0; !signal.aborted; failures++) {
			try {
				for await (const message of this.#gateway.events(this.ticket, this.#cursor, signal)) {
					failures = 0;
					if (message.state && !message.seq) {
						this.#stand(message);
						this.#listener.onState();
					}
					if (!message.seq) continue;
					this.#cursor = message.seq;
					if (this.#held) this.#held.push(message);
					else this.#accept([message]);
				}
			} catch (error) {
				if (error.isGone) return; // the next turn tells the resident
			}
			await delay(Math.min(LONGEST_PAUSE, 2 ** failures) * (0.5 + Math.random()));
		}
	}

	pause() {
		this.#listening?.abort();
		this.#listening = null;
	}

	get heard() {
		return this.#cursor;
	}

	// Lost signs are no harm.
	sign(typing, read_seq) {
		this.#gateway.call(this.ticket, "POST", "/presence", { typing, read_seq });
	}

	#stand({ state = this.state, handoff, staff }) {
		this.state = state;
		this.standing = { handoff, staff };
	}

	#accept(messages) {
		for (const message of messages) {
			const { seq, role, turn_id } = message;
			if (this.#shown.has(seq)) continue;
			this.#shown.add(seq);
			this.state = message.state ?? (role === "agent" ? "human" : this.state);
			if (role !== "resident" || !this.#shown.has(turn_id)) this.#listener.onMessage(message);
		}
		this.#listener.onState();
	}

	// Waits out too much load, and for ever once the conversation is over.
	async #call(method, path, body) {
		for (let tries = 1; ; tries++) {
			const answer = await this.#gateway.call(this.ticket, method, path, body);
			const { error } = answer;
			if (this.#isOver) await new Promise(() => {});
			if (!error) return answer;
			if (error.status !== 429 || tries === TRIES) throw error;
			this.#listener.onWait(error.wait);
			await delay(error.wait);
		}
	}
}

function messagesOf({ turn_id, messages = [], sources, outcome }) {
	const last = messages.at(-1);
	return messages.map((message) => ({ role: "bot", turn_id, ...message, ...(message === last && { sources, outcome }) }));
}

function delay(seconds) {
	return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

// Reads, keeps or (null) forgets this tab's ticket; without storage it ends with the page.
function storage(ticket) {
	try {
		if (ticket !== undefined) sessionStorage.setItem(KEY, JSON.stringify(ticket));
		return JSON.parse(sessionStorage.getItem(KEY));
	} catch {
		return null;
	}
}
