/** The open conversation: what was passed on, what was said, and what may be done with it now. */
import { newId } from "/widget/conversation.js";
import { make } from "/widget/dom.js";
import { renderText } from "/widget/plain-text.js";
import { call } from "./api.js";
import { Composer } from "./composer.js";
import { draft, lastOpen } from "./keep.js";
import { messageItem, noteItem } from "./messages.js";
import { Outbox } from "./outbox.js";
import { now, say } from "./words.js";

const TYPING_SECONDS = 6;
const NEAR_THE_END = 80; // pixels: whoever reads further up is not pulled down

const get = (id) => document.getElementById(id);

export class Conversation {
	/** Of the queue: who has it, in what language, and so on. */
	item = null;
	standing = null; // waiting, assigned (to a colleague), mine, leaving, taken, lost or ended
	#seq = 0;
	#told = 0; // the last seq that the resident was told we have read
	#resident = 0; // the last seq that the resident is known to have read
	#typingEnds;
	#lang = "ja";
	#names = {};
	#composer;
	#outbox;
	#refreshing;
	#wanted;

	/** @param {{me: {id: string, name: string}, languages: Record<string, string>, onView: Function, onSaid: Function, onTrouble: Function, onSeen: Function, announce: Function}} hooks */
	constructor(hooks) {
		this.hooks = hooks;
		this.#composer = new Composer({
			onSend: (text) => this.#outbox.deliver(this.id, { id: newId(), text }),
			onRefused: () => this.#tell(this.#why(this.standing)),
			onTyping: () => this.standing === "mine" && this.#post("typing").catch(() => {}), // a lost hint harms nobody
		});
		this.#outbox = new Outbox({
			me: hooks.me,
			onArrived: () => this.refresh(),
			onBack: (id, text) => this.#toDraft(id, text),
			onRefused: (id, error) => this.#refused(id, error),
			onShown: () => this.toEnd(),
			announce: hooks.announce,
		});
		document.addEventListener("visibilitychange", () => this.#tellRead());
		get("scroller").addEventListener("scroll", () => this.#showBelow());
	}

	get id() {
		return this.item?.id;
	}

	get composer() {
		return this.#composer;
	}

	/** Returns whether it is open now; a later choice overtakes an earlier one. */
	async open(id) {
		this.#wanted = id;
		const view = await call("GET", `handoffs/${id}`);
		if (id !== this.#wanted) return false;
		this.item = { ...view, is_mine: view.state === "claimed" && view.claimed_by === this.hooks.me.id };
		this.#lang = view.language === "ja-easy" ? "ja" : view.language;
		this.#names = view.names;
		this.#resident = view.resident.read_seq;
		this.#told = 0;
		lastOpen(id);
		get("nothing").hidden = true;
		get("open").hidden = false;
		this.#showHead(view);
		this.#showPast(view);
		this.#composer.turnTo(id);
		this.standing = null;
		this.#standAs(this.#standingOf(this.item));
		this.#outbox.turnTo(id, view.messages.map(({ client_message_id }) => client_message_id));
		this.hooks.onView(view);
		this.toEnd();
		get("conversation-title").focus();
		this.#tellRead();
		return true;
	}

	/** Takes what the queue says of this conversation now; gone from the queue means that it ended here. */
	follow(item) {
		if (!this.item || this.standing === "leaving") return;
		if (item) this.item = item;
		const now = item ? this.#standingOf(item) : "ended";
		const wasMine = ["mine", "lost"].includes(this.standing);
		this.#standAs(wasMine && !["mine", "ended"].includes(now) ? "lost" : now);
		if (wasMine && now === "ended") this.#tell(say("ended_by_resident")); // what the agent ends tells so afterwards
	}

	lose() {
		this.#standAs("lost");
	}

	end(text) {
		this.#standAs("ended");
		this.#tell(text);
	}

	async claim() {
		await this.#post("claim");
		const { id, name } = this.hooks.me;
		this.item = { ...this.item, is_mine: true, state: "claimed", claimed_by: id, claimed_name: name };
		this.#standAs("mine");
		this.#tell(say("claimed"));
		this.#composer.focus();
		await this.refresh();
	}

	/** Fetches what came since; one fetch at a time, and one more if something came meanwhile. */
	async refresh() {
		if (this.standing !== "mine") return; // reading on without a claim would be a read of its own
		if (this.#refreshing) {
			this.#refreshing.again = true;
			return;
		}
		const run = (this.#refreshing = { again: true });
		try {
			while (run.again) {
				run.again = false;
				await this.#fetch(this.id);
			}
		} finally {
			this.#refreshing = null;
		}
	}

	async #fetch(id) {
		const { messages, resident } = await call("GET", `handoffs/${id}/messages?after=${this.#seq}`);
		if (id !== this.id) return;
		const isAtEnd = this.#isAtEnd();
		for (const message of messages) this.#add(message);
		this.#resident = Math.max(this.#resident, resident.read_seq);
		this.#showDelivery();
		if (isAtEnd) this.toEnd();
		else this.#showBelow();
		this.#tellRead();
	}

	presence({ typing, read_seq }) {
		this.#resident = Math.max(this.#resident, read_seq);
		this.#showDelivery();
		clearTimeout(this.#typingEnds);
		const isAtEnd = this.#isAtEnd();
		get("typing").textContent = typing ? say("resident_typing") : "";
		if (typing) this.#typingEnds = setTimeout(() => (get("typing").textContent = ""), TYPING_SECONDS * 1000);
		if (isAtEnd) this.toEnd();
	}

	async note(text) {
		await this.#post("notes", { text });
		get("log").append(noteItem({ text, agent: this.hooks.me.id, at: now() }, this.#names));
		this.toEnd();
	}

	/** Runs a step after which the conversation is no longer this agent's; if it is refused, it still is. */
	async leaveBy(act) {
		this.standing = "leaving";
		try {
			await act();
		} catch (error) {
			this.standing = "mine";
			throw error;
		}
	}

	transfer(body) {
		return this.#post("transfer", body);
	}

	handBack() {
		return this.#post("hand-back");
	}

	close(result) {
		return this.#post("close", { result });
	}

	toEnd() {
		const scroller = get("scroller");
		scroller.scrollTop = scroller.scrollHeight;
		this.#showBelow();
	}

	#post(act, body = {}) {
		return call("POST", `handoffs/${this.id}/${act}`, body);
	}

	#tell(text) {
		if (get("standing").textContent !== text) get("standing").textContent = text; // the same is no news
	}

	#standAs(standing) {
		const isMine = standing === "mine";
		if (standing !== this.standing || !isMine) this.#tell(this.#why(standing));
		this.standing = standing;
		get("open").dataset.standing = standing;
		const shown = { claim: ["waiting", "lost"].includes(standing), transfer: isMine, handBack: isMine, close: isMine };
		for (const [act, isShown] of Object.entries(shown)) {
			const button = get("open").querySelector(`[data-do=${act}]`);
			if (!isShown && button === document.activeElement) get("conversation-title").focus();
			button.hidden = !isShown;
		}
		get("open").querySelector("[data-do=claim]").textContent = say(standing === "lost" ? "claim_again" : "claim");
		this.#composer.allow(isMine);
		this.#composer.hide(standing === "ended" && !draft(this.id));
	}

	#standingOf({ state, is_mine, assigned_to }) {
		if (is_mine) return "mine";
		if (state === "waiting") return assigned_to && assigned_to !== this.hooks.me.id ? "assigned" : "waiting";
		return state === "claimed" ? "taken" : "ended";
	}

	/** Whose it is, and what that means for a reply. */
	#why(standing) {
		const { claimed_name, assigned_name } = this.item;
		const lines = {
			waiting: say("claim_hint"),
			assigned: say("assigned", { name: assigned_name }),
			taken: say("taken", { name: claimed_name }),
			lost: say("lease_lost"),
			ended: say("ended"),
		};
		return lines[standing] ?? "";
	}

	#showHead({ section_name, reference, reason_text, language, is_urgent }) {
		const chip = (text, kind = "") => make("span", { class: `chip ${kind}` }, text);
		get("conversation-title").replaceChildren(section_name, " ", make("span", { class: "unseen" }, say("reference")), " ", reference);
		get("about").replaceChildren(
			is_urgent ? chip(say("urgent"), "urgent") : "",
			chip(`${say("reason")}：${reason_text}`),
			chip(`${say("language")}：${this.hooks.languages[language]}`, language === "ja" ? "" : "foreign"));
	}

	#showPast({ messages, notes, packet, service_name }) {
		const facts = [["packet_question", packet.question], ["packet_service", service_name], ["reason", packet.reason], ["language", this.hooks.languages[packet.language]]];
		const terms = facts.filter(([, text]) => text);
		get("packet").querySelector("dl").replaceChildren(...terms.map(([word, text]) => make("div", {}, make("dt", {}, say(word)), make("dd", {}, renderText(text)))));
		const past = [...messages.map((message) => [message.at, this.#item(message)]), ...notes.map((note) => [note.at, noteItem(note, this.#names)])];
		past.sort(([one], [other]) => Date.parse(one) - Date.parse(other));
		get("history").replaceChildren(...past.map(([, item]) => item));
		get("log").replaceChildren();
		get("typing").textContent = "";
		this.#seq = messages.at(-1)?.seq ?? 0;
		this.#showDelivery();
	}

	#item(message) {
		return messageItem(message, this.hooks.me, this.#names, message.role === "agent" ? null : this.#lang);
	}

	#add(message) {
		if (message.seq <= this.#seq) return;
		this.#seq = message.seq;
		get("log").append(this.#item(message));
		if (message.client_message_id) this.#outbox.arrived(this.id, message.client_message_id);
		if (message.role === "resident") {
			get("typing").textContent = "";
			this.hooks.onSaid(message);
		}
		this.#showDelivery();
	}

	#showDelivery() {
		const own = [...get("open").querySelectorAll(".own[data-seq]")];
		const read = own.filter(({ dataset }) => Number(dataset.seq) <= this.#resident).at(-1);
		for (const item of own) item.querySelector(".delivery").textContent = item === read ? say("read_by_resident") : "";
	}

	#tellRead() {
		if (!this.item || document.hidden) return;
		this.hooks.onSeen(this.id);
		if (this.standing !== "mine" || this.#told === this.#seq) return;
		this.#told = this.#seq;
		this.#post("read", { seq: this.#seq }).catch(() => (this.#told = 0)); // told again with the next message
	}

	#toDraft(id, text) {
		if (id === this.id) this.#composer.insert(text);
		else draft(id, [draft(id), text].filter(Boolean).join("\n"));
	}

	#refused(id, error) {
		if (error.isLost && id === this.id) this.lose();
		this.hooks.onTrouble(error);
	}

	#isAtEnd() {
		const { scrollTop, clientHeight, scrollHeight } = get("scroller");
		return scrollTop + clientHeight >= scrollHeight - NEAR_THE_END;
	}

	#showBelow() {
		get("below").hidden = this.#isAtEnd();
	}
}
