// The page of ldirectord: what /status.json says, in the words of docs/status.md.
import { ago, cell, clock, el, follow, mark, newPlot, part, plot, put, rows, span, state } from "./status.js";

const byId = (id) => document.getElementById(id);

// few is how many servers of a service are shown without being asked for.
const few = 20;

const kinds = { up: "good", down: "bad", drained: "warn", unknown: "warn" };

function stateOf(r) {
	if (!r.configured || !r.state) return "not configured";
	return r.state === "down" && r.maintenance ? "drained" : r.state;
}

// many writes a number in few letters.
function many(n) {
	if (n < 10 && n > 0 && !Number.isInteger(n)) return n.toFixed(1);
	if (n < 100000) return String(Math.round(n));
	for (const unit of ["k", "M", "G", "T", "P"]) {
		n /= 1000;
		if (n < 999.5) return n.toPrecision(3) + unit;
	}
	return n.toPrecision(3) + "E";
}

const last = (list) => list && list.length ? list[list.length - 1] : null;

function weight(w) {
	const text = (n) => n === null || n === undefined ? "none" : String(n);
	if (w.kernel === w.wanted || w.wanted === null) return text(w.kernel);
	return `${text(w.kernel)}, should be ${w.wanted}`;
}

function notes(v) {
	const list = [];
	if (!v.kernel.available) list.push(`The kernel's table cannot be read: ${v.kernel.error}`);
	if (v.standby) list.push("This director stands by: the servers are checked, the table is left alone.");
	if (!v.ready) list.push("The first results are still awaited.");
	const r = v.config.reload;
	if (r && !r.in_effect) {
		list.push(`The reload at ${clock(r.time)} failed: ${r.errors === 1 ? "an error" : r.errors + " errors, the first"} in line ${r.line}. ` +
			"The configuration read before is in effect; the log says more.");
	}
	return list;
}

function head(v) {
	put(byId("host"), v.host || "ldirectord");
	let up = 0, total = 0, out = 0, drained = 0, empty = 0;
	for (const s of v.virtuals) {
		if (s.configured && s.total > 0 && s.up === 0) empty++;
		for (const r of s.reals) {
			if (!r.configured) continue;
			total++;
			const word = stateOf(r);
			if (word === "up") up++;
			else if (word === "drained") drained++;
			else out++;
		}
	}
	const trouble = notes(v);
	const [word, kind] = empty > 0 ? [`${empty} of ${v.virtuals.length} services have no server`, "bad"]
		: out > 0 || trouble.length ? [out > 0 ? `${out} servers are out` : "with warnings", "warn"] : ["all is well", "good"];
	state(byId("health"), empty === 1 ? "a service has no server" : out === 1 && !empty ? "a server is out" : word, kind);
	document.title = (v.host || "") + (kind === "good" ? "" : " (!)") + " - ldirectord";
	const held = [...new Set(v.virtuals.filter((s) => s.on_host).map((s) => s.address))];
	put(byId("sum"), `${up} of ${total} servers up${drained ? `, ${drained} drained` : ""}; ` +
		(held.length > 3 ? `${held.length} addresses are here` : held.length ? `${held.join(", ")} here` : "no address is here"));
	put(byId("time"), clock(v.time));
	const list = byId("notes");
	list.hidden = trouble.length === 0;
	rows(list, trouble, (text) => text, () => el("li"), put);
	put(byId("about"), `ldirectord ${v.version} for ${v.config.path}, pid ${v.pid}, up for ${ago(v.time, v.started)}; ` +
		`configuration read ${ago(v.time, v.config.read)} ago`);
}

// sparkline is a plot with its newest value.
function sparkline(e, name, values, every, write, what) {
	e.hidden = !values || values.length === 0;
	if (e.hidden) return;
	const minutes = Math.max(1, Math.round(every * values.length / 60));
	plot(part(e, "plot", () => newPlot("small")), values, { title: `${what} in the last ${minutes} min` });
	const now = last(values);
	put(part(e, "now", () => el("span", "num")), now === null ? "" : write(now) + name);
}

