/** Calls of the desk's API. The session's cookie goes along by itself. */
import { say } from "./words.js";

const PATIENCE = 20_000;

/** What the server, or the network (status 0), refused; the message is for the agent. */
export class Refusal extends Error {
	constructor(status, { code = "network_error", message = say("network_error"), ...details } = {}) {
		super(message);
		Object.assign(this, { status, code, details });
	}

	/** Whether the same call may succeed later, and may have succeeded already. */
	get isPassing() {
		return this.status === 0 || this.status >= 500;
	}

	get isLost() {
		return ["lease_lost", "not_claimed", "claimed_by_other"].includes(this.code);
	}
}

let signedOut = () => {};

export function onSignedOut(act) {
	signedOut = act;
}

export async function call(method, path, body) {
	let response;
	try {
		response = await fetch(`/api/v1/desk/${path}`, {
			method,
			signal: AbortSignal.timeout(PATIENCE),
			headers: body ? { "Content-Type": "application/json" } : {},
			body: body && JSON.stringify(body),
		});
	} catch {
		throw new Refusal(0);
	}
	if (response.status === 401) signedOut();
	const answer = await response.json().catch(() => null);
	if (response.ok) return answer ?? {};
	throw new Refusal(response.status, answer?.error);
}
