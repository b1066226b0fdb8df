/** The client of the Resident API. @import {Message, Ticket} from "./types" */

const PATIENCE = 30_000; // a phone that lost its network may never fail a request by itself

// Status 0: no answer came. The message, if any, is made for residents.
export class GatewayError extends Error {
	constructor(status = 0, message = "", wait = 5) {
		super(message);
		this.status = status;
		this.wait = wait;
		this.isGone = status === 401 || status === 404;
	}
}

export class Gateway {
	/** @type {Ticket} */ ticket;
	#base;

	/** @param {string} endpoint */
	constructor(endpoint) {
		this.#base = endpoint.replace(/\/*$/, "/api/v1/conversations");
	}

	async call(method, path, body) {
		const signal = AbortSignal.timeout(PATIENCE);
		try {
			const response = await this.#fetch(path, { method, signal, body: JSON.stringify(body) });
			return JSON.parse((await response.text()) || "{}");
		} catch (error) {
			throw error instanceof GatewayError ? error : new GatewayError();
		}
	}

	/** EventSource cannot carry the token, hence fetch. @returns {AsyncGenerator<Message>} */
	async *events(after, signal) {
		const response = await this.#fetch(`/events?after=${after}`, { signal });
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

	async #fetch(path, options) {
		const { id, token } = this.ticket ?? {};
		const headers = { "Content-Type": "application/json", ...(id && { Authorization: `Bearer ${token}` }) };
		const url = this.#base + (id ? `/${id}${path}` : "");
		const response = await fetch(url, { credentials: "omit", headers, ...options });
		if (response.ok) return response;
		const refusal = await response.json().catch(() => null);
		throw new GatewayError(response.status, refusal?.error?.message, Number(response.headers.get("Retry-After")) || undefined);
	}
}
