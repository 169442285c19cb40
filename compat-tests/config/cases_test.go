package config

import (
	"fmt"
	"io/fs"
	"strings"
)

// testCase is one set of files.
type testCase struct {
	name string
	ha   string // ha.cf; "" means base
	add  string // behind ha.cf
	keys string // authkeys; "" means good ones
	mode fs.FileMode
	res  string // haresources; "" means a good one
	info string // nodeinfo
	drop string // name of a file that is missing
	// better says why ours takes the files otherwise than the original: then
	// ours is its exit status.
	better string
	ours   int
	// groups says why our groups are not those of the original.
	groups string
}

const base = "node alpha beta\nbcast eth0\nlogfacility daemon\nauto_failback on\n"

type file struct {
	text string
	mode fs.FileMode
}

func (c testCase) files() map[string]file {
	or := func(s, other string) string {
		if s == "" {
			return other
		}
		return s
	}
	mode := c.mode
	if mode == 0 {
		mode = 0o600
	}
	files := map[string]file{
		"ha.cf":       {or(c.ha, base) + c.add, 0o644},
		"authkeys":    {or(c.keys, "auth 1\n1 sha1 lvs\n"), mode},
		"haresources": {or(c.res, "alpha IPaddr2::192.0.2.70/32/eth0\n"), 0o644},
	}
	if c.info != "" {
		files["nodeinfo"] = file{c.info, 0o644}
	}
	delete(files, c.drop)
	return files
}

func (c testCase) want(original int) int {
	if c.better != "" {
		return c.ours
	}
	return original
}

const (
	diesLater = "the original starts and dies a moment later"
	crashes   = "the original crashes"
	noCRM     = "there is no Pacemaker in ours"
)

// lines makes one case of each line added to the base.
func lines(group string, texts ...string) []testCase {
	var list []testCase
	for _, text := range texts {
		name := strings.NewReplacer("\n", "; ", "/", "|").Replace(text)
		if len(name) > 60 {
			name = name[:60]
		}
		list = append(list, testCase{name: group + " " + name, add: text + "\n"})
	}
	return list
}

func cases() []testCase {
	var all []testCase
	for _, list := range [][]testCase{
		haCases(), timeCases(), mediaCases(), clientCases(), keyCases(), resourceCases(),
	} {
		all = append(all, list...)
	}
	return all
}

