/** The live connection: server-sent events from the last record number on, mended when it breaks. */

const LONGEST_PAUSE = 30_000;
const SILENCE = 45_000; // three of the server's ticks: a connection that died without a word

export class Stream {
	#source;
	#after;
	#failures = 0;
	#watch;
	#handlers;

	/** @param {{onState: (state: string) => void, onChange: Function, onPresence: Function, onTick: Function}} handlers */
	constructor(after, handlers) {
		this.#after = after;
		this.#handlers = handlers;
		this.#connect();
		addEventListener("online", () => this.#again(0));
		addEventListener("offline", () => this.#again(LONGEST_PAUSE)); // an open connection may not notice for long
	}

	#connect() {
		const { onState, onChange, onPresence, onTick } = this.#handlers;
		const source = (this.#source = new EventSource(`/api/v1/desk/events?after=${this.#after}`));
		const on = (type, act) =>
			source.addEventListener(type, (event) => {
				this.#failures = 0;
				if (event.lastEventId) this.#after = Number(event.lastEventId);
				this.#listenFor();
				act(event.data && JSON.parse(event.data));
			});
		on("open", () => onState("live"));
		on("change", onChange);
		on("presence", onPresence);
		on("tick", onTick);
		source.addEventListener("error", () => this.#again(Math.min(LONGEST_PAUSE, 1000 * 2 ** this.#failures++)));
		this.#listenFor();
	}

	#listenFor() {
		clearTimeout(this.#watch);
		this.#watch = setTimeout(() => this.#again(0), SILENCE);
	}

	#again(pause) {
		this.#source.close();
		this.#handlers.onState("reconnecting");
		clearTimeout(this.#watch);
		this.#watch = setTimeout(() => this.#connect(), pause * (0.5 + Math.random() / 2));
	}

	stop() {
		this.#source.close();
		clearTimeout(this.#watch);
	}
}
