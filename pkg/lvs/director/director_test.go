package director

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lvsha/pkg/lvs/alert"
	"lvsha/pkg/lvs/check"
	"lvsha/pkg/lvs/config"
	"lvsha/pkg/lvs/ipvs/ipvstest"
	"lvsha/pkg/lvs/plan"
	"lvsha/pkg/system/logging"
)

func TestMain(m *testing.M) {
	if os.Getenv(farmVariable) != "" {
		os.Exit(runFarm())
	}
	goleak.VerifyTestMain(m)
}

// world is a director with real servers that the test takes up and down.
type world struct {
	t      *testing.T
	path   string
	kernel *ipvstest.Kernel
	d      *Director
	cancel context.CancelFunc
	ended  chan struct{}

	mu      sync.Mutex
	down    map[string]bool
	silent  map[string]bool
	dials   map[string]int
	refuse  func(plan.Op) error
	lines   []string
	changes chan struct{}
	mailer  Mailer
	host    config.Host
	renewed chan struct{}
	second  logging.Sink
	network check.Dial // to real servers; nil: every server is up
	standby bool
	// interval is that of checks; zero means as short as can be.
	interval time.Duration
	grace    time.Duration // zero: a moment
}

func newWorld(t *testing.T, content string) *world {
	t.Helper()
	w := &world{t: t, path: filepath.Join(t.TempDir(), "ldirectord.cf"), kernel: &ipvstest.Kernel{}, ended: make(chan struct{}),
		down: make(map[string]bool), silent: make(map[string]bool), dials: make(map[string]int), changes: make(chan struct{}, 1),
		host: config.System{}, renewed: make(chan struct{})}
	w.write(content)
	return w
}

func (w *world) write(content string) {
	w.t.Helper()
	temporary := w.path + ".new"
	if err := os.WriteFile(temporary, []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(temporary, w.path); err != nil {
		w.t.Fatal(err)
	}
}

// start runs the director until the test ends, and waits until it is ready.
func (w *world) start() {
	w.t.Helper()
	w.begin()
	select {
	case <-w.d.Ready():
	case <-time.After(20 * time.Second):
		w.t.Fatal("it does not become ready")
	}
}

// begin runs the director until the test ends.
func (w *world) begin() {
	w.t.Helper()
	loaded, report := Load(w.path, config.System{})
	if loaded == nil {
		w.t.Fatal(report.Findings)
	}
	tune := func(c *config.Config) {
		for i := range c.Virtuals {
			c.Virtuals[i].CheckInterval = cmp.Or(w.interval, 5*time.Millisecond)
		}
	}
	tune(loaded.Config)
	w.d = New(Options{Path: w.path, PID: 1, Host: w.host, Renewed: w.renewed, Kernel: w, Log: w, Checks: check.Env{Dial: w.dial}, Mailer: w.mailer,
		Grace: cmp.Or(w.grace, 200*time.Millisecond), Standby: w.standby, tune: tune}, loaded)
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	go func() {
		defer close(w.ended)
		if err := w.d.Run(ctx); err != nil {
			w.t.Error(err)
		}
	}()
	w.t.Cleanup(w.stop)
}

func (w *world) stop() {
	w.cancel()
	<-w.ended
}

// The kernel, with refusals and notes of change.

func (w *world) Table() (plan.Table, error) { return w.kernel.Table() }

func (w *world) Entry(s plan.Service) (plan.Entry, error) { return w.kernel.Entry(s) }

func (w *world) ApplyAll(ops []plan.Op) []error { return ipvstest.Each(ops, w.Apply) }

func (w *world) Apply(op plan.Op) error {
	w.mu.Lock()
	refuse := w.refuse
	w.mu.Unlock()
	if refuse != nil {
		if err := refuse(op); err != nil {
			return err
		}
	}
	err := w.kernel.Apply(op)
	w.note()
	return err
}

func (w *world) note() {
	select {
	case w.changes <- struct{}{}:
	default:
	}
}

// Log keeps the line.
func (w *world) Log(level logging.Level, text string) {
	if w.second != nil {
		w.second.Log(level, text)
	}
	w.mu.Lock()
	w.lines = append(w.lines, text)
	w.mu.Unlock()
	w.note()
}

func (w *world) logged(text string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, l := range w.lines {
		if strings.Contains(l, text) {
			n++
		}
	}
	return n
}

// dial is the network: servers are up, refuse or keep silent.
func (w *world) dial(ctx context.Context, _, address string) (net.Conn, error) {
	w.mu.Lock()
	w.dials[address]++
	down, silent := w.down[address], w.silent[address]
	w.mu.Unlock()
	w.note()
	switch {
	case silent:
		<-ctx.Done()
		return nil, ctx.Err()
	case down:
		return nil, syscall.ECONNREFUSED
	case w.network != nil:
		return w.network(ctx, "tcp", address)
	}
	near, _ := net.Pipe()
	return near, nil
}

func (w *world) set(which map[string]bool, address string, value bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	which[address] = value
}

func (w *world) rounds(address string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dials[address]
}

// until waits for something to become true.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	limit := time.After(20 * time.Second)
	for !done() {
		select {
		case <-w.changes:
		case <-limit:
			w.mu.Lock()
			defer w.mu.Unlock()
			w.t.Fatalf("%s did not come; table:\n%s\nlog:\n%s", what, w.table(), strings.Join(w.lines, "\n"))
		}
	}
}

