package main

import (
	"slices"

	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/status"
)

// realLabels are virtualLabels and those of a real server.
var realLabels = append(slices.Clone(virtualLabels), "remote_address", "remote_port")

// realMetric is a metric of real servers. value returns false for a server that
// does not have it.
type realMetric struct {
	add        func(m *status.Metrics, name, help string, labels ...string) *status.Family
	name, help string
	value      func(*view.Real) (float64, bool)
}

var (
	gauge   = (*status.Metrics).Gauge
	counter = (*status.Metrics).Counter
)

// realMetrics are those with the labels of a real server alone.
var realMetrics = []realMetric{
	{gauge, "ldirectord_real_up", "Whether a real server is in service.",
		configured(func(r *view.Real) float64 { return status.Bool(r.State == view.StateUp) })},
	{gauge, "ldirectord_real_state_timestamp_seconds", "When a real server has come into service or gone out.",
		configured(func(r *view.Real) float64 { return moment(r.Since) })},
	{gauge, "ldirectord_real_maintenance", "Whether a file in maintenancedir keeps a real server out.",
		configured(func(r *view.Real) float64 { return status.Bool(r.Maintenance) })},
	{gauge, "ldirectord_real_failures", "Checks of a real server that failed in a row.",
		configured(func(r *view.Real) float64 { return float64(r.Failures) })},
	{counter, "ldirectord_real_transitions_total", "Changes of a real server between in and out of service.",
		configured(func(r *view.Real) float64 { return float64(r.Transitions) })},
	{gauge, "ldirectord_real_weight_wanted", "The weight that a real server should have in the kernel now.",
		func(r *view.Real) (float64, bool) { return numberOf(r.Weight.Wanted) }},
	{gauge, "ldirectord_check_seconds", "How long the last check of a real server took.",
		func(r *view.Real) (float64, bool) {
			if r.Check == nil || r.Check.Result == view.ResultMaintenance {
				return 0, false
			}
			return r.Check.Seconds, true
		}},
	{counter, "ldirectord_check_seconds_total", "How long all checks of a real server took.",
		checked(func(c *view.Checked) float64 { return c.Spent })},
	{gauge, "ldirectord_ipvs_weight", "The weight of a real server in the kernel.",
		func(r *view.Real) (float64, bool) { return numberOf(r.Weight.Kernel) }},
	{gauge, "ldirectord_ipvs_connections_active", "Established connections to a real server.",
		inKernel(func(r *view.Real) float64 { return float64(r.Connections.Active) })},
	{gauge, "ldirectord_ipvs_connections_inactive", "Other connections to a real server.",
		inKernel(func(r *view.Real) float64 { return float64(r.Connections.Inactive) })},
	{gauge, "ldirectord_ipvs_connections_persistent", "Clients that are bound to a real server.",
		inKernel(func(r *view.Real) float64 { return float64(r.Connections.Persistent) })},
	{counter, "ldirectord_ipvs_connections_total", "Connections made to a real server.",
		inKernel(func(r *view.Real) float64 { return float64(r.Counters.Connections) })},
	{counter, "ldirectord_ipvs_incoming_packets_total", "Packets to a real server.",
		inKernel(func(r *view.Real) float64 { return float64(r.Counters.InPackets) })},
	{counter, "ldirectord_ipvs_outgoing_packets_total", "Packets from a real server, where they pass this host.",
		inKernel(func(r *view.Real) float64 { return float64(r.Counters.OutPackets) })},
	{counter, "ldirectord_ipvs_incoming_bytes_total", "Bytes to a real server.",
		inKernel(func(r *view.Real) float64 { return float64(r.Counters.InBytes) })},
	{counter, "ldirectord_ipvs_outgoing_bytes_total", "Bytes from a real server, where they pass this host.",
		inKernel(func(r *view.Real) float64 { return float64(r.Counters.OutBytes) })},
}

// checks is by result as well: the samples of a server, in their order.
var (
	checks        = realMetric{counter, "ldirectord_checks_total", "Checks of a real server, by result.", nil}
	checksResults = []struct {
		label string
		value func(*view.Real) (float64, bool)
	}{
		{`,result="failed"}`, checked(func(c *view.Checked) float64 { return float64(c.Failed) })},
		{`,result="passed"}`, checked(func(c *view.Checked) float64 { return float64(c.Passed) })},
	}
)

// configured is the value of servers of the configuration.
func configured(value func(*view.Real) float64) func(*view.Real) (float64, bool) {
	return func(r *view.Real) (float64, bool) { return value(r), r.Configured }
}

// inKernel is the value of servers that are in the kernel's table.
func inKernel(value func(*view.Real) float64) func(*view.Real) (float64, bool) {
	return func(r *view.Real) (float64, bool) { return value(r), r.Weight.Kernel != nil }
}

// checked is the value of servers that were checked.
func checked(value func(*view.Checked) float64) func(*view.Real) (float64, bool) {
	return func(r *view.Real) (float64, bool) {
		if r.Check == nil {
			return 0, false
		}
		return value(r.Check), true
	}
}

func numberOf(n *int) (float64, bool) {
	if n == nil {
		return 0, false
	}
	return float64(*n), true
}

// addReals adds the metrics of all real servers.
func addReals(m *status.Metrics, s *view.Status, written *labels) {
	rows := written.of(s)
	for i := range realMetrics {
		metric := &realMetrics[i]
		metric.add(m, metric.name, metric.help, realLabels...).Each(rows.labels, func(i int) (float64, bool) { return metric.value(rows.reals[i]) })
	}
	n := len(checksResults)
	checks.add(m, checks.name, checks.help, append(slices.Clone(realLabels), "result")...).
		Each(rows.results, func(i int) (float64, bool) { return checksResults[i%n].value(rows.reals[i/n]) })
}
