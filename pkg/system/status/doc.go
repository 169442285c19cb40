// Package status shows what a daemon sees: a page for people, /status.json,
// /metrics for Prometheus and /healthz, over HTTP, to read only. Nobody who asks,
// slowly or often or with malice, costs the daemon's loop more than one question
// a second.
//
// A daemon makes one value of its view, which is a Snapshot:
//
//	type View struct {
//		Nodes []Node `json:"nodes"`
//	}
//
//	func (v *View) Healthy() error { … }               // nil, or why not
//	func (v *View) Metrics(m *status.Metrics) {
//		up := m.Gauge("heartbeat_node_up", "Whether a node is alive.", "node")
//		for _, n := range v.Nodes {
//			up.Set(status.Bool(n.Up), n.Name)
//		}
//	}
//
// and says where it is shown:
//
//	//go:embed index.html heartbeat.js
//	var page embed.FS
//
//	server := status.Start(status.Options{
//		Addresses: []status.Address{status.Socket("/var/run/heartbeat/status", gid), listen},
//		Ask:       func(ctx context.Context) (status.Snapshot, error) { … }, // asks the loop
//		Page:      page,
//		Log:       log,
//	})
//	defer server.Close()
//
// listen comes from ParseListen(file.Text("STATUS_LISTEN", "")); an Address that is
// zero is not listened on. Start never fails: what cannot be listened on is logged
// once and tried again. Ask is called by one goroutine at a time, at most once a
// second, and has to return when its context ends; what it returns is shared by all
// who ask within that second and must not change any more. A command asks the
// daemon with Get.
//
// The page is index.html of Page; its other files are served beside it, by their
// names. Two more come with this package: status.css, which is dark or light as the
// reader likes and fits a telephone, and status.js, a module with what a page needs
// to follow /status.json; its head says how. The headers allow no inline script, no
// style attribute in HTML and nothing from elsewhere.
package status