// moreRounds waits until a server was checked a few times more.
func (w *world) moreRounds(address string) {
	w.t.Helper()
	before := w.rounds(address)
	w.until("three rounds of "+address, func() bool { return w.rounds(address) >= before+3 })
}

// table writes the kernel's table as "SERVICE: SERVER*WEIGHT ...".
func (w *world) table() string {
	table, _ := w.kernel.Table()
	var lines []string
	for _, k := range table.Keys() {
		line := k.String() + ":"
		for _, d := range table[k].Dests {
			line += fmt.Sprintf(" %s*%d", d.Addr, d.Weight)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func (w *world) untilTable(want string) {
	w.t.Helper()
	w.until("the table "+want, func() bool { return w.table() == want })
}

const twoServers = `virtual=10.9.0.1:80
	checktype=connect
	checktimeout=30
	real=10.1.0.1:80 gate 1
	real=10.1.0.2:80 gate 2
	fallback=127.0.0.1
`

func TestServersComeAndGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twoServers)
	w.set(w.down, "10.1.0.2:80", true)
	w.start()
	if got, want := w.table(), "tcp:10.9.0.1:80: 10.1.0.1:80*1"; got != want {
		t.Fatalf("when ready: %s, want %s", got, want)
	}
	w.set(w.down, "10.1.0.1:80", true)
	w.untilTable("tcp:10.9.0.1:80: 127.0.0.1:80*1")
	w.set(w.down, "10.1.0.2:80", false)
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.2:80*2")
	w.stop()
	if got := w.table(); got != "" {
		t.Errorf("after the end: %s", got)
	}
	for _, line := range []string{
		"Added virtual server: 10.9.0.1:80", "Added real server: 10.1.0.1:80 (10.9.0.1:80) (Weight set to 1)",
		"Deleted real server: 10.1.0.1:80 (10.9.0.1:80)", "Added fallback server: 127.0.0.1:80 (10.9.0.1:80) (Weight set to 1)",
		"Deleted fallback server: 127.0.0.1:80 (10.9.0.1:80)", "Purged real server (stop): 10.1.0.2:80 (10.9.0.1:80)",
		"Purged virtual server (stop): 10.9.0.1:80", "Failed real server: 10.1.0.1:80 (tcp:10.9.0.1:80): connect 10.1.0.1:80: connection refused",
	} {
		if n := w.logged(line); n != 1 {
			t.Errorf("%d lines %q, want 1", n, line)
		}
	}
}

// TestNoServerBeforeItsFirstResult is the original's defect: at start every
// server got its weight before it was checked.
func TestNoServerBeforeItsFirstResult(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twoServers)
	w.set(w.down, "10.1.0.1:80", true)
	w.set(w.down, "10.1.0.2:80", true)
	var added []string
	w.kernel.Changed = func(op plan.Op) {
		if op.Action == plan.AddDest {
			added = append(added, op.Dest.Addr.String())
		}
	}
	w.start()
	w.untilTable("tcp:10.9.0.1:80: 127.0.0.1:80*1")
	w.stop()
	if fmt.Sprint(added) != "[127.0.0.1:80]" {
		t.Errorf("added: %v, want the fallback only", added)
	}
}

// TestASilentServerStallsNothing is the original's worst: one silent server
// stops every other check.
func TestASilentServerStallsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twoServers)
	w.set(w.silent, "10.1.0.1:80", true)
	w.start() // with the other server, after the grace time
	if got, want := w.table(), "tcp:10.9.0.1:80: 10.1.0.2:80*2"; got != want {
		t.Fatalf("when ready: %s, want %s", got, want)
	}
	w.set(w.down, "10.1.0.2:80", true)
	// The fallback does not wait for the silent one's timeout.
	w.untilTable("tcp:10.9.0.1:80: 127.0.0.1:80*1")
}

