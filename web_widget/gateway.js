/** The client of the Resident API. @import {Message, Ticket} from "./types" */

const PATIENCE = 30_000; // a phone that lost its network may never fail a request by itself

// Status 0: no answer came. The message, if any, is for residents.
function failure(status = 0, message = "", wait = 5) {
	return Object.assign(new Error(message), { status, wait, isGone: [401, 404, 409].includes(status) });
}

export class Gateway {
	#base;

	constructor(endpoint) {
		this.#base = endpoint.replace(/\/*$/, "/api/v1/conversations");
	}

	// Resolves to the answer or to an `error`.
	async call(ticket, method, path, body) {
		const signal = AbortSignal.timeout(PATIENCE);
		try {
			const response = await this.#fetch(ticket, path, { method, signal, body: JSON.stringify(body) });
			return JSON.parse((await response.text()) || "{}");
		} catch (error) {
			return { error: error.status ? error : failure() };
		}
	}

	/** EventSource cannot carry the token, hence fetch. @returns {AsyncGenerator<Message>} */
	async *events(ticket, after, signal) {
		const response = await this.#fetch(ticket, `/events?after=${after}`, { signal });
		const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
		for (let rest = ""; ; ) {
			const { value, done } = await reader.read();
			if (done) return;
			const events = (rest + value).split(/\r?\n\r?\n/);
			rest = events.pop();
			for (const event of events) {
				const data = event.match(/^data:(.*)/m);
				if (data) yield JSON.parse(data[1]);
			}
		}
	}

	/** @param {Ticket | null} ticket */
	async #fetch(ticket, path, options) {
		const { id, token } = ticket ?? {};
		const headers = { "Content-Type": "application/json", ...(id && { Authorization: `Bearer ${token}` }) };
		const url = this.#base + (id ? `/${id}${path}` : "");
		const response = await fetch(url, { credentials: "omit", headers, ...options });
		if (response.ok) return response;
		const refusal = await response.json().catch(() => null);
		throw failure(response.status, refusal?.error?.message, Number(response.headers.get("Retry-After")) || undefined);
	}
}
