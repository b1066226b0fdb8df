/** Replies on their way. Each keeps its id until it has arrived, over failures and reloads, so that nothing is said twice. */
import { make } from "/widget/dom.js";
import { call } from "./api.js";
import { unsent } from "./keep.js";
import { messageItem } from "./messages.js";
import { say } from "./words.js";

export class Outbox {
	#list = document.getElementById("outbox");
	#id; // of the conversation that is shown

	/** @param {{me: {id: string}, onArrived: Function, onBack: Function, onRefused: Function, onShown: Function, announce: Function}} hooks */
	constructor(hooks) {
		this.hooks = hooks;
	}

	/** After a reload it is not known whether they arrived; the ones in the transcript did. */
	turnTo(id, arrived) {
		this.#id = id;
		this.#list.replaceChildren();
		unsent(id, unsent(id).filter((reply) => !arrived.includes(reply.id)));
		for (const reply of unsent(id)) this.#offerRetry(id, reply, "");
	}

	async deliver(id, reply) {
		unsent(id, [...unsent(id).filter((other) => other.id !== reply.id), reply]);
		this.#item(reply).querySelector(".delivery").replaceChildren(say("sending"));
		this.hooks.onShown();
		try {
			await call("POST", `handoffs/${id}/reply`, { client_message_id: reply.id, text: reply.text });
			this.arrived(id, reply.id);
			await this.hooks.onArrived();
		} catch (error) {
			if (error.isPassing) return this.#offerRetry(id, reply, error.message);
			if (!error.code) throw error;
			this.#takeBack(id, reply);
			this.hooks.onRefused(id, error);
		}
	}

	arrived(id, replyId) {
		unsent(id, unsent(id).filter((reply) => reply.id !== replyId));
		this.#find(replyId)?.remove();
	}

	#find(replyId) {
		return this.#list.querySelector(`[data-id="${CSS.escape(replyId)}"]`);
	}

	#item(reply) {
		const shown = this.#find(reply.id);
		if (shown) return shown;
		const { me } = this.hooks;
		const item = messageItem({ role: "agent", agent: me.id, text: reply.text }, me, {});
		item.dataset.id = reply.id;
		this.#list.append(item);
		return item;
	}

	#offerRetry(id, reply, reason) {
		if (id !== this.#id) return; // offered when that conversation is open again
		const act = (word, then) => {
			const button = make("button", { type: "button" }, say(word));
			button.addEventListener("click", then);
			return button;
		};
		const again = act("retry", () => this.deliver(id, reply));
		const back = act("to_draft", () => this.#takeBack(id, reply));
		this.#item(reply).querySelector(".delivery").replaceChildren(`${say("unsent")} `, again, " ", back);
		this.hooks.announce(`${say("unsent")}。${reason}`);
		this.hooks.onShown();
	}

	#takeBack(id, reply) {
		this.arrived(id, reply.id);
		this.hooks.onBack(id, reply.text);
	}
}
