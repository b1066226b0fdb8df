/** What this tab keeps over a reload. Drafts may hold a resident's affairs: they end with the tab, on shared desks too. */

function from(store, key) {
	try {
		return JSON.parse(store.getItem(key));
	} catch {
		return null; // a browser may refuse; then it is kept as long as the page lives
	}
}

function to(store, key, value) {
	try {
		if (value === null || value === "") store.removeItem(key);
		else store.setItem(key, JSON.stringify(value));
	} catch {
		return;
	}
}

export const draft = (id, text) => (text === undefined ? (from(sessionStorage, `desk-draft:${id}`) ?? "") : to(sessionStorage, `desk-draft:${id}`, text));

/** Replies on their way: the same id goes out again, so that nothing is said twice. */
export const unsent = (id, list) => (list ? to(sessionStorage, `desk-unsent:${id}`, list.length ? list : null) : (from(sessionStorage, `desk-unsent:${id}`) ?? []));

export const lastOpen = (id) => (id === undefined ? from(sessionStorage, "desk-open") : to(sessionStorage, "desk-open", id));

/** A habit of this person at this desk: sound, letter keys. */
export const habit = (name, value) => (value === undefined ? from(localStorage, `desk-${name}`) : to(localStorage, `desk-${name}`, value));

export function forgetAll() {
	try {
		for (const key of Object.keys(sessionStorage)) if (key.startsWith("desk-")) sessionStorage.removeItem(key);
	} catch {
		return;
	}
}
