package api_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"lvsha/pkg/ha/api"
	"lvsha/pkg/ha/message"
)

// The accounts of the machine on which the recordings were made.
const (
	hacluster = 103
	haclient  = 106
)

var (
	alphaID = [16]byte{0xfa, 0xfc, 0x46, 0x17, 0x27, 0x76, 0x41, 0x88, 0xa2, 0x68, 0x38, 0x15, 0x12, 0xb3, 0x2e, 0xa1}
	betaID  = [16]byte{0xa7, 0x45, 0x1a, 0xae, 0x54, 0xe0, 0x4d, 0x74, 0xb0, 0x28, 0x29, 0xed, 0x4e, 0xff, 0x79, 0x1b}
)

// fixture is the cluster of the recordings.
type fixture struct {
	beta     string
	betaEth0 bool
	holding  string
	settings map[string]string
}

func (f *fixture) Nodes() []api.Node {
	return []api.Node{
		{Name: "10.77.0.254", Ping: true, Status: "ping", Links: []api.Link{{Name: "10.77.0.254", Up: true}}},
		{Name: "alpha", Status: "active", UUID: alphaID, Links: []api.Link{{Name: "eth0", Up: true}, {Name: "eth1"}}},
		{Name: "beta", Status: f.beta, UUID: betaID, Links: []api.Link{{Name: "eth0", Up: f.betaEth0}, {Name: "eth1", Up: true}}},
	}
}

func (f *fixture) Parameter(name string) (string, bool) {
	v, ok := f.settings[name]
	return v, ok
}

func (f *fixture) Holding() string { return f.holding }

// desk is a machine with the loop of a node around it: what goes to the cluster
// comes back.
type desk struct {
	*api.Machine
	fixture fixture
	dead    map[int]bool

	replies map[api.ID][]*message.Message
	sent    []*message.Message
	closed  []api.ID
	limits  map[api.ID]int
	signals []api.Signal
}

func newDesk() *desk {
	d := &desk{
		fixture: fixture{beta: "active", holding: "local", settings: map[string]string{"deadtime": "3", "pacemaker": "false"}},
		dead:    make(map[int]bool), replies: make(map[api.ID][]*message.Message), limits: make(map[api.ID]int),
	}
	d.Machine = api.New(api.Config{
		Self: "alpha", Deadtime: 3 * time.Second, Keepalive: 500 * time.Millisecond,
		Version: "3.0.6", LongVersion: "3.0.6 (node: 958e11be8686759f1b99204c17812f2c2633b169)",
		Pacemaker: "false", Facility: -1,
		Permissions: api.Permissions{
			"ipfail": {UIDs: []uint32{hacluster}},
			"ping":   {GIDs: []uint32{haclient}},
			"anon":   {UIDs: []uint32{0}, GIDs: []uint32{haclient}},
		},
		Exists: func(pid int) bool { return !d.dead[pid] },
	}, &d.fixture)
	return d
}

func (d *desk) apply(effects []api.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case api.Reply:
			d.replies[e.To] = append(d.replies[e.To], e.Message)
		case api.Close:
			d.closed = append(d.closed, e.Of)
		case api.Limit:
			d.limits[e.Of] = e.Frames
		case api.Signal:
			d.signals = append(d.signals, e)
		case api.Send:
			msg := e.Message.Clone()
			if !msg.Has("src") {
				msg.Add("src", "alpha")
			}
			d.sent = append(d.sent, msg)
			if dest := msg.Text("dest"); dest == "" || dest == "alpha" {
				d.apply(d.Deliver(msg, true, true))
			}
		case api.Log:
		}
	}
}

func (d *desk) say(id api.ID, fields ...string) {
	msg := new(message.Message)
	for i := 0; i+1 < len(fields); i += 2 {
		msg.Add(fields[i], fields[i+1])
	}
	body, err := api.Encode(msg, false)
	if err != nil {
		panic(err)
	}
	d.apply(d.Receive(id, body))
}

