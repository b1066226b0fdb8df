/** The page's words, as the ward wrote them (data/desk.yml), and times as staff read them. */

let table = {};

export function learn(words) {
	table = words;
}

export function say(key, values = {}) {
	return (table[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** @param {number} seconds */
export function duration(seconds) {
	const whole = Math.max(0, Math.floor(seconds));
	if (whole < 60) return say("seconds", { n: whole });
	const minutes = Math.floor(whole / 60);
	return minutes < 60 ? say("minutes", { n: minutes }) : say("hours", { n: Math.floor(minutes / 60), m: minutes % 60 });
}

/** The product's clock may be a rehearsal's, so that durations are told by the server's time. */
let ahead = 0;

export function setClock(moment) {
	ahead = Date.parse(moment) - Date.now();
}

export function now() {
	return new Date(Date.now() + ahead).toISOString();
}

export function secondsSince(at) {
	return (Date.parse(now()) - Date.parse(at)) / 1000;
}

export function clock(at) {
	const zone = { timeZone: "Asia/Tokyo" };
	const day = (moment) => new Date(moment).toLocaleDateString("ja", zone);
	const time = { hour: "numeric", minute: "2-digit" };
	const isToday = day(at) === day(now());
	return new Date(at).toLocaleString("ja", { ...zone, ...time, ...(!isToday && { month: "numeric", day: "numeric" }) });
}
