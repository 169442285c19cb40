// The page of heartbeat: what /status.json says, in the words of docs/status.md.
import { ago, cell, clock, el, follow, newPlot, part, plot, put, rows, span, state } from "./status.js";

const byId = (id) => document.getElementById(id);

const nodeKinds = { active: "good", up: "good", ping: "good", init: "warn", dead: "bad" };
const groupKinds = { up: "good", held: "good", starting: "warn", stopping: "warn", down: "bad", failed: "bad" };

function head(v) {
	put(byId("node"), v.node);
	document.title = v.node + (v.healthy ? "" : " (!)") + " - heartbeat";
	const [word, kind] = v.healthy ? (v.warnings.length ? ["working, with warnings", "warn"] : ["all is well", "good"]) : ["trouble", "bad"];
	state(byId("health"), word, kind);
	put(byId("holds"), `${v.status}, holds ${v.holds}`);
	put(byId("time"), clock(v.time));
	for (const name of ["trouble", "warnings"]) {
		const list = byId(name);
		list.hidden = v[name].length === 0;
		rows(list, v[name], (text) => text, () => el("li"), put);
	}
	put(byId("about"), `heartbeat ${v.version}, pid ${v.pid}, up for ${ago(v.time, v.started)}; keepalive ${span(v.config.keepalive)}, ` +
		`warntime ${span(v.config.warntime)}, deadtime ${span(v.config.deadtime)}, auto_failback ${v.config.auto_failback}`);
}

function group(row, g, v) {
	put(cell(row, 0, "Group"), g.resources.join(" "));
	const word = part(cell(row, 1, "State"), "word", () => el("span"));
	state(word, g.state, groupKinds[g.state]);
	put(cell(row, 2, "On"), g.holder ? (g.holder === v.node ? g.holder + " (here)" : g.holder) : "nobody");
	put(cell(row, 3, "Since", "num"), ago(v.time, g.since)).title = clock(g.since);
	put(cell(row, 4, "Why", "why"), g.error ? `${g.why}; ${g.error}` : g.why);
}

function node(card, n, v) {
	const title = part(card, "title", () => el("h3"));
	put(part(title, "name", () => el("span")), n.name);
	state(part(title, "status", () => el("span")), n.status, nodeKinds[n.status] ?? "");
	const what = n.self ? "this node" : n.ping ? "ping node" : n.kin ? "" : n.heard ? "another heartbeat" : "";
	put(part(title, "what", () => el("span", "dim")), `${what ? what + ", " : ""}for ${ago(v.time, n.since)}`);
	rows(part(card, "links", () => el("div")), n.links, (l) => l.name, () => el("div", "link"), (e, l) => link(e, l, n, v));
}

function link(e, l, n, v) {
	const first = part(e, "head", () => el("div", "head"));
	put(part(first, "name", () => el("span", "name")), `${l.kind} ${l.kind.startsWith("ping") ? "" : l.name}`.trim());
	state(part(first, "state", () => el("span")), l.up ? "up" : "dead", l.up ? "good" : "bad");
	put(part(first, "heard", () => el("span", "dim num push")), l.heard ? `heard ${ago(v.time, l.heard)} ago` : "never heard");
	const minutes = Math.round(l.gaps.every * l.gaps.values.length / 60) || 1;
	const dead = n.ping ? v.config.deadping : v.config.deadtime;
	// The dead time is drawn when it comes near: it would flatten everything else.
	const near = l.gaps.values.some((g) => g !== null && g > dead / 4);
	const limits = near ? [{ at: v.config.warntime, kind: "warn" }, { at: dead, kind: "bad" }] : [];
	plot(part(e, "plot", () => newPlot()), l.gaps.values, {
		limits, top: 2 * v.config.keepalive, title: `gaps between packets of ${n.name} on ${l.name} in the last ${minutes} min`,
	});
	put(part(e, "figures", () => el("div", "figures")),
		`longest gap ${span(l.gap_max)}${l.gap_max_at ? ` (${ago(v.time, l.gap_max_at)} ago)` : ""}, ${l.late} late; the last ${span(60 * minutes)}` +
		(near ? ", with warntime and deadtime" : ""));
}

// moments are transitions and events in one line.
function moments(v) {
	const all = v.transitions.map((t) => ({
		key: "t" + t.at + t.action + t.cause, at: t.at, kind: t.error ? "bad" : t.running ? "warn" : t.action === "start" ? "good" : "",
		text: `${t.action} ${t.groups.join(", ")}`,
		more: `${t.why}${t.silence ? `, silent for ${span(t.silence)}` : ""}; ${t.running ? "runs for" : "took"} ${span(t.seconds)}${t.error ? `; ${t.error}` : ""}`,
		seconds: t.seconds,
	}));
	const twice = new Map();
	for (const e of v.events) {
		const key = "e" + e.at + e.node + " " + (e.link ?? "") + e.to, n = twice.get(key) ?? 0;
		twice.set(key, n + 1);
		all.push({
			key: key + n, at: e.at, kind: e.to === "dead" ? "bad" : "",
			text: e.link ? `link ${e.node}:${e.link} ${e.to}` : `${e.node} is ${e.to}`, more: "",
		});
	}
	return all.sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, 30);
}

function moment(e, m, longest) {
	if (e.className !== m.kind) e.className = m.kind;
	put(part(e, "when", () => el("span", "when num")), clock(m.at));
	put(part(e, "text", () => el("span")), m.text);
	put(part(e, "more", () => el("span", "more")), m.more);
	const bar = part(e, "bar", () => el("span", "bar"));
	bar.hidden = !m.seconds;
	bar.style.width = m.seconds ? Math.min(100, 60 * m.seconds / longest) + "%" : "0";
}

follow({
	every: 2,
	show(v) {
		head(v);
		rows(byId("groups"), v.groups, (g) => g.key, () => el("tr"), (row, g) => group(row, g, v));
		rows(byId("nodes"), v.nodes, (n) => n.name, () => el("article", "card"), (card, n) => node(card, n, v));
		const line = moments(v), longest = Math.max(1, ...line.map((m) => m.seconds ?? 0));
		rows(byId("line"), line, (m) => m.key, () => el("li"), (e, m) => moment(e, m, longest));
	},
});