// signon signs a client on and forgets what it was told.
func (d *desk) signon(id api.ID, name string, pid int, uid, gid uint32) {
	d.Connect(id, api.Credentials{PID: pid, UID: uid, GID: gid})
	d.say(id, "t", "hbapi-req", "reqtype", "signon", "dest", "alpha", "pid", fmt.Sprint(pid), "from_id", name,
		"uid", fmt.Sprint(uid), "gid", fmt.Sprint(gid))
	delete(d.replies, id)
	d.sent = nil
}

func text(msgs []*message.Message) string {
	var lines []string
	for _, m := range msgs {
		var words []string
		for _, f := range m.Fields {
			words = append(words, f.Name+"="+string(f.Value))
		}
		lines = append(lines, strings.Join(words, " "))
	}
	return strings.Join(lines, "\n")
}

func frames(t *testing.T, msgs []*message.Message) []byte {
	t.Helper()
	var out []byte
	for _, m := range msgs {
		body, err := api.Encode(m, false)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, api.Frame(body)...)
	}
	return out
}

// TestRecordedRequests answers the recorded requests with the recorded bytes.
func TestRecordedRequests(t *testing.T) {
	plain := []string{
		"clientstatus-local", "getnodename", "getparm", "getparm-unset", "getrsc", "getuuid", "ifstatus", "ifstatus-bad",
		"nodesite", "nodestatus", "nodestatus-bad", "nodetype", "nodetype-ping", "nodeweight", "numnodes", "setfilter", "setsignal",
	}
	lists := []string{"nodelist", "iflist"}
	for i, name := range append(plain, lists...) {
		request := bodies(t, "api-"+name+"-req")[0]
		answer := "api-" + name + "-rsp"
		if i >= len(plain) {
			answer += "-stream"
		}
		asked, err := api.Decode(request)
		if err != nil {
			t.Fatal(err)
		}
		pid, _ := asked.Decimal("pid")
		d := newDesk()
		uid := uint32(0)
		if asked.Text("from_id") == "ipfail" {
			uid = hacluster
		}
		d.signon(1, asked.Text("from_id"), int(pid), uid, haclient)
		d.apply(d.Receive(1, request))
		var want []byte
		for _, b := range bodies(t, answer) {
			want = append(want, api.Frame(b)...)
		}
		if got := frames(t, d.replies[1]); !bytes.Equal(got, want) {
			t.Errorf("%s:\n%q, recorded\n%q", name, got, want)
		}
	}
}

// TestRecordedRuns plays whole runs of cl_status.
func TestRecordedRuns(t *testing.T) {
	for _, name := range []string{"hbstatus", "listnodes-v", "nodestatus", "rscstatus", "hbparameter"} {
		d := newDesk()
		if name == "listnodes-v" {
			// The nodes were asked for from the last to the first.
			d.fixture.betaEth0 = false
		}
		requests := bodies(t, "api-whole-"+name+"-c2s")
		first, err := api.Decode(requests[0])
		if err != nil {
			t.Fatal(err)
		}
		pid, _ := first.Decimal("pid")
		d.Connect(1, api.Credentials{PID: int(pid), UID: 0, GID: haclient})
		for _, r := range requests {
			d.apply(d.Receive(1, r))
		}
		var want []byte
		for _, b := range bodies(t, "api-whole-"+name+"-s2c") {
			want = append(want, api.Frame(b)...)
		}
		if got := frames(t, d.replies[1]); !bytes.Equal(got, want) {
			t.Errorf("%s:\n%q, recorded\n%q", name, got, want)
		}
		if len(d.closed) != 1 {
			t.Errorf("%s: the connection is not closed after the sign-off", name)
		}
	}
}