func TestASharedTargetIsCheckedOnce(t *testing.T) {
	t.Parallel()
	content := "failurecount=3\n" + strings.Replace(twoServers, "\tfallback=127.0.0.1\n", "", 1)
	w := newWorld(t, content+strings.Replace(content[len("failurecount=3\n"):], "10.9.0.1", "10.9.0.2", 1))
	w.start()
	w.d.call(func() {
		if jobs := len(w.d.checkers); jobs != 2 {
			t.Errorf("%d checkers for 4 servers at 2 addresses", jobs)
		}
	})
	w.set(w.down, "10.1.0.1:80", true)
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.2:80*2\ntcp:10.9.0.2:80: 10.1.0.2:80*2")
	// The original counts a failure once for each service.
	for _, service := range []string{"10.9.0.1", "10.9.0.2"} {
		for n := 1; n <= 2; n++ {
			line := fmt.Sprintf("Soft failure real server: 10.1.0.1:80 (tcp:%s:80) failure %d/3", service, n)
			if got := w.logged(line); got != 1 {
				t.Errorf("%d lines %q, want 1", got, line)
			}
		}
	}
}

func TestAFailedReloadChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twoServers)
	w.start()
	writes := w.kernel.Writes()
	w.write(strings.Replace(twoServers, "connect", "conect", 1))
	report := w.d.Reload()
	if report == nil || !report.Failed() || !strings.Contains(report.Findings[0].Format("", 0), `did you mean "connect"?`) {
		t.Errorf("report %+v", report)
	}
	if n := w.kernel.Writes(); n != writes {
		t.Errorf("%d writes by a failed reload", n-writes)
	}
	w.set(w.down, "10.1.0.1:80", true)
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.2:80*2")
}

func TestAReloadKeepsWhatItKeeps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twoServers)
	w.start()
	writes := w.kernel.Writes()
	if report := w.d.Reload(); report.Failed() {
		t.Fatal(report.Findings)
	}
	if n := w.kernel.Writes(); n != writes {
		t.Errorf("%d writes by a reload without a change", n-writes)
	}
	w.write(strings.Replace(twoServers, "gate 2", "gate 7", 1))
	w.d.Reload()
	if got, want := w.table(), "tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*7"; got != want {
		t.Errorf("after the reload: %s, want %s", got, want)
	}
	if n := w.kernel.Writes(); n != writes+1 {
		t.Errorf("%d writes for one weight", n-writes)
	}
	w.write("virtual=10.9.0.2:80\n\tchecktype=on\n\treal=10.1.0.1:80 gate\n")
	w.d.Reload()
	w.untilTable("tcp:10.9.0.2:80: 10.1.0.1:80*1")
}

func TestAutoreload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "autoreload=yes\n"+twoServers)
	w.start()
	w.write("autoreload=no\n" + strings.Replace(twoServers, "gate 2", "gate 7", 1))
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*7")
	w.write(twoServers)
	w.until("the note that it is ignored", func() bool { return w.logged(" - ignore new configuration") == 1 })
	if got, want := w.table(), "tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*7"; got != want {
		t.Errorf("autoreload=no: %s, want %s", got, want)
	}
}

// leave has a life before leave the service of twoServers in the table, with its
// first server, which must not be touched, and one that is not configured.
func (w *world) leave() {
	w.t.Helper()
	service := plan.Service{Key: plan.Key{Addr: netip.MustParseAddr("10.9.0.1"), Port: 80}, Scheduler: "wrr", Netmask: plan.FullMask(false)}
	left := netip.MustParseAddrPort("10.1.0.1:80")
	for _, op := range []plan.Op{
		{Action: plan.AddService, Service: service},
		{Action: plan.AddDest, Service: service, Dest: plan.Dest{Addr: left, Weight: 1}},
		{Action: plan.AddDest, Service: service, Dest: plan.Dest{Addr: netip.MustParseAddrPort("10.1.0.9:80"), Weight: 1}},
	} {
		if err := w.kernel.Apply(op); err != nil {
			w.t.Fatal(err)
		}
	}
	w.kernel.Changed = func(op plan.Op) {
		if op.Dest.Addr == left {
			w.t.Errorf("the server in service was touched: %v", op)
		}
	}
}

