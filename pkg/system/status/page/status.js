// What the pages of heartbeat and ldirectord share. A page is a module:
//
//   import { follow, rows, put, cell, state, plot, ago } from "./status.js";
//   follow({ every: 2, show: (view) => { … } });
//
// Whatever comes from a daemon becomes text of a node and nothing else: names of
// nodes and servers come in part from the network.

// el makes an element with a class and children, which are nodes or text.
export function el(tag, kind, ...children) {
	const e = document.createElement(tag);
	if (kind) e.className = kind;
	e.append(...children);
	return e;
}

// put gives an element a text. What does not change is not touched, so that a
// selection stays and nothing flickers.
export function put(e, text) {
	text = String(text ?? "");
	if (e.textContent !== text) e.textContent = text;
	return e;
}

// mark sets an attribute, or removes it if there is no value.
export function mark(e, name, value) {
	if (value === undefined || value === null || value === "") {
		if (e.hasAttribute(name)) e.removeAttribute(name);
	} else if (e.getAttribute(name) !== String(value)) {
		e.setAttribute(name, String(value));
	}
	return e;
}

// state makes a word of state of an element; kind is good, warn, bad or "".
export function state(e, word, kind) {
	const name = "state" + (kind ? " " + kind : "");
	if (e.className !== name) e.className = name;
	return put(e, word);
}

// cell is the cell of that number in a row, made if it is not there. label is its
// name where the row is a block.
export function cell(row, number, label, kind) {
	while (row.children.length <= number) row.append(el("td"));
	const c = row.children[number];
	if (kind !== undefined && c.className !== kind) c.className = kind;
	return mark(c, "data-label", label);
}

// part is a lasting part of an element under a name, made by make if it is not
// there: put(part(card, "since", () => el("p", "dim")), "…").
export function part(e, name, make) {
	e.parts ??= {};
	if (!e.parts[name]) {
		e.parts[name] = make();
		e.append(e.parts[name]);
	}
	return e.parts[name];
}

// rows makes the children of parent those of items, by key: one that stays keeps
// its element, one that is new gets make(item), one that is gone goes. update(e,
// item) is called for each.
export function rows(parent, items, key, make, update) {
	parent.keyed ??= new Map();
	const old = parent.keyed, now = new Map();
	let at = parent.firstElementChild;
	for (const item of items) {
		const k = String(key(item));
		if (now.has(k)) continue; // a key that is there twice is shown once
		const e = old.get(k) ?? make(item);
		now.set(k, e);
		update(e, item);
		if (e === at) at = at.nextElementSibling;
		else parent.insertBefore(e, at);
	}
	for (const [k, e] of old) if (!now.has(k)) e.remove();
	parent.keyed = now;
}

const space = "http://www.w3.org/2000/svg";

// plot draws values, oldest first, into an svg element; null is a gap. limits are
// {at, kind} lines across; top is what the height shows at least; title is read
// aloud and shown at the pointer.
export function plot(svg, values, { limits = [], top = 0, title = "" } = {}) {
	const width = Math.max(values.length - 1, 1), height = 100;
	for (const v of values) if (v !== null && v > top) top = v;
	for (const l of limits) if (l.show !== false && l.at > top) top = l.at;
	top = top > 0 ? top * 1.08 : 1;
	const y = (v) => (height - (v / top) * height).toFixed(2);
	let line = "", area = "", begun = -1;
	values.forEach((v, x) => {
		if (v === null || v === undefined) {
			if (begun >= 0) area += `L${x - 1} ${height}L${begun} ${height}Z`;
			begun = -1;
			return;
		}
		line += (begun < 0 ? "M" : "L") + x + " " + y(v);
		// A value alone is seen as well.
		if (begun < 0) line += "l.01 0";
		area += (begun < 0 ? "M" : "L") + x + " " + y(v);
		if (begun < 0) begun = x;
	});
	if (begun >= 0) area += `L${values.length - 1} ${height}L${begun} ${height}Z`;
	mark(svg, "viewBox", `0 0 ${width} ${height}`);
	mark(svg, "preserveAspectRatio", "none");
	mark(svg, "role", "img");
	mark(svg, "aria-label", title);
	const shapes = [["title", "", ""], ["path", "area", area], ...limits.map((l) =>
		["path", "limit " + (l.kind ?? ""), `M0 ${y(l.at)}L${width} ${y(l.at)}`]), ["path", "line", line]];
	while (svg.children.length > shapes.length) svg.lastElementChild.remove();
	shapes.forEach(([tag, kind, d], i) => {
		let s = svg.children[i];
		if (!s || s.tagName !== tag) {
			const made = document.createElementNS(space, tag);
			s ? s.replaceWith(made) : svg.append(made);
			s = made;
		}
		if (tag === "title") put(s, title);
		else mark(mark(s, "class", kind), "d", d);
	});
	return svg;
}

// newPlot makes an empty plot; kind is "small" for one that stands in a line.
export function newPlot(kind) {
	const svg = document.createElementNS(space, "svg");
	svg.setAttribute("class", "plot" + (kind ? " " + kind : ""));
	return svg;
}

// span writes a number of seconds as people say it.
export function span(seconds) {
	if (seconds === undefined || seconds === null || !isFinite(seconds)) return "";
	if (seconds < 0) seconds = 0;
	if (seconds < 0.9995) return Math.round(seconds * 1000) + "\u00a0ms";
	if (seconds < 9.95) return seconds.toFixed(1).replace(".0", "") + "\u00a0s";
	if (seconds < 99.5) return Math.round(seconds) + "\u00a0s";
	const minutes = Math.round(seconds / 60);
	if (minutes < 100) return minutes + "\u00a0min";
	const hours = Math.round(seconds / 3600);
	return hours < 72 ? hours + "\u00a0h" : Math.round(hours / 24) + "\u00a0days";
}

// ago is how long before now a time of a view was, both in RFC 3339: by the clock
// of the daemon, not of the reader.
export function ago(now, then) {
	return then ? span((Date.parse(now) - Date.parse(then)) / 1000) : "";
}

// clock is a time of a view on the reader's clock.
export function clock(then) {
	if (!then) return "";
	const t = new Date(then);
	const day = t.toDateString() === new Date().toDateString() ? "" : t.toLocaleDateString() + " ";
	return day + t.toLocaleTimeString();
}

// follow asks for /status.json now and then every so many seconds, and calls
// show(view). Nobody looks: nobody asks. lost(reason) is called when there is no
// answer; without it the element with the id "alert" says so.
export function follow({ every = 2, show, lost }) {
	const alert = document.getElementById("alert");
	lost ??= (why) => {
		if (!alert) return;
		put(alert, why);
		alert.hidden = !why;
	};
	let timer, busy = false;
	async function ask() {
		clearTimeout(timer);
		if (busy || document.hidden) return;
		busy = true;
		const limit = new AbortController();
		const cut = setTimeout(() => limit.abort(), 10000);
		try {
			const answer = await fetch("status.json", { signal: limit.signal, cache: "no-store", credentials: "omit" });
			const view = await answer.json();
			if (!answer.ok) throw new Error(view.error || answer.statusText);
			lost("");
			show(view);
		} catch (e) {
			lost(e.name === "AbortError" || e.name === "TypeError" ? "No answer: this is how it was when there was one." : e.message);
			if (!(e.name === "AbortError" || e.name === "TypeError")) console.debug(e);
		} finally {
			clearTimeout(cut);
			busy = false;
			timer = setTimeout(ask, every * 1000);
		}
	}
	document.addEventListener("visibilitychange", ask);
	ask();
}