func TestSignon(t *testing.T) {
	const ok = "result=OK deadtime=bb8 keepalive=1f4 node=alpha hbversion=3.0.6 (node: 958e11be8686759f1b99204c17812f2c2633b169) pacemaker=false logfacility=-1"
	no := "result=badreq" + strings.TrimPrefix(ok, "result=OK")
	const answer = "t=hbapi-resp reqtype=signon "
	left := func(name, info string) string {
		return "\nt=hbapi-clstat st=leave from_id=" + name + " to_id=" + name + " src=alpha info=" + info + " client_gen=1"
	}
	for _, c := range []struct {
		name                   string
		id, pid                string
		uid, gid               string
		cred                   api.Credentials
		want                   string
		missing, noAnon, taken bool
	}{
		{name: "casual", id: "77", pid: "77", uid: "0", gid: "0", want: answer + ok},
		{name: "casual without a name", pid: "77", uid: "0", gid: "0", want: answer + ok},
		{name: "casual by its group", id: "77", pid: "77", uid: "9", gid: "106", cred: api.Credentials{UID: 9, GID: haclient}, want: answer + ok},
		{name: "casual stranger", id: "77", pid: "77", uid: "9", gid: "9", cred: api.Credentials{UID: 9, GID: 9},
			want: answer + "info=client failed authorization " + no},
		{name: "casual without anon", id: "77", pid: "77", uid: "0", gid: "0", noAnon: true, want: answer + "info=apiauth anon missing " + no},
		{name: "named", id: "ping", pid: "77", uid: "9", gid: "106", cred: api.Credentials{UID: 9, GID: haclient},
			want: "t=hbapi-clstat st=join from_id=ping to_id=ping src=alpha info=signon client_gen=1\n" + answer + ok},
		{name: "named stranger", id: "ping", pid: "77", uid: "0", gid: "0",
			want: answer + "info=client failed authorization " + no + left("ping", "client failed authorization")},
		{name: "no entry", id: "dopd", pid: "77", uid: "0", gid: "0",
			want: answer + "info=no default client auth " + no + left("dopd", "no default client auth")},
		{name: "no pid", id: "ping", uid: "0", gid: "0", want: answer + "info=bad pid " + no + left("", "bad pid")},
		{name: "no such process", id: "ping", pid: "77", uid: "0", gid: "0", missing: true, want: answer + "info=bad pid " + no + left("", "died")},
		{name: "pid of another", id: "78", pid: "78", uid: "0", gid: "0", want: answer + "info=pid mismatch " + no},
		{name: "no ids", id: "77", pid: "77", want: answer + "info=invalid id info " + no},
		{name: "bad id", id: "77", pid: "77", uid: "root", gid: "0", want: answer + "info=invalid id info " + no},
		{name: "false user", id: "77", pid: "77", uid: "0", gid: "0", cred: api.Credentials{UID: 9, GID: haclient},
			want: answer + "info=incorrect/false credentials " + no},
		{name: "false group", id: "77", pid: "77", uid: "9", gid: "106", cred: api.Credentials{UID: 9, GID: 9},
			want: answer + "info=incorrect/false credentials " + no},
		{name: "taken", id: "ping", pid: "77", uid: "9", gid: "106", cred: api.Credentials{UID: 9, GID: haclient}, taken: true,
			want: answer + "info=duplicate add request " + no + left("", "duplicate add request")},
	} {
		d := newDesk()
		if c.noAnon {
			d.Machine = api.New(api.Config{Self: "alpha", Deadtime: 3 * time.Second, Keepalive: 500 * time.Millisecond,
				LongVersion: "3.0.6 (node: 958e11be8686759f1b99204c17812f2c2633b169)", Pacemaker: "false", Facility: -1,
				Exists: func(int) bool { return true }}, &d.fixture)
		}
		if c.taken {
			d.signon(2, "ping", 55, 9, haclient)
			c.want = strings.ReplaceAll(c.want, "client_gen=1", "client_gen=2")
		}
		d.dead[77] = c.missing
		c.cred.PID = 77
		d.Connect(1, c.cred)
		fields := []string{"t", "hbapi-req", "reqtype", "signon", "dest", "alpha"}
		for _, f := range [][2]string{{"pid", c.pid}, {"from_id", c.id}, {"uid", c.uid}, {"gid", c.gid}} {
			if f[1] != "" {
				fields = append(fields, f[0], f[1])
			}
		}
		d.say(1, fields...)
		if got := text(d.replies[1]); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
		refused := strings.Contains(c.want, "badreq")
		if (len(d.closed) == 1) != refused {
			t.Errorf("%s: closed %v", c.name, d.closed)
		}
	}
}