function virtual(e, v, all) {
	// What is open shows every server, what is closed those that are not up.
	const details = part(e, "details", () => {
		const made = el("details");
		made.open = v.reals.length <= few;
		made.addEventListener("toggle", () => servers(e));
		return made;
	});
	const summary = part(details, "summary", () => el("summary"));
	put(part(summary, "name", () => el("span", "name")), `${v.protocol} ${v.id.slice(v.id.indexOf(":") + 1)}`);
	const word = !v.configured ? ["not configured", ""] : v.refused ? ["not set up", "bad"] : v.total === 0 ? ["no servers", "warn"]
		: [`${v.up} of ${v.total} up`, v.up === 0 ? "bad" : v.up < v.total ? "warn" : "good"];
	state(part(summary, "state", () => el("span")), word[0], word[1]);
	const fallback = part(summary, "fallback", () => el("span"));
	fallback.hidden = !(v.fallback && v.fallback.in_use);
	if (!fallback.hidden) state(fallback, `fallback ${v.fallback.entry}`, "warn");
	const missing = part(summary, "missing", () => el("span"));
	missing.hidden = v.in_kernel || all.standby || !all.kernel.available;
	if (!missing.hidden) state(missing, "not in the kernel", "bad");
	put(part(summary, "about", () => el("span", "dim")), [v.servicename, v.scheduler, v.persistent_seconds ? `persistent ${v.persistent_seconds} s` : "",
		v.refused].filter((t) => t).join(", "));
	const plots = part(summary, "plots", () => el("span", "plots"));
	sparkline(part(plots, "rate", () => el("span")), " conn/s", v.plots?.connections, v.plots?.every_seconds, many, "connections a second");
	sparkline(part(plots, "check", () => el("span")), " check", v.plots?.check_seconds, v.plots?.every_seconds, span, "the slowest check");
	e.view = v;
	e.all = all;
	servers(e);
}

const columns = [["Server", ""], ["State", ""], ["Since", "num"], ["Weight", "num"], ["Active", "num"], ["Inactive", "num"], ["Conn/s", "num"], ["Check", ""]];

// servers shows those of a service.
function servers(e) {
	const v = e.view, open = e.parts.details.open;
	const shown = open ? v.reals : v.reals.filter((r) => stateOf(r) !== "up").slice(0, few);
	const table = part(e, "table", () => {
		const top = el("tr");
		for (const [name, kind] of columns) top.append(el("th", kind, name));
		return el("table", "blocks", el("thead", "", top), el("tbody"));
	});
	table.hidden = shown.length === 0;
	rows(table.tBodies[0], shown, (r) => r.server + (r.configured ? "" : "?"), () => el("tr"), (row, r) => server(row, r, e.all));
	const more = part(e, "more", () => el("p", "more"));
	more.hidden = shown.length === v.reals.length;
	put(more, `${shown.length} of ${v.reals.length} servers are shown: those that are not up, ${few} at most. The line of the service shows the others.`);
}

function server(row, r, all) {
	const first = cell(row, 0, "Server", "server");
	put(part(first, "name", () => el("span")), r.server);
	const why = part(first, "why", () => el("span", "reason"));
	why.hidden = !r.check?.reason;
	put(why, r.check?.reason ? `${ago(all.time, r.check.time)} ago: ${r.check.reason}` : "");
	const word = stateOf(r);
	state(part(cell(row, 1, "State", "word"), "word", () => el("span")), word, kinds[word] ?? "");
	mark(put(cell(row, 2, "Since", "num"), r.configured ? ago(all.time, r.since) : ""), "title", r.configured ? clock(r.since) : "");
	const heavy = weight(r.weight);
	put(cell(row, 3, "Weight", heavy.length > 5 ? "num wide" : "num"), heavy);
	const idle = r.weight.kernel === null ? " idle" : "";
	put(cell(row, 4, "Active", "num" + idle), many(r.connections.active));
	put(cell(row, 5, "Inactive", "num" + idle), many(r.connections.inactive));
	const rate = last(r.plots?.connections);
	put(cell(row, 6, "Conn/s", "num" + idle), many(rate ?? r.rates.connections));
	const check = cell(row, 7, "Check", "check");
	const line = part(check, "line", () => newPlot("small"));
	line.toggleAttribute("hidden", !r.plots);
	if (r.plots) plot(line, r.plots.check_seconds, { title: `time that checks of ${r.server} took` });
	put(part(check, "took", () => el("span", "num")), r.check && r.check.result !== "maintenance" ? span(r.check.seconds) : "");
}

follow({
	every: 2,
	show(v) {
		head(v);
		rows(byId("virtuals"), v.virtuals, (s) => s.id, () => el("article", "virtual"), (e, s) => virtual(e, s, v));
	},
});