func haCases() []testCase {
	list := lines("line",
		"bogus x", "Keepalive 2", "keepalive,3", "cluster", "cluster a b", "cluster a\ncluster b", `cluster "my cluster"`,
		"hopfudge 0", "hopfudge 255", "hopfudge 256", "hopfudge -1", "hopfudge abc",
		"realtime t", "realtime off", "realtime TRUE", "log_badpack x", "coredumps x", "coredumps off", "syslogmsgfmt maybe",
		"auto_failback OFF", "auto_failback Legacy", "auto_failback foo", "nice_failback on", "nice_failback x",
		"rtprio 1", "rtprio 0", "rtprio 100", "hbgenmethod time", "hbgenmethod Time", "msgfmt netstring", "msgfmt x",
		"debug 1", "debug 3", "debug 256", "debug 2x", "use_logd yes", "use_logd no", "use_logd maybe",
		"conn_logd_time 0", "conn_logd_time 30", "use_apphbd no", "use_apphbd maybe",
		"logfile /var/log/ha.log", "debugfile /var/log/ha-debug", "logfacility none", "logfacility LOCAL0", "logfacility local7",
		"coreroot relative", "coreroot /nosuch", "crm no", "crm off\npacemaker off", "crm no\ncrm no", "pacemaker FALSE",
		"crm maybe", "autojoin none", "autojoin NONE", "autojoin any", "autojoin other", "autojoin x",
		"uuidfrom nodename", "uuidfrom x", "compression bz2", "compression zlib", "compression x", "compression_threshold 0",
		"compression_threshold 4", "traditional_compression yes", "traditional_compression maybe",
		"env A=1 B=2", "env =x", "env A", "max_rexmit_delay 0", "max_rexmit_delay 250ms", "max_rexmit_delay x",
		"record_config_changes maybe", "record_pengine_inputs off", "enable_config_writes no", "crmd_spawns_pengine maybe",
		"memreserve 0", "memreserve 1", "quorum_server x", "crm_daemon_dir /x", "watchdog /nosuch", "watchdog /a\nwatchdog /b",
		"normalpoll 1", "hbaping x", "node gamma # a comment", "node ALPHA", "node delta#x",
		"# no\x00thing", "keepalive 3\x00 x", "udpport 7000", "udpport 694x", "udpport 0", "udpport x", "udpport 99999",
	)
	long := func(n int) string { return strings.Repeat("x", n) }
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "node n%d\n", i)
		}
		return b.String()
	}
	return append(list, []testCase{
		{name: "how-to master", ha: "debugfile /var/log/ha-debug.log\nlogfile /var/log/ha.log\nkeepalive 2\ndeadtime 10\nudpport 694\n\n\n" +
			"node alpha\nnode lvss.hwlee.shop\n\n\nauto_failback on\n\n\nucast eth0 192.0.2.117\n"},
		{name: "CRLF", ha: strings.ReplaceAll(base, "\n", "\r\n")},
		{name: "bare CR", ha: "# x\r" + strings.ReplaceAll(base, "\n", "\r")},
		{name: "no newline at the end", add: "keepalive 3"},
		{name: "indented, tabs, form feeds", ha: strings.ReplaceAll(base, " ", " \t\f "), add: "\t\f keepalive\t3"},
		{name: "byte order mark", ha: "\xef\xbb\xbf" + base},
		{name: "other alphabet in a comment", add: "# 하트비트\ncluster 하트비트\n"},
		{name: "backslash is no continuation", add: "cluster a \\\nkeepalive 3\n"},
		{name: "commas", ha: "node alpha,beta ,, gamma\nbcast eth0\nlogfacility daemon\nauto_failback on,off\nkeepalive 1,5\ndeadtime 30\n"},
		{name: "line of 5119 bytes", add: "# " + long(5117) + "\nkeepalive 3\n"},
		{name: "long line is cut", add: "cluster " + long(5119-8) + "keepalive 3\n"},
		{name: "long comment", add: "# " + long(6000) + "\n", better: "a comment is a comment, however long", ours: 0},
		{name: "no ha.cf", drop: "ha.cf"},
		{name: "empty ha.cf", ha: "\n"},
		{name: "no media", ha: "node alpha\nlogfacility daemon\nauto_failback on\n"},
		{name: "no nodes", ha: "bcast eth0\nlogfacility daemon\nauto_failback on\n", res: "# none\n"},
		{name: "other nodes", ha: "node beta gamma\nbcast eth0\nlogfacility daemon\nauto_failback on\n", res: "# none\n"},
		{name: "nodeinfo", ha: "node beta gamma\nbcast eth0\nlogfacility daemon\nauto_failback on\n", res: "# none\n", info: "Beta\nx\n"},
		{name: "nodeinfo of another node", res: "# none\n", info: "delta\n"},
		{name: "nothing about the log", ha: "node alpha\nbcast eth0\nauto_failback on\n"},
		{name: "nothing about the log, no logd", ha: "node alpha\nbcast eth0\nauto_failback on\nuse_logd no\n"},
		{name: "logd and a log file", ha: "node alpha\nbcast eth0\nauto_failback on\nlogfile /var/log/x\nuse_logd yes\n"},
		{name: "nothing about failback", ha: "node alpha\nbcast eth0\nlogfacility daemon\n"},
		{name: "nice_failback alone", ha: "node alpha\nbcast eth0\nlogfacility daemon\nnice_failback off\n"},
		{name: "old message format", ha: "node alpha\nbcast eth0\nlogfacility daemon\nauto_failback on\nsyslogmsgfmt off\n"},
		{name: "99 more nodes", ha: "node alpha\n" + many(99) + "bcast eth0\nlogfacility daemon\nauto_failback on\n"},
		{name: "100 more nodes", ha: "node alpha\n" + many(100) + "bcast eth0\nlogfacility daemon\nauto_failback on\n"},
		{name: "pacemaker", add: "pacemaker ccm-only\n", better: noCRM, ours: 6},
	}...)
}

func timeCases() []testCase {
	list := lines("time",
		"keepalive 02", "keepalive 5.", "keepalive .5", "keepalive 0.5", "keepalive 1500ms", "keepalive 1500MS", "keepalive 1500msxyz",
		"keepalive 2000000us", "keepalive 1.5.5", "keepalive 0.6ms", "keepalive 0.4ms", "keepalive 0", "keepalive .",
		"keepalive 2s", "keepalive 2sec", "keepalive 1h", "keepalive 0x10", "keepalive 1e3", "keepalive +1", "keepalive -1", "keepalive abc",
		"keepalive 1500 ms", "keepalive 3#abc", "keepalive 3 4 5", "deadtime 0", "deadtime 10s",
		"keepalive 500ms\ndeadtime 1", "keepalive 500ms\ndeadtime 1001ms\ninitdead 20", "deadtime 3\ninitdead 2", "initdead 5\ndeadtime 3",
		"warntime 0", "warntime 40", "warntime x", "deadping 4\nkeepalive 2", "deadping 4001ms\nkeepalive 2", "deadping x",
		"keepalive 20", "keepalive 1499us\ndeadtime 3ms", "keepalive 1499us\ndeadtime 2ms",
		"keepalive 1.0005\ndeadtime 2.001", "keepalive 1.0005\ndeadtime 2.002", "keepalive 1.0005\ndeadtime 2.003",
	)
	return list
}

