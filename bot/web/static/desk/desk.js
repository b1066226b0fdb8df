/** The desk: ties the queue, the open conversation, the live connection and the keys together. */
import { make } from "/widget/dom.js";
import { call, onSignedOut, Refusal } from "./api.js";
import { Conversation } from "./conversation.js";
import { ask, cancel } from "./dialogs.js";
import { Helpers } from "./helpers.js";
import { draft, forgetAll, lastOpen } from "./keep.js";
import { Keys } from "./keys.js";
import { Notice } from "./notice.js";
import { Pages } from "./pages.js";
import { Queue } from "./queue.js";
import { Stream } from "./stream.js";
import { learn, say, setClock } from "./words.js";

const TICK = 5_000;
const LEASE_SECONDS = 60;
const SAID = ["resident_message", "bot_message", "staff_message", "notice_shown", "staff_note"];
const ACTIVE_EVERY = 120_000;
const TROUBLE_SECONDS = 12;
const get = (id) => document.getElementById(id);

class Desk {
	#setup;
	#queue;
	#talk;
	#helpers;
	#pages;
	#notice = new Notice(get("sound"), get("sound-hint"));
	#known; // ids of those who were waiting when last looked at
	#tab = "queue";
	#loading;
	#hiding;
	#activeAt = Date.now();

	#acts = {
		tab: ({ dataset }) => this.#show(dataset.tab),
		open: ({ dataset }) => this.#open(dataset.id),
		back: () => this.#back(),
		next: () => this.#open(this.#queue.waiting[0].id),
		claim: () => this.#try(() => this.#claim()),
		transfer: () => this.#try(() => this.#transfer()),
		handBack: () => ask("handBack", () => this.#finish("handed_back", () => this.#talk.handBack())),
		close: () => ask("close", () => this.#close()),
		below: () => this.#talk.toEnd(),
		panel: () => this.#panel(),
		mute: () => this.#notice.toggle(),
		help: () => ask("help", async () => {}),
		refresh: () => this.#try(() => this.#pages.show(this.#tab)),
		cancel,
	};

	async start() {
		this.#setup = await call("GET", "setup");
		learn(this.#setup.words);
		setClock(this.#setup.now);
		get("section").append(...this.#setup.sections.map(({ id, name }) => make("option", { value: id }, name)));
		get("results").append(...this.#setup.results.map(({ id, title }) =>
			make("label", { class: "check" }, make("input", { type: "radio", name: "result", value: id }), ` ${title}`)));
		this.#queue = new Queue(get("queue"), this.#setup.me, this.#setup.languages);
		this.#helpers = new Helpers((text) => this.#insert(text));
		this.#pages = new Pages({ section: () => get("section").value, results: this.#setup.results, sections: this.#setup.sections, onTrouble: (error) => this.#trouble(error) });
		this.#talk = new Conversation({
			me: this.#setup.me,
			languages: this.#setup.languages,
			onView: (view) => this.#helpers.show(view),
			onSaid: () => document.hasFocus() || this.#notice.ring("new_messages"),
			onTrouble: (error) => this.#trouble(error),
			onSeen: (id) => this.#queue.seen(id),
			announce: (text) => this.#announce(text),
		});
		this.#listen();
		await this.#refresh();
		await this.#comeBack();
		const onState = (state) => this.#connection(state);
		new Stream(this.#setup.number, {
			onState,
			onChange: (change) => this.#changed(change),
			onPresence: (all) => this.#talk.id in all && this.#talk.presence(all[this.#talk.id]),
			onTick: () => this.#beat(),
		});
		setInterval(() => this.#tick(), TICK);
		setInterval(() => this.#beat(), (LEASE_SECONDS * 1000) / 3);
	}

	#listen() {
		document.addEventListener("click", ({ target }) => {
			const button = target.closest("[data-do]");
			this.#acts[button?.dataset.do]?.(button);
		});
		document.addEventListener("keydown", (event) => {
			if (event.key === "Escape" && !event.isComposing && event.keyCode !== 229 && !document.querySelector("dialog[open]")) this.#escape();
		});
		get("section").addEventListener("change", () => {
			this.#queue.show(this.#queue.items, get("section").value);
			this.#queue.mark(this.#talk.id);
			this.#try(() => this.#pages.show(this.#tab));
		});
		const active = () => this.#stayActive();
		for (const type of ["pointerdown", "keydown"]) addEventListener(type, active);
		get("sign-out").addEventListener("submit", forgetAll);
		get("memo").addEventListener("submit", (event) => {
			event.preventDefault();
			this.#try(() => this.#note());
		});
		get("note").addEventListener("input", () => draft(`note:${this.#talk.id}`, get("note").value));
		const press = (act) => () => {
			const button = get("open").querySelector(`[data-do=${act}]`);
			if (!get("open").hidden && !button.hidden) button.click();
		};
		new Keys(get("letters"), {
			"?": this.#acts.help,
			j: () => this.#queue.step(1),
			k: () => this.#queue.step(-1),
			c: press("claim"),
			t: press("transfer"),
			b: press("handBack"),
			e: press("close"),
			r: () => this.#talk.id && this.#talk.composer.focus(),
			n: () => this.#toHelper("note"),
			"/": () => this.#toHelper("words"),
			m: this.#acts.mute,
			1: () => this.#show("queue"),
			2: () => this.#show("callbacks"),
			3: () => this.#show("unanswered"),
			4: () => this.#show("figures"),
		});
	}

	// The queue

	/** Fetches the queue; one fetch at a time, and one more if something changed meanwhile. */
	async #refresh() {
		if (this.#loading) {
			this.#loading.again = true;
			return;
		}
		const run = (this.#loading = { again: true });
		try {
			while (run.again) {
				run.again = false;
				this.#take(await call("GET", "queue"));
			}
		} finally {
			this.#loading = null;
		}
	}

	#take({ queue, now }) {
		setClock(now);
		this.#queue.show(queue, get("section").value);
		const { waiting } = this.#queue;
		const fresh = waiting.filter(({ id }) => this.#known && !this.#known.has(id));
		this.#known = new Set(waiting.map(({ id }) => id));
		this.#notice.count(waiting.length);
		for (const item of fresh) this.#announce(say("arrived", { section: item.section_name, reason: item.reason_text }));
		if (fresh.length) this.#notice.ring("arrived_title");
		get("waiting-count").textContent = String(waiting.length);
		get("waiting-count").hidden = waiting.length === 0;
		if (this.#talk.id) this.#talk.follow(this.#queue.find(this.#talk.id));
		this.#queue.mark(this.#talk.id);
		this.#showAlarm();
		this.#showNext();
	}

	#showNext() {
		get("open").querySelector("[data-do=next]").hidden = this.#talk.standing !== "ended" || this.#queue.waiting.length === 0;
	}

	#changed({ handoff_id, type }) {
		const isSaid = SAID.includes(type);
		if (type === "handoff_alarm") this.#notice.ring("alarm_title");
		if (type !== "handoff_viewed" && !isSaid) this.#try(() => this.#refresh());
		if (handoff_id === this.#talk.id) isSaid && this.#try(() => this.#talk.refresh());
		else if (type === "resident_message" && this.#queue.find(handoff_id)?.is_mine) this.#heard(handoff_id);
		if (type.startsWith("callback_") && this.#tab === "callbacks") this.#try(() => this.#pages.show("callbacks"));
	}

	#heard(id) {
		this.#queue.heard(id);
		this.#notice.ring("new_messages");
	}

	#tick() {
		this.#queue.tick();
		this.#showAlarm();
	}

	#showAlarm() {
		const late = this.#queue.alarms.length;
		const text = late ? say("alarm_banner", { n: late }) : "";
		if (get("alarm").textContent !== text) get("alarm").textContent = text;
		get("alarm").hidden = !late;
	}