func TestSecondSignonIsRefused(t *testing.T) {
	d := newDesk()
	d.signon(1, "77", 77, 0, 0)
	d.say(1, "t", "hbapi-req", "reqtype", "signon", "pid", "77", "from_id", "77", "uid", "0", "gid", "0")
	if got := text(d.replies[1]); got != "t=hbapi-resp reqtype=signon result=badreq" || len(d.closed) > 0 {
		t.Errorf("%s, closed %v", got, d.closed)
	}
}

// TestDeadOwnerOfANameMakesRoom: a child may hold on to the socket of a client
// that died.
func TestDeadOwnerOfANameMakesRoom(t *testing.T) {
	d := newDesk()
	d.signon(1, "ping", 55, 9, haclient)
	d.dead[55] = true
	d.signon(2, "ping", 77, 9, haclient)
	d.say(2, "t", "hbapi-req", "reqtype", "getrsc", "pid", "77")
	if got := text(d.replies[2]); got != "t=hbapi-resp reqtype=getrsc rsc_hold=local result=OK" {
		t.Error(got)
	}
	if len(d.closed) != 1 || d.closed[0] != 1 {
		t.Errorf("closed %v", d.closed)
	}
}

func TestRequests(t *testing.T) {
	ask := func(reqtype string, fields ...string) []string {
		return append([]string{"t", "hbapi-req", "reqtype", reqtype, "pid", "77", "from_id", "ping"}, fields...)
	}
	for _, c := range []struct {
		name string
		ask  []string
		want string
	}{
		{"case of a node", ask("nodestatus", "node", "BETA"), "t=hbapi-resp reqtype=nodestatus st=active result=OK"},
		{"pid alone", []string{"t", "hbapi-req", "reqtype", "getrsc", "pid", "77"}, "t=hbapi-resp reqtype=getrsc rsc_hold=local result=OK"},
		{"id alone", []string{"t", "hbapi-req", "reqtype", "getrsc", "from_id", "ping"}, "t=hbapi-resp reqtype=getrsc rsc_hold=local result=OK"},
		{"neither", []string{"t", "hbapi-req", "reqtype", "getrsc"}, ""},
		{"pid of another", []string{"t", "hbapi-req", "reqtype", "getrsc", "pid", "78"}, ""},
		{"id of another", []string{"t", "hbapi-req", "reqtype", "getrsc", "from_id", "ipfail"}, ""},
		{"no request", []string{"t", "hbapi-req", "pid", "77"}, ""},
		{"no type", []string{"x", "y"}, ""},
		{"unknown", ask("nonsense"), "t=hbapi-resp reqtype=nonsense result=badreq"},
		{"crm", ask("getparm", "pname", "crm"), "t=hbapi-resp reqtype=getparm pvalue=false result=OK"},
		{"hbversion", ask("getparm", "pname", "hbversion"), "t=hbapi-resp reqtype=getparm pvalue=3.0.6 result=OK"},
		{"no parameter", ask("getparm"), "t=hbapi-resp reqtype=getparm result=badreq info=EINVAL"},
		{"links of nobody", ask("iflist", "node", "gamma"), "t=hbapi-resp reqtype=iflist result=badreq info=EINVAL"},
		{"uuid of nothing", ask("getuuid"), "t=hbapi-resp reqtype=getuuid result=badreq info=no query node name found"},
		{"uuid of nobody", ask("getuuid", "queryname", "gamma"), "t=hbapi-resp reqtype=getuuid result=OK"},
		{"name of text", ask("getnodename", "queryuuid", "x"), "t=hbapi-resp reqtype=getnodename result=badreq info=no query node name found"},
		{"empty mask", ask("setfilter", "fmask", "40"), "t=hbapi-resp reqtype=setfilter result=badreq info=EINVAL"},
		{"mask for root", ask("setfilter", "fmask", "3"), "t=hbapi-resp reqtype=setfilter result=badreq info=EPERM"},
		{"SIGKILL", ask("setsignal", "signal", "9"), "t=hbapi-resp reqtype=setsignal result=badreq info=EINVAL"},
		{"SIGSTOP", ask("setsignal", "signal", "19"), "t=hbapi-resp reqtype=setsignal result=badreq info=EINVAL"},
		{"no signal", ask("setsignal"), "t=hbapi-resp reqtype=setsignal result=badreq"},
		{"own presence", ask("clientstatus", "node", "alpha", "cn", "ping"), "t=hbapi-resp reqtype=clientstatus subt=respond-cstatus cs=online result=OK"},
		{"presence on nobody", ask("clientstatus", "node", "gamma", "cn", "ping"), "t=hbapi-resp reqtype=clientstatus result=badreq info=EINVAL"},
		{"queue", ask("set_sendqlen", "sendqlen", "1024"), ""},
	} {
		d := newDesk()
		d.signon(1, "ping", 77, 9, haclient)
		d.say(1, c.ask...)
		if got := text(d.replies[1]); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
		if c.name == "queue" && d.limits[1] != 1024 {
			t.Errorf("the queue holds %d", d.limits[1])
		}
		if len(d.closed) > 0 {
			t.Errorf("%s: the connection is closed", c.name)
		}
	}
}

