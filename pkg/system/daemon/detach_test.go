package daemon

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// helper names what the test binary does when it plays a program that detaches.
const helper = "DAEMON_TEST_HELPER"

func TestMain(m *testing.M) {
	switch mode := os.Getenv(helper); mode {
	case "":
		os.Exit(m.Run())
	case "lock":
		os.Exit(holdLock())
	case "sched":
		os.Exit(printSchedule())
	default:
		os.Exit(startCommand(mode))
	}
}

// startCommand is a program as our mains are: it starts itself in the
// background and returns what that says.
func startCommand(mode string) int {
	if !Detached() {
		r, err := Detach(DetachOptions{Dir: os.Getenv("DAEMON_TEST_DIR")})
		if err != nil {
			fmt.Println(err)
			return 99
		}
		fmt.Printf("pid %d: %s\n", r.PID, r.Text)
		return r.Status
	}
	switch mode {
	case "ready":
		before, _ := os.Getwd()
		if err := Ready(); err != nil {
			Fail(1, err.Error())
			return 1
		}
		after, _ := os.Getwd()
		Fail(9, "too late to fail")
		sid, _, _ := syscall.RawSyscall(syscall.SYS_GETSID, 0, 0, 0)
		fd0, _ := os.Readlink("/proc/self/fd/0")
		_, leaked := os.LookupEnv(marker)
		text := fmt.Sprintf("%s|%s|%v|%s|%v|%v", before, after, int(sid) == os.Getpid(), fd0, leaked, os.Args[1:])
		f, err := os.OpenFile(os.Getenv("DAEMON_TEST_FIFO"), os.O_WRONLY, 0)
		if err != nil {
			return 1
		}
		_, _ = f.WriteString(text)
		return 0
	case "fail":
		Fail(6, "two lines\nof text")
	case "exit":
		return 4
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	return 0
}

// start runs the helper and returns its exit status and output.
func start(t *testing.T, mode string, env ...string) (int, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "one", "two")
	cmd.Env = append(append(os.Environ(), helper+"="+mode), env...)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	cmd.ExtraFiles = []*os.File{null}
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestDetachReady(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 1)
	go func() {
		b, _ := os.ReadFile(fifo)
		heard <- string(b)
	}()
	status, out := start(t, "ready", "DAEMON_TEST_DIR="+dir, "DAEMON_TEST_FIFO="+fifo,
		// A variable from elsewhere does not make a start command a daemon.
		marker+"=3:2.3:/")
	if status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	got := <-heard
	want := fmt.Sprintf("%s|%s|true|/dev/null|false|[one two]", wd, dir)
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestDetachFailure(t *testing.T) {
	tests := []struct {
		mode   string
		status int
		text   string
	}{
		{"fail", 6, "two lines\nof text"},
		{"exit", 4, "ended during its start: exit status 4"},
		{"kill", 1, "ended during its start: signal: killed"},
		{"silent", 1, "ended during its start without a report"},
		{"ready", 1, "no such file or directory"},
	}
	for _, tt := range tests {
		t.Run(tt.mode, func(t *testing.T) {
			status, out := start(t, tt.mode, "DAEMON_TEST_DIR=/no/such/directory")
			if status != tt.status || !strings.Contains(out, tt.text) {
				t.Errorf("status %d, want %d; %q has no %q", status, tt.status, out, tt.text)
			}
		})
	}
}

func TestNotDetached(t *testing.T) {
	if Detached() {
		t.Error("a program in the foreground says that it is detached")
	}
	if err := Ready(); err != nil {
		t.Error(err)
	}
	Fail(1, "nothing happens")
}

// holdLock takes a lock, says so and keeps it until its input ends.
func holdLock() int {
	l, err := TryLock(os.Getenv("DAEMON_TEST_DIR"))
	if err != nil {
		return 1
	}
	fmt.Println("held")
	_, _ = os.Stdin.Read(make([]byte, 1))
	_ = l
	return 0
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helper+"=lock", "DAEMON_TEST_DIR="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if s, err := bufio.NewReader(out).ReadString('\n'); s != "held\n" {
		t.Fatal(s, err)
	}
	if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("second lock: %v", err)
	}
	waited := make(chan *Lock, 1)
	go func() {
		l, err := WaitLock(context.Background(), path)
		if err != nil {
			t.Error(err)
		}
		waited <- l
	}()
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	l := <-waited
	if l == nil {
		t.Fatal("the end of its holder did not free the lock")
	}
	if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("a lock that was waited for: %v", err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
	if l, err = TryLock(path); err != nil {
		t.Fatal("not free after Release:", err)
	}
	l.Release()
}

func TestWaitThatIsCalledOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	other, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	end()
	if _, err := WaitLock(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := other.Release(); err != nil {
		t.Error(err)
	}
	// The lock is given back by who does not wait any more.
	l, err := WaitLock(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
}

// printSchedule prints the policy of each of its threads after Realtime, and
// that of a child.
func printSchedule() int {
	if err := Realtime(1); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		tid, _ := strconv.Atoi(task.Name())
		p, _, _ := syscall.RawSyscall(syscall.SYS_SCHED_GETSCHEDULER, uintptr(tid), 0, 0)
		fmt.Printf("thread %#x\n", p)
	}
	out, err := exec.Command("/bin/sh", "-c", "cut -d' ' -f41 /proc/$$/stat; grep VmLck /proc/$$/status").Output()
	if err != nil {
		return 1
	}
	fmt.Printf("child %s", out)
	return 0
}

func TestRealtime(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helper+"=sched")
	b, err := cmd.Output()
	out := string(b)
	if strings.Contains(out, "not permitted") || strings.Contains(out, "cannot allocate") {
		t.Skip("needs root: ", out)
	}
	if err != nil {
		t.Fatal(err, out)
	}
	if n := strings.Count(out, "thread 0x40000002\n"); n < spareThreads || n != strings.Count(out, "thread ") {
		t.Errorf("not every thread has SCHED_RR with reset on fork:\n%s", out)
	}
	if !strings.Contains(out, "child 0\nVmLck:\t       0 kB\n") {
		t.Errorf("the child inherited priority or locked memory:\n%s", out)
	}
}