	/** Keeps what is mine mine. */
	async #beat() {
		for (const item of this.#queue.items.filter(({ is_mine }) => is_mine)) {
			try {
				await call("POST", `handoffs/${item.id}/heartbeat`, {});
			} catch (error) {
				if (error.isLost && item.id === this.#talk.id) this.#talk.lose();
				if (error.isLost) this.#try(() => this.#refresh());
			}
		}
	}

	/** Somebody who only watches the queue works, too: their session must not end for want of requests. */
	#stayActive() {
		if (Date.now() - this.#activeAt < ACTIVE_EVERY) return;
		this.#activeAt = Date.now();
		this.#try(() => call("POST", "here", {}));
	}

	// One conversation

	async #open(id) {
		await this.#try(async () => {
			if (!(await this.#talk.open(id))) return;
			document.body.dataset.view = "conversation";
			get("helpers").hidden = false;
			get("note").value = draft(`note:${id}`);
			this.#queue.mark(id);
			this.#showNext();
			get("conversation-title").focus();
			this.#talk.toEnd();
		});
	}

	/** After a reload the same conversation is open again, if it is still there. */
	async #comeBack() {
		const id = lastOpen();
		if (id && this.#queue.find(id)) await this.#open(id);
	}

	async #claim() {
		try {
			await this.#talk.claim();
		} finally {
			await this.#refresh();
		}
	}

	async #note() {
		const text = get("note").value.trim();
		if (!text) return get("note").focus();
		await this.#talk.note(text);
		get("note").value = "";
		draft(`note:${this.#talk.id}`, "");
		this.#announce(say("note_saved"));
	}

	async #transfer() {
		const { sections, people } = await call("GET", "colleagues");
		const group = (word, entries) => entries.length > 0 && make("optgroup", { label: say(word) }, ...entries);
		get("target").replaceChildren(...[
			make("option", { value: "" }, say("transfer_choose")),
			group("transfer_people", people.map(({ id, name }) => make("option", { value: `to:${id}` }, name))),
			group("transfer_sections", sections.map(({ id, name, people: n }) =>
				make("option", { value: `section:${id}` }, say(n ? "transfer_here" : "transfer_nobody", { name, n })))),
		].filter(Boolean));
		get("none-here").hidden = people.length > 0;
		get("why").value = "";
		ask("transfer", () => this.#finish("transferred", async () => {
			const [kind, id] = get("target").value.split(":");
			if (!id) throw new Refusal(422, { message: say("target_missing") });
			if (!get("why").value.trim()) throw new Refusal(422, { message: say("reason_missing") });
			await this.#talk.transfer({ [kind]: id, ...(kind === "to" && this.#sectionFor(people, id)), reason: get("why").value.trim() });
		}));
	}

	/** A colleague who does not serve this section takes the conversation into a section of their own. */
	#sectionFor(people, id) {
		const { sections } = people.find((person) => person.id === id);
		const { section } = this.#talk.item;
		return { section: sections.length === 0 || sections.includes(section) ? section : sections[0] };
	}

	async #close() {
		const chosen = get("results").querySelector(":checked");
		if (!chosen) throw new Refusal(422, { message: say("result_missing") });
		const { title: result } = this.#setup.results.find(({ id }) => id === chosen.value);
		await this.#finish("ended", () => this.#talk.close(chosen.value), `${say("ended")}${say("closed_with", { result })}`);
		chosen.checked = false;
	}

	async #finish(word, act, text = say(word)) {
		await this.#talk.leaveBy(act);
		await this.#refresh();
		this.#talk.end(text);
		this.#showNext();
		this.#announce(text);
		setTimeout(() => get("conversation-title").focus());
	}

	#insert(text) {
		this.#talk.composer.insert(text);
		if (get("helpers").dataset.open) this.#panel();
		this.#talk.composer.focus();
		this.#announce(say("inserted"));
	}

	// The page around

	async #show(tab) {
		this.#tab = tab;
		document.body.dataset.tab = tab;
		for (const button of document.querySelectorAll("nav [data-tab]")) {
			if (button.dataset.tab === tab) button.setAttribute("aria-current", "page");
			else button.removeAttribute("aria-current");
		}
		for (const name of ["queue", "callbacks", "unanswered", "figures"]) get(`tab-${name}`).hidden = name !== tab;
		await this.#try(() => this.#pages.show(tab));
		if (tab !== "queue") get(`${tab}-title`).focus();
		else this.#talk.toEnd();
	}

	#back() {
		document.body.dataset.view = "queue";
		this.#queue.focus(this.#talk.id);
	}

	#panel() {
		const isOpen = !get("helpers").dataset.open;
		if (isOpen) get("helpers").dataset.open = "open";
		else delete get("helpers").dataset.open;
		for (const opener of document.querySelectorAll(".panel-opener")) opener.setAttribute("aria-expanded", String(isOpen));
		if (isOpen) get("helpers").querySelector(".panel-bar button").focus();
		else document.querySelector(".panel-opener").focus();
	}

	#toHelper(id) {
		if (!this.#talk.id) return;
		if (getComputedStyle(get("helpers")).position === "fixed" && !get("helpers").dataset.open) this.#panel();
		const field = get(id);
		field.closest("details").open = true;
		field.focus();
	}

	#escape() {
		if (get("helpers").dataset.open) this.#panel();
		else if (this.#tab !== "queue") this.#show("queue");
		else if (this.#talk.id) this.#back();
	}

	#connection(state) {
		const node = get("connection");
		if (node.dataset.state === state) return;
		const isBack = node.dataset.state === "reconnecting" && state === "live";
		node.dataset.state = state;
		node.textContent = say(state);
		if (state === "reconnecting") this.#refresh().catch(() => {}); // tells whether the session has ended; the rest is shown
		if (!isBack) return;
		this.#try(() => this.#refresh());
		this.#try(() => this.#talk.refresh());
	}

	#announce(text) {
		get("announcer").textContent = "";
		setTimeout(() => (get("announcer").textContent = text), 50); // the same words twice are news twice
	}

	async #try(act) {
		try {
			return await act();
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			this.#trouble(error);
		}
	}

	#trouble(error) {
		if (error.status === 401) return; // told by the link to sign in
		get("trouble").hidden = false;
		get("trouble").textContent = error.message;
		clearTimeout(this.#hiding);
		this.#hiding = setTimeout(() => (get("trouble").hidden = true), TROUBLE_SECONDS * 1000);
		if (error.code === "unknown_handoff") this.#refresh().catch(() => {});
	}
}

onSignedOut(() => {
	const link = make("a", { href: "/staff/sign-in?next=/desk" }, say("sign_in_again"));
	get("trouble").hidden = false;
	get("trouble").replaceChildren(`${say("signed_out")} `, link);
});

new Desk().start();
