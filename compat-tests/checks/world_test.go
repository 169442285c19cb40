package checks

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"lvsha/pkg/lvs/check"
	ldconfig "lvsha/pkg/lvs/config"
)

// must ends the world; its process has nothing to clean up.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func writeFile(name, content string) { must(os.WriteFile(name, []byte(content), 0o644)) }

// credentials are those of a user of the system.
func credentials(name string) (*syscall.Credential, error) {
	u, err := osuser.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
}

// playWorld runs in the namespaces: it starts the servers, has both programs
// judge every case and writes the report.
func playWorld(dir string) int {
	must(setUp())
	tls := filepath.Join(dir, "tls")
	must(os.Mkdir(tls, 0o755))
	makeCertificates(tls)
	w := &world{dir: dir, report: report{Missing: map[string]string{}}}
	stop := w.proxies()
	defer stop()
	w.startServers()
	cases := allCases()
	w.report.Original = w.originalTwice(cases)
	w.report.Ours = w.ours(cases, check.Env{})
	roots := x509.NewCertPool()
	content, err := os.ReadFile(filepath.Join(tls, "ca.crt"))
	must(err)
	roots.AppendCertsFromPEM(content)
	w.report.Verifying = w.ours(cases, check.Env{Verify: check.Verify{Level: check.VerifyName, Roots: roots}})
	for _, v := range []map[string]verdict{w.report.Ours, w.report.Verifying} {
		for name, v := range v {
			for _, word := range []string{password, wrong, secret} {
				if strings.Contains(v.Text, word) {
					w.report.Leaks = append(w.report.Leaks, fmt.Sprintf("%s: a password in %q", name, v.Text))
				}
			}
		}
	}
	content, err = json.Marshal(w.report)
	must(err)
	writeFile(filepath.Join(dir, "report.json"), string(content))
	return 0
}

// setUp gives the world its own files and addresses.
func setUp() error {
	script := `
set -e
mount --make-rprivate /
mount -t proc proc /proc
for d in /run /var/log /dev/shm /var/spool/smtpd; do test ! -d $d || mount -t tmpfs -o mode=755 tmpfs $d; done
chmod 1777 /dev/shm; test ! -d /var/spool/smtpd || chmod 711 /var/spool/smtpd
mkdir -p /run/kamailio /run/freeradius /run/squid
printf 'example.org\n' >/run/mailname; : >/run/resolv.conf
test ! -e /etc/mailname || mount --bind /run/mailname /etc/mailname
mount --bind /run/resolv.conf /etc/resolv.conf
printf 'server = localhost\nexpire = 20\nhostname = news.lvsha.net\n' >/run/news; mount --bind /run/news /etc/news/leafnode/config
hostname ldhost.example.org
ip link set lo up
ip addr add ` + goodSix + `/128 dev lo nodad
`
	out, err := exec.Command("/bin/sh", "-c", script).CombinedOutput()
	if err != nil {
		return fmt.Errorf("set up: %w\n%s", err, out)
	}
	return nil
}

type world struct {
	dir    string
	report report
	mu     sync.Mutex
}

// startServers returns when every server answers or is reported as missing.
func (w *world) startServers() {
	var starting sync.WaitGroup
	for _, s := range servers {
		starting.Add(1)
		go func() {
			defer starting.Done()
			begun := time.Now()
			if err := w.startServer(s); err != nil {
				w.mu.Lock()
				w.report.Missing[s.name] = err.Error()
				w.mu.Unlock()
			}
			if took := time.Since(begun); took > 10*time.Second {
				fmt.Printf("%s took %v to start\n", s.name, took.Round(time.Second))
			}
		}()
	}
	starting.Wait()
}

func (w *world) startServer(s server) error {
	ended := make(chan error, 1)
	var said bytes.Buffer
	if s.prepare != nil {
		dir := filepath.Join(w.dir, s.name)
		must(os.Mkdir(dir, 0o755))
		cmd, err := s.prepare(dir)
		if err != nil {
			return err
		}
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &said, &said
		if err := cmd.Start(); err != nil {
			return err
		}
		go func() { ended <- cmd.Wait() }()
	}
	patience := time.NewTimer(60 * time.Second)
	defer patience.Stop()
	for _, address := range s.ready {
		for !answers(address) {
			select {
			case err := <-ended:
				return fmt.Errorf("ended: %w\n%s", err, said.Bytes())
			case <-patience.C:
				return fmt.Errorf("nothing at %s", address)
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return nil
}

func answers(address string) bool {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

// originalTwice has the original judge all cases side by side, and those once more,
// one by one, that are not as wanted: on a busy machine one of many Perl processes runs
// out of its check's time. What it says then counts.
func (w *world) originalTwice(cases []kase) map[string]verdict {
	verdicts := w.original(cases, 24)
	for _, c := range cases {
		if v := verdicts[c.name]; v.State != originalWant(c) {
			fmt.Printf("%s: the original says %s (%s), once more\n", c.name, v.State, v.Text)
			verdicts[c.name] = w.original([]kase{c}, 1)[c.name]
		}
	}
	return verdicts
}

// write returns the path of a configuration with these cases.
func (w *world) write(cases []kase) string {
	path := filepath.Join(w.dir, "ldirectord.cf")
	writeFile(path, config(cases))
	return path
}

// original returns the verdicts of the original ldirectord, which runs so many
// checks at once.
func (w *world) original(cases []kase, atOnce int) map[string]verdict {
	cmd := exec.Command("perl", filepath.Join(w.dir, "verdicts.pl"), w.write(cases), strconv.Itoa(4*limit), strconv.Itoa(atOnce))
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+filepath.Join(w.dir, "tls/ca.crt"))
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		panic(fmt.Sprintf("the original: %v\n%s", err, said.Bytes()))
	}
	verdicts := map[string]verdict{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := append(strings.SplitN(line, " ", 3), "", "")
		if i, err := strconv.Atoi(fields[0]); err == nil {
			verdicts[cases[i].name] = verdict{fields[1], fields[2]}
		}
	}
	return verdicts
}

// ours returns the verdicts of our checks, which run all at once.
func (w *world) ours(cases []kase, env check.Env) map[string]verdict {
	path := w.write(cases)
	content, err := os.ReadFile(path)
	must(err)
	cfg, found := ldconfig.Parse(path, string(content), system{})
	if cfg == nil {
		panic(fmt.Sprint(found.Findings))
	}
	verdicts := map[string]verdict{}
	var running sync.WaitGroup
	for i := range cases {
		v := &cfg.Virtuals[i]
		ck, err := check.New(check.TargetOf(v, v.Reals[0]), env)
		must(err)
		running.Add(1)
		go func() {
			defer running.Done()
			result := check.Run(context.Background(), ck)
			judged := verdict{"down", result.Text}
			if result.Up {
				judged.State = "up"
			}
			if result.Err != nil {
				judged.Text += " (" + result.Err.Error() + ")"
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			verdicts[cases[i].name] = judged
		}()
	}
	running.Wait()
	return verdicts
}

// system knows addresses only.
type system struct{ ldconfig.System }

func (system) Lookup(name string, _ bool) (netip.Addr, error) { return netip.ParseAddr(name) }
func (system) Appendable(string) error                        { return nil }