func mediaCases() []testCase {
	list := lines("media",
		"bcast", "bcast eth9", "bcast eth0 eth1", "bcast eth0", "bcast eth0:0", "bcast bare0", "ucast bare0 192.0.2.3", "udp eth1", "ucast eth0 192.0.2.3", "ucast eth0 192.0.2.3 extra words",
		"ucast eth0", "ucast eth0 no.such.invalid", "ucast eth0 fe80::1",
		"mcast eth0 225.0.0.1 694 1 0", "mcast eth0", "mcast eth0 225.0.0.1", "mcast eth0 225.0.0.1 694", "mcast eth0 225.0.0.1 694 1",
		"mcast eth0 225.0.0.1 694 1 2", "mcast eth0 225.0.0.1 694 5 0", "mcast eth0 225.0.0.1 694 300 0", "mcast eth0 225.0.0.1 0 1 0",
		"mcast eth0 225.0.0.1 99999 1 0", "mcast eth0 192.0.2.9 694 1 0", "mcast eth9 225.0.0.1 694 1 0", "mcast eth0 225.0.0.1 694 1 0 x",
		"mcast6 eth0 ff02::1 694 1 0", "mcast6 eth0", "mcast6 eth0 2001:db8::1 694 1 0", "ucast6 eth0 fe80::1", "ucast6 eth0 ::1", "ucast6 eth0",
		"serial /dev/null", "serial ttyS0", "serial /nosuch", "serial /etc/passwd", "serial", "baud 9600", "baud 9600x", "baud 1", "baud 9600\nbaud 9600",
		"ping 192.0.2.1", "ping 192.0.2.1 192.0.2.2", "ping", "ping no.such.invalid", "ping6 ::1",
		"ping_group g 192.0.2.1 192.0.2.2", "ping_group g", "ping_group", "ping_group g no.such.invalid",
		"ping_group g 192.0.2.1\nping_group g 192.0.2.1", "bcast eth1\nudpport 7000\nbcast eth1",
	)
	return append(list,
		testCase{name: "ucast over an interface that is not there", add: "ucast eth9 192.0.2.3\n", better: diesLater, ours: 6},
		testCase{name: "ucast without arguments", add: "ucast\n", better: crashes, ours: 6},
		testCase{name: "mcast without arguments", add: "mcast\n", better: crashes, ours: 6},
		testCase{name: "ping node in haresources", add: "ping 192.0.2.1\n", res: "192.0.2.1 x\n"},
	)
}

func clientCases() []testCase {
	return lines("client",
		"apiauth", "apiauth x", "apiauth x uid=root", "apiauth x gid=root uid=0,hacluster", "apiauth x uid=", "apiauth x uid=a, b",
		"apiauth x uid=nosuchuser", "apiauth x gid=nosuchgroup", "apiauth x uid=0 uid=1", "apiauth x uid=root foo",
		"apiauth x uid=root\napiauth x gid=root", "apiauth "+strings.Repeat("y", 31)+" uid=0", "apiauth "+strings.Repeat("y", 32)+" uid=0",
		"respawn", "respawn root", "respawn root relative", "respawn 0 /bin/true", "respawn nosuchuser /bin/true",
		"respawn root /nosuch", "respawn root /etc/passwd", "respawn root /bin/true a, b  c", "failfast root", "failfast root /bin/true",
		"stonith", "stonith x", "stonith_host", "stonith_host gamma foo", "stonith_host alpha",
		"stonith null", "stonith null /nosuch", "stonith nosuch /etc/passwd", "stonith_host alpha null", "stonith_host alpha null x",
		"stonith_host * nosuch x", "stonith_host ALPHA null x", "stonith_host * null x y", "stonith_host * null x\nstonith_host * bad",
	)
}