// TestMessagesToTheCluster compares with what the original made of the recorded
// messages.
func TestMessagesToTheCluster(t *testing.T) {
	own := []string{"destuuid", "srcuuid", "seq", "hg", "ts", "ld", "ttl", "auth"}
	for _, name := range []string{"clustermsg", "nodemsg"} {
		d := newDesk()
		for range 2 { // the recorded one was the third
			d.signon(1, "ping", 77, 9, haclient)
			d.apply(d.Gone(1, ""))
		}
		d.signon(1, "ping", 77, 9, haclient)
		d.apply(d.Receive(1, bodies(t, "api-"+name+"-req")[0]))
		recorded, err := api.Decode(bodies(t, "api-"+name+"-delivered")[0])
		if err != nil {
			t.Fatal(err)
		}
		want := new(message.Message)
		for _, f := range recorded.Fields {
			if !strings.Contains(" "+strings.Join(own, " ")+" ", " "+f.Name+" ") {
				want.Fields = append(want.Fields, f)
			}
		}
		if got, want := text(d.sent), text([]*message.Message{want}); got != want {
			t.Errorf("%s:\n%s\nrecorded\n%s", name, got, want)
		}
		// With a destination the sender hears nothing of it.
		if heard := len(d.replies[1]); (heard == 1) != (name == "clustermsg") {
			t.Errorf("%s: the sender got %s", name, text(d.replies[1]))
		}
	}
}

// TestClientsCannotForge: what says who it is from is the daemon's.
func TestClientsCannotForge(t *testing.T) {
	d := newDesk()
	d.signon(1, "ping", 77, 9, haclient)
	d.say(1, "t", "m", "src", "beta", "from_id", "ipfail", "to_id", "ipfail", "seq", "1", "hg", "2", "ts", "3", "auth", "x", "client_gen", "9", "dest", "BETA")
	want := "t=m src=alpha from_id=ping to_id=ping client_gen=1 dest=beta"
	if got := text(d.sent); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	d.sent = nil
	for _, kind := range []string{"status", "NS_rexmit", "NS_st", "shutdone", "hbapi-clstat", "respond-cstatus", "starting", "repnodes"} {
		d.say(1, "t", kind, "st", "dead")
	}
	if len(d.sent) > 0 {
		t.Errorf("sent %s", text(d.sent))
	}
}

func TestCasualClientsSendNothing(t *testing.T) {
	d := newDesk()
	d.signon(1, "77", 77, 0, 0)
	d.say(1, "t", "m")
	if len(d.sent) > 0 || len(d.closed) != 1 {
		t.Errorf("sent %s, closed %v", text(d.sent), d.closed)
	}
}

func TestMalformedMessagesEndAConnection(t *testing.T) {
	d := newDesk()
	d.signon(1, "ping", 77, 9, haclient)
	for range 9 {
		d.apply(d.Receive(1, []byte("garbage")))
	}
	d.say(1, "t", "hbapi-req", "reqtype", "getrsc", "pid", "77")
	for range 9 {
		d.apply(d.Receive(1, []byte("garbage")))
	}
	if len(d.closed) > 0 {
		t.Fatal("closed although they were not ten in a row")
	}
	d.apply(d.Receive(1, []byte("garbage")))
	if len(d.closed) != 1 {
		t.Error("not closed after ten in a row")
	}
	if got := text(d.sent); !strings.Contains(got, "st=leave from_id=ping to_id=ping src=alpha info=badclient") {
		t.Errorf("sent %s", got)
	}
}

