package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"lvsha/pkg/lvs/view"
	"lvsha/pkg/system/status"
)

// virtualLabels are the names of labels in node_exporter's collector of IPVS, and so
// are the values, so that its metrics and these can be joined.
var virtualLabels = []string{"local_address", "local_port", "local_mark", "proto"}

// Metrics implements status.Snapshot. The names are a promise: docs/status.md.
func (s snapshot) Metrics(m *status.Metrics) {
	m.Gauge("ldirectord_info", "Version, instance and configuration.", "version", "instance", "config").Set(1, s.Version, s.Instance, s.Config.Path)
	m.Gauge("ldirectord_start_time_seconds", "When the daemon has started.").Set(moment(s.Started))
	m.Gauge("ldirectord_healthy", "Whether /healthz says ok.").Set(status.Bool(s.Healthy() == nil))
	m.Gauge("ldirectord_standby", "Whether the servers are checked and the table is left alone.").Set(status.Bool(s.Standby))
	m.Gauge("ldirectord_config_read_timestamp_seconds", "When the configuration in effect was read.").Set(moment(s.Config.Read))
	reloaded, at := true, s.Config.Read
	if r := s.Config.Reload; r != nil {
		reloaded, at = r.InEffect, &r.Time
	}
	m.Gauge("ldirectord_config_last_reload_successful", "Whether the last reload, or the start, took effect.").Set(status.Bool(reloaded))
	m.Gauge("ldirectord_config_last_reload_timestamp_seconds", "When that was.").Set(moment(at))
	virtualMetrics(m, s.Status)
	written := s.labels
	if written == nil {
		written = new(labels)
	}
	addReals(m, s.Status, written)
}

// moment is a time in seconds since 1970.
func moment(t *time.Time) float64 {
	if t == nil || t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// labelsOf are the values of virtualLabels.
func labelsOf(v *view.Virtual) []string {
	if v.Mark != 0 {
		// The kernel lists marks so, and node_exporter passes that on.
		return []string{"", "0", fmt.Sprintf("%08X", v.Mark), "FWM"}
	}
	return []string{v.Address.String(), strconv.Itoa(int(v.Port)), "", strings.ToUpper(v.Protocol)}
}

func virtualMetrics(m *status.Metrics, s *view.Status) {
	up := m.Gauge("ldirectord_virtual_reals_up", "Real servers of a service that are in service.", virtualLabels...)
	total := m.Gauge("ldirectord_virtual_reals", "Real servers of a service that are configured.", virtualLabels...)
	fallback := m.Gauge("ldirectord_virtual_fallback", "Whether the fallback of a service is in use.", virtualLabels...)
	inKernel := m.Gauge("ldirectord_virtual_in_kernel", "Whether the kernel has a service.", virtualLabels...)
	onHost := m.Gauge("ldirectord_virtual_address_held", "Whether this host has the address of a service.", virtualLabels...)
	for i := range s.Virtuals {
		v := &s.Virtuals[i]
		labels := up.Labels(labelsOf(v)...)
		up.Put(float64(v.Up), labels)
		total.Put(float64(v.Total), labels)
		inKernel.Put(status.Bool(v.InKernel), labels)
		if v.Fallback != nil {
			fallback.Put(status.Bool(v.Fallback.InUse), labels)
		}
		if v.Mark == 0 {
			onHost.Put(status.Bool(v.OnHost), labels)
		}
	}
}
