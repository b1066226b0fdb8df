/** The other pages of the desk: callbacks, unanswered questions, figures. */
import { make } from "/widget/dom.js";
import { renderLine } from "/widget/plain-text.js";
import { call } from "./api.js";
import { clock, duration, say } from "./words.js";

const get = (id) => document.getElementById(id);

export class Pages {
	/** @param {{section: () => string, results: {id: string, title: string}[], sections: {id: string, name: string}[], onTrouble: Function}} hooks */
	constructor(hooks) {
		this.hooks = hooks;
		this.shows = { callbacks: () => this.#callbacks(), unanswered: () => this.#unanswered(), figures: () => this.#figures() };
	}

	/** @param {string} tab */
	async show(tab) {
		await this.shows[tab]?.();
	}

	#get(path) {
		return call("GET", `${path}?${new URLSearchParams({ section: this.hooks.section() })}`);
	}

	async #callbacks() {
		const { callbacks } = await this.#get("callbacks");
		const entries = callbacks.map((entry) => this.#callback(entry));
		get("callbacks").replaceChildren(...(entries.length ? entries : [make("li", { class: "small" }, say("callbacks_empty"))]));
	}

	#callback(entry) {
		const contact = make("div", { class: "contact", role: "status" });
		return make("li", { class: "card" },
			make("p", { class: "line" }, make("strong", {}, entry.section_name), " ", entry.reference),
			facts([say("callback_at"), clock(entry.requested_at)], [say("reason"), entry.reason_text], [say("packet_service"), entry.service_name]),
			contact, this.#opener(entry, contact), this.#finisher(entry));
	}

	#opener({ id, reference }, contact) {
		const button = make("button", { type: "button", "aria-expanded": "false", "aria-label": `${say("callback_open")}：${reference}` }, say("callback_open"));
		button.addEventListener("click", async () => {
			const isOpen = button.getAttribute("aria-expanded") === "true";
			try {
				contact.replaceChildren(...(isOpen ? [] : [contactOf(await call("POST", `callbacks/${id}/open`, {}))]));
			} catch (error) {
				return this.hooks.onTrouble(error);
			}
			button.setAttribute("aria-expanded", String(!isOpen));
			button.textContent = say(isOpen ? "callback_open" : "callback_hide");
			button.setAttribute("aria-label", `${button.textContent}：${reference}`);
		});
		return button;
	}

	#finisher({ id, reference }) {
		const choice = make("select", { "aria-label": `${say("callback_result")}：${reference}` }, ...this.hooks.results.map(({ id: code, title }) => make("option", { value: code }, title)));
		const button = make("button", { type: "submit" }, say("callback_done"));
		const form = make("form", { class: "row" }, choice, button);
		form.addEventListener("submit", async (event) => {
			event.preventDefault();
			try {
				await call("POST", `callbacks/${id}/finish`, { result: choice.value });
				await this.#callbacks();
				get("callbacks-title").focus();
			} catch (error) {
				this.hooks.onTrouble(error);
			}
		});
		return form;
	}

	async #unanswered() {
		const { questions } = await this.#get("unanswered");
		const rows = questions.map(({ question, candidates, requested_at, result }) =>
			[question, candidates[0]?.title ?? say("unanswered_unknown"), this.#result(result), clock(requested_at)]);
		const heads = ["unanswered_question", "unanswered_about", "callback_result", "unanswered_at"];
		get("unanswered").replaceChildren(rows.length ? table("unanswered", heads, rows) : make("p", { class: "small" }, say("unanswered_empty")));
	}

	#result(code) {
		return this.hooks.results.find(({ id }) => id === code)?.title ?? say("figure_none");
	}

	async #figures() {
		const { sections } = await this.#get("figures");
		const rows = sections.map((figures) => this.#row(figures));
		const heads = ["section_filter", "figure_requested", "figure_answered", "figure_closed", "figure_returned", "figure_callback", "figure_median", "figure_nine", "figure_handling", "figure_good", "figure_bad"];
		const results = sections.flatMap(({ section, results: counts }) => Object.entries(counts).map(([code, n]) => [this.#section(section), this.#result(code), count(n)]));
		get("figures").replaceChildren(...(rows.length ? [
			table("figures", heads, rows),
			make("h3", {}, say("figure_results")),
			results.length ? table("figure_results", ["section_filter", "callback_result", "unanswered_count"], results) : make("p", { class: "small" }, say("figure_none")),
		] : [make("p", { class: "small" }, say("figure_none"))]));
	}

	#row({ section, asked, states, waiting, handling, helpful }) {
		const took = (seconds) => (seconds === null ? say("figure_none") : duration(seconds));
		return [this.#section(section), count(asked), count(waiting.count), count(states.closed), count(states.handed_back), count(states.callback),
			took(waiting.median), took(waiting.nine_of_ten), took(handling.median), count(helpful.yes), count(helpful.no)];
	}

	#section(id) {
		return this.hooks.sections.find((section) => section.id === id)?.name ?? id;
	}
}

function count(n = 0) {
	return say("figure_count", { n });
}

/** A table that scrolls by itself where the screen is narrow; the first column names the row. */
function table(label, heads, rows) {
	const head = make("tr", {}, ...heads.map((word) => make("th", { scope: "col" }, say(word))));
	const body = rows.map(([first, ...rest]) => make("tr", {}, make("th", { scope: "row" }, first), ...rest.map((cell) => make("td", {}, cell))));
	return make("div", { class: "wide", tabindex: "0", role: "group", "aria-label": say(label) }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
}

function contactOf({ name, phone, email, preferred }) {
	return facts([say("callback_name"), name], [say("callback_phone"), phone && renderLine(phone)], [say("callback_email"), email], [say("callback_wish"), preferred]);
}

function facts(...pairs) {
	return make("dl", { class: "facts" }, ...pairs.filter(([, value]) => value).map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))));
}