// TestAdoption starts beside a table that another daemon left behind.
func TestAdoption(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "cleanstop=no\n"+twoServers)
	w.leave()
	w.start()
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*2")
	w.moreRounds("10.1.0.1:80")
	w.stop()
	if got, want := w.table(), "tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*2"; got != want {
		t.Errorf("after an end with cleanstop=no: %s, want %s", got, want)
	}
}

// TestARefusedChangeIsRepeated is the original's defect: what the kernel refused
// once was never tried again, and logged as done.
func TestARefusedChangeIsRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, twoServers)
	w.refuse = func(op plan.Op) error {
		if op.Action == plan.AddDest && op.Dest.Addr.String() == "10.1.0.1:80" {
			return errors.New("no memory")
		}
		return nil
	}
	w.start()
	w.moreRounds("10.1.0.1:80")
	if w.logged("Added real server: 10.1.0.1:80") != 0 || w.logged("no memory") != 1 {
		t.Errorf("log: %d added, %d refusals", w.logged("Added real server: 10.1.0.1:80"), w.logged("no memory"))
	}
	w.mu.Lock()
	w.refuse = nil
	w.mu.Unlock()
	w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*2")
}

func TestMaintenance(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, "maintenancedir="+dir+"\nfailurecount=9\n"+twoServers)
	w.start()
	for _, name := range []string{"10.1.0.1:80", "10.1.0.1"} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		w.untilTable("tcp:10.9.0.1:80: 10.1.0.2:80*2")
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		w.untilTable("tcp:10.9.0.1:80: 10.1.0.1:80*1 10.1.0.2:80*2")
	}
}

func TestMonitorfile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "monitor")
	w := newWorld(t, "virtual=10.9.0.1:80\n\tchecktype=connect\n\tcheckport=81\n\tmonitorfile="+file+"\n\treal=10.1.0.1:80 gate\n")
	w.start()
	var line string
	w.until("a line of the monitorfile", func() bool {
		content, err := os.ReadFile(file)
		var whole bool
		line, _, whole = strings.Cut(string(content), "\n")
		return err == nil && whole
	})
	if want := "] [1] connect tcp 10.1.0.1 80 81 1 gate /  [up] -"; !strings.HasSuffix(line, want) {
		t.Errorf("line %q, want the end %q", line, want)
	}
}

// mails keeps what would be sent.
type mails struct {
	mu   sync.Mutex
	sent []string
}

func (m *mails) Send(mail alert.Mail) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = append(m.sent, mail.Phase+": "+mail.Message)
}

func (m *mails) Close(time.Duration) {}

func (m *mails) all() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.sent, "\n")
}

// TestMails is the original's defect: three mails for every server at start, one
// of them about its removal, and reminders for ever.
func TestMails(t *testing.T) {
	t.Parallel()
	content := strings.Replace(twoServers, "\tfallback=127.0.0.1\n", "\temailalert=a@example.com\n\temailalertfreq=1\n", 1)
	w := newWorld(t, content)
	m := &mails{}
	w.mailer = m
	w.set(w.down, "10.1.0.2:80", true)
	w.start()
	w.set(w.down, "10.1.0.1:80", true)
	w.untilTable("tcp:10.9.0.1:80:")
	want := "starting: Added real server: 10.1.0.1:80 (10.9.0.1:80) (Weight set to 1)\n" +
		"running: Deleted real server: 10.1.0.1:80 (10.9.0.1:80)"
	// The mail follows the table.
	w.until("the mails", func() bool { return strings.HasPrefix(m.all(), want) })
	want += "\nrunning: Inaccessible real server: 10.1.0.1:80 (10.9.0.1:80)"
	w.until("a reminder", func() bool { return m.all() == want })
	w.set(w.down, "10.1.0.1:80", false)
	w.until("the return", func() bool { return strings.Contains(m.all(), "running: Added real server") })
	w.d.call(func() {
		if next, ok := w.d.reminders.Next(); ok {
			t.Errorf("a reminder is set for %v", next)
		}
	})
	w.stop()
	if got := m.all(); !strings.HasSuffix(got, "\nstopping: Purged real server (stop): 10.1.0.1:80 (10.9.0.1:80)") {
		t.Errorf("mails:\n%s", got)
	}
}

func TestAServiceWithoutACheckIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "virtual=10.9.0.1:21\n\treal=10.1.0.1:21 gate\n\tservice=ftp\n\tlogin=\"a\rb\"\n\treceive=\"x\"\n")
	loaded, report := Load(w.path, config.System{})
	if loaded != nil || !strings.Contains(report.Findings[0].Format("x.cf", 1), "at line 1: check ftp") {
		t.Errorf("%v: %+v", loaded, report.Findings)
	}
}