func TestLeaving(t *testing.T) {
	for _, c := range []struct {
		name, info string
		leave      func(*desk)
	}{
		{"signoff", "signoff", func(d *desk) { d.say(1, "t", "hbapi-req", "reqtype", "signoff", "pid", "77", "from_id", "ping") }},
		{"closed", "EOF", func(d *desk) { d.apply(d.Gone(1, "")) }},
		{"died", "died", func(d *desk) { d.dead[77] = true; d.apply(d.Gone(1, "")) }},
		{"swept", "died", func(d *desk) { d.dead[77] = true; d.apply(d.Sweep()) }},
	} {
		d := newDesk()
		d.signon(1, "ping", 77, 9, haclient)
		c.leave(d)
		d.apply(d.Gone(1, ""))
		want := "t=hbapi-clstat st=leave from_id=ping to_id=ping src=alpha info=" + c.info + " client_gen=1"
		if got := text(d.sent); got != want {
			t.Errorf("%s: %s\nwant %s", c.name, got, want)
		}
	}
}

func TestEvents(t *testing.T) {
	at := time.Unix(0x6b031d99, 0)
	deliver := func(news bool, fields ...string) func(*desk) {
		msg := new(message.Message)
		for i := 0; i+1 < len(fields); i += 2 {
			msg.Add(fields[i], fields[i+1])
		}
		return func(d *desk) { d.apply(d.Deliver(msg, false, news)) }
	}
	for _, c := range []struct {
		name                        string
		happen                      func(*desk)
		casual, named, other, curio bool
	}{
		{"news", deliver(true, "t", "resource", "src", "beta"), true, true, true, true},
		{"repeated status", deliver(false, "t", "status", "src", "beta"), false, false, false, true},
		{"for one name", deliver(true, "t", "m", "to_id", "ping"), false, true, false, false},
		{"for a casual client", deliver(true, "t", "m", "to_id", "55"), true, false, false, false},
		{"for nobody here", deliver(true, "t", "m", "to_id", "dopd"), false, false, false, false},
		{"node dead", func(d *desk) { d.apply(d.Died(at, "beta", false)) }, true, true, true, true},
		{"link up", func(d *desk) { d.apply(d.LinkChanged("beta", "eth1", true)) }, true, true, true, true},
	} {
		d := newDesk()
		d.signon(1, "55", 55, 0, 0)
		d.signon(2, "ping", 77, 9, haclient)
		d.signon(3, "ipfail", 88, hacluster, 9)
		d.signon(4, "99", 99, 0, 0)
		d.say(4, "t", "hbapi-req", "reqtype", "setfilter", "pid", "99", "fmask", "3f")
		d.Connect(5, api.Credentials{PID: 11}) // has not signed on
		clear(d.replies)
		c.happen(d)
		got := [5]bool{len(d.replies[1]) > 0, len(d.replies[2]) > 0, len(d.replies[3]) > 0, len(d.replies[4]) > 0, len(d.replies[5]) > 0}
		if want := [5]bool{c.casual, c.named, c.other, c.curio, false}; got != want {
			t.Errorf("%s: %v, want %v", c.name, got, want)
		}
	}
}

// TestRecordedEvents makes the events that carry nothing of the wire.
func TestRecordedEvents(t *testing.T) {
	for _, c := range []struct {
		recording string
		happen    func(*desk)
	}{
		{"ifstat-dead", func(d *desk) { d.apply(d.LinkChanged("beta", "eth1", false)) }},
		{"ifstat-up", func(d *desk) { d.apply(d.LinkChanged("beta", "eth1", true)) }},
		{"status-dead-ping", func(d *desk) { d.apply(d.Died(time.Unix(0x6b031d99, 0), "10.77.0.254", true)) }},
	} {
		d := newDesk()
		d.signon(1, "ping", 77, 9, haclient)
		c.happen(d)
		want := api.Frame(bodies(t, "api-event-"+c.recording)[0])
		if got := frames(t, d.replies[1]); !bytes.Equal(got, want) {
			t.Errorf("%s:\n%q, recorded\n%q", c.recording, got, want)
		}
	}
}

