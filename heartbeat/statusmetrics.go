package main

import (
	"lvsha/pkg/ha/membership"
	"lvsha/pkg/ha/view"
	"lvsha/pkg/system/status"
)

// Metrics implements status.Snapshot. The names are a promise: docs/status.md.
func (s snapshot) Metrics(m *status.Metrics) {
	v := s.View
	m.Gauge("heartbeat_info", "Version and name of this node.", "version", "node").Set(1, v.Version, v.Node)
	m.Gauge("heartbeat_start_time_seconds", "When the daemon has started.").Set(moment(v.Started))
	m.Counter("heartbeat_lives_total", "Lives of this node since the daemon has started: pauses and restarts in place begin another.").Set(float64(v.Totals.Lives))
	m.Gauge("heartbeat_healthy", "Whether /healthz says ok.").Set(status.Bool(v.Healthy))
	m.Gauge("heartbeat_active", "Whether this node is part of the cluster.").Set(status.Bool(v.Status == membership.StatusActive))
	m.Gauge("heartbeat_keepalive_seconds", "The directive keepalive.").Set(float64(v.Config.Keepalive))
	m.Gauge("heartbeat_warntime_seconds", "The directive warntime.").Set(float64(v.Config.Warntime))
	m.Gauge("heartbeat_deadtime_seconds", "The directive deadtime.").Set(float64(v.Config.Deadtime))
	nodeMetrics(m, v)
	linkMetrics(m, v)
	groupMetrics(m, v)
	moves := m.Counter("heartbeat_transitions_total", "Groups started or stopped on this node, by cause.", "cause")
	for cause, n := range v.Totals.Transitions {
		moves.Set(float64(n), cause)
	}
	m.Counter("heartbeat_transition_failures_total", "Transitions in which a group has failed.").Set(float64(v.Totals.Failures))
	for _, t := range v.Transitions {
		if !t.Running {
			m.Gauge("heartbeat_transition_seconds", "How long the last transition took.", "cause").Set(float64(t.Seconds), t.Cause)
			break
		}
	}
}

// moment is a time in seconds since 1970.
func moment(s view.Stamp) float64 {
	if s == "" {
		return 0
	}
	return float64(s.Time().UnixMilli()) / 1000
}

func nodeMetrics(m *status.Metrics, v *view.View) {
	up := m.Gauge("heartbeat_node_up", "Whether a node is up or active, or a ping node answers.", "node", "type")
	since := m.Gauge("heartbeat_node_status_timestamp_seconds", "When the status of a node has changed.", "node", "type")
	deaths := m.Counter("heartbeat_node_deaths_total", "How often a node was declared dead.", "node", "type")
	same := m.Gauge("heartbeat_node_haresources_equal", "Whether the haresources of a node that tells says the same as here.", "node")
	for _, n := range v.Nodes {
		kind := "normal"
		if n.Ping {
			kind = "ping"
		}
		alive := n.Status == membership.StatusUp || n.Status == membership.StatusActive || n.Status == membership.StatusPing
		up.Set(status.Bool(alive), n.Name, kind)
		since.Set(moment(n.Since), n.Name, kind)
		if n.Self {
			continue
		}
		deaths.Set(float64(n.Deaths), n.Name, kind)
		if n.Haresources != "" {
			same.Set(status.Bool(n.Haresources == v.Config.Haresources), n.Name)
		}
	}
}

func linkMetrics(m *status.Metrics, v *view.View) {
	names := []string{"node", "link", "kind"}
	up := m.Gauge("heartbeat_link_up", "Whether a node is heard on a link.", names...)
	heard := m.Gauge("heartbeat_link_last_packet_timestamp_seconds", "When a node was last heard on a link.", names...)
	now := m.Gauge("heartbeat_link_gap_seconds", "Longest time between two packets of a node on a link in the last seconds.", names...)
	most := m.Gauge("heartbeat_link_gap_seconds_max", "Longest time between two packets of a node on a link while it was up, since the start.", names...)
	late := m.Counter("heartbeat_link_late_total", "Gaps above warntime.", names...)
	for _, n := range v.Nodes {
		for _, l := range n.Links {
			labels := []string{n.Name, l.Name, l.Kind}
			up.Set(status.Bool(l.Up), labels...)
			if l.Heard != "" {
				heard.Set(moment(l.Heard), labels...)
			}
			if gap, ok := recent(l.Gaps); ok {
				now.Set(float64(gap), labels...)
			}
			most.Set(float64(l.GapMax), labels...)
			late.Set(float64(l.Late), labels...)
		}
	}
}

// recent is the longest gap of the last spans, of which the newest is not over.
func recent(g view.Gaps) (longest view.Seconds, ok bool) {
	for _, s := range g.Values[max(len(g.Values)-4, 0):] {
		if s != nil {
			longest, ok = max(longest, *s), true
		}
	}
	return longest, ok
}

func groupMetrics(m *status.Metrics, v *view.View) {
	held := m.Gauge("heartbeat_group_held", "Whether this node holds a group.", "group", "preferred")
	failed := m.Gauge("heartbeat_group_failed", "Whether a group has not started or stopped here.", "group", "preferred")
	orphan := m.Gauge("heartbeat_group_orphaned", "Whether no node is known to hold a group.", "group", "preferred")
	since := m.Gauge("heartbeat_group_state_timestamp_seconds", "When the state of a group has changed.", "group", "preferred")
	for _, g := range v.Groups {
		held.Set(status.Bool(g.Holder == v.Node), g.Key, g.Preferred)
		failed.Set(status.Bool(g.State == view.StateFailed), g.Key, g.Preferred)
		orphan.Set(status.Bool(g.Holder == ""), g.Key, g.Preferred)
		since.Set(moment(g.Since), g.Key, g.Preferred)
	}
}
