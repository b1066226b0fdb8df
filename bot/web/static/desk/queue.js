/** Who waits and who is talked with. Entries are kept and moved, never made anew, so that focus and place stay. */
import { make } from "/widget/dom.js";
import { duration, say, secondsSince } from "./words.js";

const GROUPS = ["mine", "waiting", "others"];

export class Queue {
	items = [];
	#rows = new Map();
	#lists = {};
	#open;
	#unread = new Map();
	#me;
	#languages;
	#empty = make("p", { class: "small" }, say("queue_empty"));

	/** @param {HTMLElement} root @param {{id: string}} me @param {Record<string, string>} languages names by locale */
	constructor(root, me, languages) {
		this.#me = me.id;
		this.#languages = languages;
		for (const group of GROUPS) {
			const list = make("ul");
			const heading = make("h3", { id: `group-${group}` }, say(`group_${group}`), " ", make("span", { class: "count" }));
			const section = make("section", { "aria-labelledby": heading.id, class: `group ${group}` }, heading, group === "waiting" && this.#empty, list);
			this.#lists[group] = { section, list, count: heading.lastChild };
			root.append(section);
		}
	}

	get waiting() {
		return this.items.filter(({ state }) => state === "waiting");
	}

	get alarms() {
		return this.waiting.filter(({ alarm }) => alarm);
	}

	find(id) {
		return this.items.find((item) => item.id === id);
	}

	/** Shows one section, or all; what is mine stays in sight whatever is chosen. */
	show(items, section) {
		this.items = items.map((item) => ({ ...item, is_mine: item.state === "claimed" && item.claimed_by === this.#me }));
		const shown = this.items.filter((item) => item.is_mine || !section || item.section === section);
		const stale = new Set(this.#rows.keys());
		for (const group of GROUPS) this.#showGroup(group, shown.filter((item) => groupOf(item) === group), stale);
		for (const id of stale) this.#remove(id);
		this.#empty.hidden = shown.some(({ state }) => state === "waiting");
		this.tick();
	}

	mark(id) {
		this.#open = id;
		for (const [key, { button }] of this.#rows) {
			if (key === id) button.setAttribute("aria-current", "true");
			else button.removeAttribute("aria-current");
		}
	}

	/** Counts a message that was not looked at yet. */
	heard(id) {
		this.#unread.set(id, (this.#unread.get(id) ?? 0) + 1);
		this.tick();
	}

	seen(id) {
		this.#unread.delete(id);
		this.tick();
	}

	step(by) {
		const buttons = [...document.querySelectorAll("#queue .item")];
		const at = buttons.indexOf(document.activeElement.closest?.(".item") ?? this.#rows.get(this.#open)?.button);
		buttons[at < 0 ? (by > 0 ? 0 : buttons.length - 1) : Math.min(buttons.length - 1, Math.max(0, at + by))]?.focus();
	}

	focus(id) {
		(this.#rows.get(id)?.button ?? document.querySelector("#queue .item") ?? document.getElementById("main")).focus();
	}

	/** Time goes on. */
	tick() {
		for (const item of this.items.filter(({ id }) => this.#rows.has(id))) fill(this.#rows.get(item.id), item, this.#languages, item.is_mine ? this.#unread.get(item.id) : 0);
	}

	#showGroup(group, items, stale) {
		const { section, list, count } = this.#lists[group];
		count.textContent = items.length || "";
		section.hidden = items.length === 0 && group !== "waiting";
		items.forEach((item, n) => {
			stale.delete(item.id);
			if (!this.#rows.has(item.id)) this.#rows.set(item.id, row(item.id));
			const { li } = this.#rows.get(item.id);
			if (list.children[n] === li) return;
			const hadFocus = li.contains(document.activeElement);
			list.insertBefore(li, list.children[n] ?? null);
			if (hadFocus) li.firstChild.focus();
		});
	}

	#remove(id) {
		const { li } = this.#rows.get(id);
		const hadFocus = li.contains(document.activeElement);
		li.remove();
		this.#rows.delete(id);
		if (hadFocus) this.focus();
	}
}

function groupOf({ state, is_mine }) {
	if (state === "waiting") return "waiting";
	return is_mine ? "mine" : "others";
}

function row(id) {
	const parts = Object.fromEntries(["urgent", "alarm", "news", "section", "language", "summary", "reason", "time", "who"].map((name) => [name, make("span", { class: name })]));
	const { urgent, alarm, news, section, language, summary, reason, time, who } = parts;
	const line = (...spans) => make("span", { class: "line" }, ...spans);
	const button = make("button", { type: "button", class: "item", "data-do": "open", "data-id": id }, line(urgent, section, language, time), summary, line(reason, who), line(alarm, news));
	return { li: make("li", {}, button), button, parts };
}

function whoOf({ state, is_mine, claimed_name, assigned_name }) {
	if (state === "waiting") return assigned_name ? say("assigned_to", { name: assigned_name }) : "";
	return is_mine ? "" : say("claimed_by", { name: claimed_name });
}

function fill({ button, parts }, item, languages, unread) {
	const isLate = item.state === "waiting" && item.alarm;
	const texts = {
		urgent: item.is_urgent ? say("urgent") : "",
		section: item.section_name,
		language: item.language === "ja" ? "" : languages[item.language],
		summary: item.service_name ?? "",
		reason: item.reason_text,
		time: say(item.state === "waiting" ? "waited" : "since", { time: duration(secondsSince(item.requested_at)) }),
		who: whoOf(item),
		alarm: isLate ? say("alarm") : "",
		news: unread ? say("new_messages", { n: unread }) : "",
	};
	for (const [name, text] of Object.entries(texts)) if (parts[name].textContent !== text) parts[name].textContent = text;
	button.classList.toggle("late", Boolean(isLate));
}