func TestQueryOfAnotherNode(t *testing.T) {
	d := newDesk()
	d.signon(1, "ping", 77, 9, haclient)
	d.say(1, "t", "hbapi-req", "reqtype", "clientstatus", "pid", "77", "from_id", "ping", "node", "beta", "cn", "ipfail")
	if got := text(d.sent); got != "t=query-cstatus dest=beta cn=ipfail from_id=ping src=alpha" || len(d.replies[1]) > 0 {
		t.Errorf("sent %s, replied %s", got, text(d.replies[1]))
	}
	d.sent = nil
	d.apply(d.Deliver(message.New("query-cstatus").Add("dest", "alpha").Add("cn", "ping").Add("from_id", "1234").Add("src", "beta"), false, true))
	if got := text(d.sent); got != "t=respond-cstatus dest=beta result=OK cn=ping to_id=1234 cs=online src=alpha" || len(d.replies[1]) > 0 {
		t.Errorf("sent %s, clients saw %s", got, text(d.replies[1]))
	}
	d.fixture.beta, d.sent = "dead", nil
	d.say(1, "t", "hbapi-req", "reqtype", "clientstatus", "pid", "77", "from_id", "ping", "node", "beta", "cn", "ipfail")
	if got := text(d.replies[1]); got != "t=hbapi-resp reqtype=clientstatus subt=respond-cstatus cs=offline result=OK" || len(d.sent) > 0 {
		t.Errorf("dead node: sent %s, replied %s", text(d.sent), got)
	}
}

func TestSignalWithEachMessage(t *testing.T) {
	d := newDesk()
	d.signon(1, "ping", 77, 9, haclient)
	d.say(1, "t", "hbapi-req", "reqtype", "setsignal", "pid", "77", "signal", "10")
	d.signals = nil
	d.apply(d.LinkChanged("beta", "eth1", false))
	if len(d.signals) != 1 || d.signals[0] != (api.Signal{PID: 77, Number: 10}) {
		t.Errorf("signals %v", d.signals)
	}
}

func TestWeightAndSite(t *testing.T) {
	d := newDesk()
	d.signon(1, "77", 77, 0, 0)
	d.apply(d.Deliver(message.New("setweight").Add("node", "beta").Add("weight", "70"), false, true))
	d.apply(d.Deliver(message.New("setsite").Add("node", "BETA").Add("site", "north"), true, true))
	clear(d.replies)
	d.say(1, "t", "hbapi-req", "reqtype", "nodeweight", "pid", "77", "node", "beta")
	d.say(1, "t", "hbapi-req", "reqtype", "nodesite", "pid", "77", "node", "beta")
	want := "t=hbapi-resp reqtype=nodeweight weight=70 result=OK\nt=hbapi-resp reqtype=nodesite site=north result=OK"
	if got := text(d.replies[1]); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// FuzzReceive throws whatever at a machine with one client of each sort.
func FuzzReceive(f *testing.F) {
	for _, s := range []string{
		">>>\nt=hbapi-req\nreqtype=nodelist\npid=77\n<<<\n",
		">>>\nt=m\nto_id=x\n<<<\n\x00",
		"###\n6:(0)t=a,%%%\n",
		">>>\nt=hbapi-req\nreqtype=signon\npid=88\nfrom_id=ping\nuid=9\ngid=106\n<<<\n",
		">>>\nt=query-cstatus\ncn=ping\nfrom_id=ping\n<<<\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d := newDesk()
		d.signon(1, "77", 77, 0, 0)
		d.signon(2, "ping", 78, 9, haclient)
		d.Connect(3, api.Credentials{PID: 88, UID: 9, GID: haclient})
		for id := api.ID(1); id <= 3; id++ {
			d.apply(d.Receive(id, body))
			d.apply(d.Receive(id, body))
		}
		for _, m := range d.sent {
			if src := m.Text("src"); src != "alpha" {
				t.Fatalf("a message in the name of %q: %s", src, text(d.sent))
			}
		}
	})
}