func keyCases() []testCase {
	good := "auth 1\n1 sha1 lvs\n"
	var list []testCase
	for _, mode := range []fs.FileMode{0o600, 0o400, 0o700, 0o622, 0o640, 0o604, 0o644} {
		list = append(list, testCase{name: fmt.Sprintf("keys mode %04o", mode), keys: good, mode: mode})
	}
	for name, text := range map[string]string{
		"empty": "\n", "auth only": "auth 1\n", "auth behind its key": "1 sha1 x\nauth 1\n", "unknown method": "auth 1\n1 sha256 x\n",
		"upper case method": "auth 1\n1 SHA1 x\n", "md5 without key": "auth 1\n1 md5\n", "sha1 without key": "auth 1\n1 sha1\n",
		"crc with key": "auth 1\n1 crc x\n", "crc": "auth 2\n2 crc\n", "number 16": "auth 1\n1 sha1 x\n16 sha1 x\n", "auth 16": "auth 16\n16 sha1 x\n",
		"number 15": "auth 15\n15 sha1 x\n", "number 0": "auth 0\n0 md5 x\n", "apple": "apple\n", "indented apple": " apple\n", "no number": "auth 1\n1 sha1 x\nfoo bar\n",
		"auth no number": "auth x\n1 sha1 x\n", "auth bare": "auth\n1 sha1 x\n", "other key": "auth 2\n1 sha1 x\n",
		"two auth, then keys": "auth 1\nauth 2\n1 sha1 x\n2 sha1 y\n", "auth without key at the end": "auth 1\n1 sha1 x\nauth 2\n",
		"no method": "auth 1\n1\n", "two keys of one number": "auth 1\n1 crc\n1 sha1 b\n", "negative number": "auth 1\n-1 sha1 x\n",
		"upper case auth": "auth 1\n1 sha1 x\n AUTH 1\n", "glued": "auth1\n1sha1 x\n", "words behind": "auth 1 foo\n1 sha1 my key\n",
		"leading zeros": "auth 01\n01 sha1 x\n", "plus": "auth +1\n+1 sha1 x\n", "auth negative": "auth -1\n1 sha1 x\n",
		"comments and CRLF": "# c\r\n\r\n \t# d\r\nauth 1\r\n1 sha1 k#ey\r\n", "comma": "auth 1\n1,sha1,x\n", "auth 1x": "auth 1x\n1 sha1 k\n",
		"key 1x": "auth 1\n1x sha1 k\n", "NUL": "auth 1\n\x001 sha1 x\n1 crc\n", "no newline": "auth 1\n1 sha1 x", "8 bit": "auth 1\n1 sha1 \xe9\xff\n",
		"second crc with key": "auth 1\n1 sha1 x\n2 crc y\n", "second md5 without key": "auth 1\n1 sha1 x\n2 md5\n",
		"second of unknown method": "auth 1\n1 sha1 x\n2 sha256 y\n",
		"indented":                 "  auth 1\n\t1 sha1 x\n",
	} {
		list = append(list, testCase{name: "keys " + name, keys: text})
	}
	return append(list, testCase{name: "no authkeys", drop: "authkeys"})
}

func resourceCases() []testCase {
	var list []testCase
	for name, text := range map[string]string{
		"empty": "\n", "comment": "# alpha\n", "unknown node": "gamma x\n", "upper case": "ALPHA X y\n", "both nodes": "alpha x\nbeta y\n",
		"continued": "alpha x \\\n y \\\n z\n", "bad after a continuation": "alpha x \\\n gamma y\ngamma z\n", "comment with backslash": "# c \\\nalpha y\n",
		"comment with backslash, then bad": "# c \\\n gamma y\n", "glued comment": "alpha# x\n", "node alone": "alpha\n",
		"no newline": "alpha x", "unknown without newline": "gamma", "comma": "alpha,beta x\n", "two unknown": "gamma x\n", "backslash as node": "\\\nalpha\n",
		"8 bit": "\xc3\xa9 x\n", "twice": "alpha x\nalpha x\n", "hidden behind a comment": "alpha x # c \\\ngamma y\n",
		"tabs and blanks": "\t alpha\t x  \t y::z \n\n \t\nbeta q\n", "comment within a word": "alpha x#y z\nbeta y # z\n",
		"quotes": "alpha \"a b\" 'c d'\n", "continued without blanks": "alpha x\\\ny\n",
		"continued by an empty line": "alpha x \\\n\nbeta y\n", "comment behind the backslash": "alpha x \\# c\nbeta y\n",
		"three nodes' worth": "alpha a::b::c 192.0.2.70/24\nbeta d\nalpha e\n", "backslashes within": "alpha a\\b c\\\\d\n",
		"two backslashes": "alpha x \\\\\n y\nbeta z\n",
	} {
		list = append(list, testCase{name: "resources " + name, res: text})
	}
	const meant = "what was meant is plain"
	for name, text := range map[string]string{
		"CRLF": "alpha x\r\nbeta y\r\n", "blank behind the backslash, then a node": "alpha x \\ \nbeta y\n",
		"ends in a backslash": "alpha x \\", "form feed": "\falpha\fx\n", "continued by a comment": "alpha x \\\n# c\nbeta y\n",
		"continued comment": "alpha x \\\n y # c \\\nbeta z\n",
	} {
		list = append(list, testCase{name: "resources " + name, res: text, groups: meant})
	}
	return append(list,
		testCase{name: "no haresources", drop: "haresources"},
		testCase{name: "resources blank behind the backslash", res: "alpha x \\ \n  ldirectord::l.cf\n", better: meant, ours: 0},
		testCase{name: "resources CRLF and backslash", res: "alpha x \\\r\n  ldirectord::l.cf\r\n", better: meant, ours: 0},
	)
}
