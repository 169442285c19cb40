package preflight

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"lvsha/pkg/lvs/config"
	"lvsha/pkg/system/preflight"
)

// Rules are the packet filter's of one family or both, as its tool lists them.
type Rules struct {
	Tool string // nft, iptables-save or ip6tables-save
	Text string
}

// checkMarks looks for rules that set the marks of services: without one no packet
// reaches them.
func (o Options) checkMarks(c *config.Config, report *preflight.Report) {
	var marked []*config.Virtual
	for i := range c.Virtuals {
		if v := &c.Virtuals[i]; v.Protocol == config.FWM {
			marked = append(marked, v)
		}
	}
	if len(marked) == 0 {
		return
	}
	ask := o.Rules
	if ask == nil {
		ask = listRules
	}
	listings := ask()
	if len(listings) == 0 {
		return
	}
	set := marksSet(listings)
	if set.unknown {
		return
	}
	for _, v := range marked {
		family, marks := "IPv4", set.v4
		if v.IPv6 {
			family, marks = "IPv6", set.v6
		}
		if !marks[v.Mark] {
			report.Add(preflight.Finding{
				Severity: preflight.Info, File: report.Path, Line: v.Line,
				Text: fmt.Sprintf("no rule of nft or iptables sets the mark %d for %s now: no packet reaches the service until one does", v.Mark, family),
			})
		}
	}
}

// marks are those that rules set, by the family of packets.
type marks struct {
	v4, v6 map[uint32]bool
	// unknown says that a rule sets what cannot be read from it: that of a
	// connection, of a map, or a part of the bits.
	unknown bool
}

var (
	table = regexp.MustCompile(`^table (\S+) `)
	// What stands behind the words that set a mark in the listings of nft and of
	// iptables-save.
	setMark   = regexp.MustCompile(`(?:(\w+) )?mark set (\S+)|-j MARK --set-x?mark (\S+)`)
	otherMark = regexp.MustCompile(`--restore-mark|--(?:and|or|xor)-mark|xt target "(?:CONN)?MARK"`)
)

func marksSet(listings []Rules) marks {
	m := marks{v4: make(map[uint32]bool), v6: make(map[uint32]bool)}
	for _, l := range listings {
		v4, v6 := l.Tool != "ip6tables-save", l.Tool != "iptables-save"
		for _, line := range strings.Split(l.Text, "\n") {
			if f := table.FindStringSubmatch(line); f != nil {
				v4, v6 = f[1] != "ip6", f[1] != "ip"
			}
			if otherMark.MatchString(line) {
				m.unknown = true
			}
			for _, f := range setMark.FindAllStringSubmatch(line, -1) {
				if f[1] == "ct" { // that of a connection
					continue
				}
				n, whole := wholeMark(f[2] + f[3])
				m.unknown = m.unknown || !whole
				m.v4[n] = m.v4[n] || v4
				m.v6[n] = m.v6[n] || v6
			}
		}
	}
	return m
}

// wholeMark reads a mark with or without a mask; false if it is no number or not
// all bits are set.
func wholeMark(text string) (uint32, bool) {
	text, mask, masked := strings.Cut(text, "/")
	if n, err := strconv.ParseUint(mask, 0, 32); masked && (err != nil || n != 1<<32-1) {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 0, 32)
	return uint32(n), err == nil
}

// listLimit is how long one tool may take.
const listLimit = 5 * time.Second

// listRules asks the tools that are there; one that fails, as for want of rights,
// is left out.
func listRules() []Rules {
	var out []Rules
	for _, words := range [][]string{{"nft", "list", "ruleset"}, {"iptables-save"}, {"ip6tables-save"}} {
		path, err := exec.LookPath(words[0])
		if err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), listLimit)
		text, err := exec.CommandContext(ctx, path, words[1:]...).Output()
		cancel()
		if err == nil {
			out = append(out, Rules{Tool: words[0], Text: string(text)})
		}
	}
	return out
}
